"""Every setting of the service, from the environment or a `.env` file. The only place that reads the environment."""

import logging
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from demo_model.faults import Plan
from demo_model.latency import Latency
from model.prices import parse_prices
from payloads.keys import MAKE_ONE, Key, parse_keys

DEMO_MODEL = "demo-model"
# HS256 wants a key at least as long as its hash.
SHORTEST_SECRET = 32
# User and password, host, port, the rest. Each character that could end one of them early is refused, and so is a
# second @: readers of URLs disagree on what follows, and one that takes the end of a password for a host tells it when
# it finds no such host. A % that escapes nothing is told with the password, too; in a host only some readers unescape.
_URL = r"(([^@/?#\s%]|%[0-9A-Fa-f]{2})*@)?(\[[^@/?#\[\]\s]*\]|[^@:/?#\[\]\s%]*)(:\d*)?([/?#][^@\s]*)?"
_ESCAPES = "in a user name or password write @ as %40, / as %2F, ? as %3F, # as %23, % as %25 and a space as %20"


class MissingSetting(ValueError):
    """A setting is needed that is not set; the text says which, and what to do."""


class Settings(BaseSettings):
    """Each field is the environment variable of the same name in capitals. Durations are seconds."""

    model_config = SettingsConfigDict(
        env_file=".env",
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,  # a mistyped key or URL must not end in a log
    )

    # Where the embedded stack keeps its data, logs, ports and lock.
    mcq_home: Path = Field(default=Path("~/.mcq"))

    # Set: the stack uses this database or server and starts none of its own.
    database_url: SecretStr | None = None
    temporal_address: str | None = None
    temporal_namespace: str = "default"
    # Path of a `temporal` executable, in place of the search for one.
    temporal_cli: Path | None = None
    task_queue: str = "mcq"

    # The model. Without a key the demo model serves.
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    openai_model: str = "gpt-4.1-mini"
    # US dollars for a million prompt and a million completion tokens, e.g. "0.4,1.6"; overrides the built-in table.
    openai_prices: str | None = None
    openai_timeout: float = Field(default=60.0, gt=0, allow_inf_nan=False)

    # The demo model: seconds before it answers, or a range such as "0.5-3"; a seeded plan of faults.
    demo_model_latency: str = "0"
    demo_model_faults: str = ""

    # Slots of one generation that are written at once.
    workflow_window: int = Field(default=8, ge=1, le=64)
    # Finished questions that make a mirror checkpoint.
    workflow_checkpoint_interval: int = Field(default=5, ge=1)
    # Seconds at most between a change and its checkpoint.
    workflow_checkpoint_timeout: float = Field(default=300.0, gt=0, allow_inf_nan=False)
    # Seconds that a finished question waits for company before it is mirrored.
    workflow_mirror_delay: float = Field(default=2.0, gt=0, allow_inf_nan=False)
    # Events after which a run of the workflow hands over to a new one, seven to ten a question. A worker that takes a
    # run over replays it within `WORKFLOW_TASK_TIMEOUT`: 500 events take 1 s of CPU, of which a full machine gives a
    # fraction. At 50,000 the server ends a run.
    workflow_longest_run: int = Field(default=500, ge=50, le=10_000)
    # Answers that are malformed or flawed before a slot tries another chunk.
    workflow_max_retries: int = Field(default=3, ge=1, le=20)
    # Seconds that transient failures of the provider are retried before the generation pauses itself.
    workflow_outage_patience: float = Field(default=3600.0, gt=0, allow_inf_nan=False)

    # False: generations run inside the API process, without Temporal; a restart ends them. For comparison and rollback.
    enable_workflow_persistence: bool = True

    # Signs the bearer tokens. The embedded stack makes one and keeps it under MCQ_HOME; elsewhere it must be set.
    api_secret_key: SecretStr | None = None
    # Hours after which a token is no longer accepted.
    api_token_hours: float = Field(default=12.0, gt=0, le=24 * 365, allow_inf_nan=False)
    # The largest document that is taken, in bytes.
    api_max_upload: int = Field(default=10_000_000, ge=1_000)
    # Seconds between the reconciler's looks at generations of which nothing was heard.
    reconcile_interval: float = Field(default=2.0, ge=0.1, le=60, allow_inf_nan=False)

    # "id:key,id2:key2", each key 32 bytes in base64. The first encrypts what Temporal keeps, all of them decrypt.
    payload_keys: SecretStr | None = None
    # Who shows it may encode and decode at the codec server.
    codec_server_token: SecretStr | None = None
    # The address of Temporal's Web UI, whose pages may use the codec server.
    codec_ui_origin: str = "http://localhost:8233"

    # HOST:PORT at which a worker serves its metrics; empty serves none.
    worker_metrics_address: str | None = None
    # Temporal's worker versioning: set, workers are a version of this deployment and get work when it is made current.
    worker_deployment_name: str | None = None
    # What Temporal calls this code; the number of the release unless set. Each build that is rolled out has its own.
    worker_build_id: str | None = None
    # Seconds that a worker which was asked to stop waits for its model calls.
    worker_drain_timeout: float = Field(default=30.0, ge=0, allow_inf_nan=False)
    # Generations that a worker keeps in memory between their steps, each under 1 MB; others are replayed when needed.
    worker_max_cached_workflows: int = Field(default=200, ge=2, le=10_000)
    # Steps of workflows that a worker takes at once. It computes one at a time: more would only take the CPU from its
    # calls, lie here, be lost with a worker that dies, and wait for their time-outs, when another could have had them.
    # Where Temporal is far away, more are on their way at any time. The SDK needs two.
    worker_max_concurrent_workflow_tasks: int = Field(default=2, ge=2, le=1_000)
    # For tests: a worker ends itself at the points that files in this folder name. Refused beside any other model.
    crash_folder: Path | None = None
    log_level: str = "INFO"

    @field_validator("mcq_home")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _of_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not re.fullmatch(rf"postgres(ql)?(\+psycopg)?://{_URL}", url.get_secret_value()):
            raise ValueError(f"it is a PostgreSQL URL such as postgresql://user:password@host:5432/mcq; {_ESCAPES}")
        return url

    @field_validator("openai_api_key", mode="before")
    @classmethod
    def _one_word(cls, key: Any) -> Any:
        text = (key.strip() or None) if isinstance(key, str) else key  # keys from files end in a line break
        if isinstance(text, str) and not (text.isascii() and text.isprintable()):
            raise ValueError("it holds characters that no HTTP header can carry")
        return text

    @field_validator("api_secret_key", "codec_server_token")
    @classmethod
    def _hard_to_guess(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"it has at least {SHORTEST_SECRET} characters; make one: openssl rand -base64 48")
        return key

    @field_validator("payload_keys")
    @classmethod
    def _keys_of_payloads(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None:
            parse_keys(keys.get_secret_value())
        return keys

    @field_validator("codec_ui_origin")
    @classmethod
    def _an_origin(cls, origin: str) -> str:
        # Compared with what browsers send: no path, no slash at the end, and never every page there is.
        if not re.fullmatch(r"https?://[a-z0-9.\[\]:-]+", origin):
            raise ValueError(
                "it is an origin such as http://localhost:8233: scheme, host in small letters, port, no path"
            )
        return origin

    @field_validator("worker_metrics_address")
    @classmethod
    def _host_and_port(cls, address: str | None) -> str | None:
        if address is not None and not re.fullmatch(r"\S+:\d{1,5}", address):
            raise ValueError("it is a host and a port such as 127.0.0.1:9464")
        return address

    @field_validator("worker_deployment_name")
    @classmethod
    def _without_a_dot(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[\w-]{1,200}", name):
            raise ValueError("it is one word such as mcq, without a dot, which parts it from the build id")
        return name

    @field_validator("worker_build_id")
    @classmethod
    def _one_build(cls, build_id: str | None) -> str | None:
        if build_id is not None and not re.fullmatch(r"[\w.+-]{1,200}", build_id):
            raise ValueError("it is one word such as 0.2.0 or a commit's hash")
        return build_id

    @field_validator("openai_base_url")
    @classmethod
    def _of_a_server(cls, url: str | None) -> str | None:
        if url is not None and not re.fullmatch(rf"https?://(?=[^/\s]){_URL}", url):
            raise ValueError(f"it is an address such as http://localhost:11434/v1; {_ESCAPES}")
        return url

    @field_validator("crash_folder")
    @classmethod
    def _never_in_production(cls, folder: Path | None, info: ValidationInfo) -> Path | None:
        """Fields before it are validated: a key, or any model but the demo model of this machine, is production."""
        if folder is None:
            return None
        address = info.data.get("openai_base_url")
        is_here = urlsplit(address or "http://localhost").hostname in ("127.0.0.1", "localhost", "::1")
        is_demo = address is None or info.data.get("openai_model") == DEMO_MODEL
        if info.data.get("openai_api_key") is not None or not (is_here and is_demo):
            raise ValueError("it makes workers crash on purpose, for tests with the demo model; take it away")
        return folder

    @field_validator("demo_model_latency")
    @classmethod
    def _readable_latency(cls, text: str) -> str:
        Latency.parse(text)
        return text

    @field_validator("demo_model_faults")
    @classmethod
    def _readable_faults(cls, text: str) -> str:
        Plan.parse(text)
        return text

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, level: str) -> str:
        if level.upper() not in logging.getLevelNamesMapping():
            raise ValueError("it is DEBUG, INFO, WARNING or ERROR")
        return level

    @field_validator("openai_prices")
    @classmethod
    def _two_numbers(cls, text: str | None) -> str | None:
        if text is not None:
            parse_prices(text)
        return text

    @property
    def prices(self) -> tuple[float, float] | None:
        """The prices that override the built-in table."""
        return None if self.openai_prices is None else parse_prices(self.openai_prices)

    @property
    def model_name(self) -> str:
        """The model that is asked unless a generation names another."""
        return DEMO_MODEL if self.uses_demo_model else self.openai_model

    @property
    def model_api_key(self) -> str:
        """The key for the provider; servers of one's own often want none, but the client demands some text."""
        return self.openai_api_key.get_secret_value() if self.openai_api_key else "none"

    def require_database_url(self) -> str:
        """The database's URL; raises MissingSetting when none is known."""
        if self.database_url is None:
            raise MissingSetting(
                "DATABASE_URL is not set; set it, or use `mcq dev` or `mcq generate`, which bring a database"
            )
        return self.database_url.get_secret_value()

    def require_api_secret_key(self) -> str:
        """The secret of the tokens; raises MissingSetting when none is set."""
        if self.api_secret_key is None:
            raise MissingSetting(
                "API_SECRET_KEY is not set; make one (openssl rand -base64 48) and give every API process the same, "
                "or use `mcq dev`, which keeps one"
            )
        return self.api_secret_key.get_secret_value()

    @property
    def encryption_keys(self) -> tuple[Key, ...]:
        """The keys of payloads, the one that encrypts first; none when payloads are not encrypted."""
        return () if self.payload_keys is None else parse_keys(self.payload_keys.get_secret_value())

    def require_encryption_keys(self) -> tuple[Key, ...]:
        """The keys of payloads; raises MissingSetting when none is set."""
        if self.payload_keys is None:
            raise MissingSetting(
                f"PAYLOAD_KEYS is not set; set it to the same as for the workers: an id, a colon, a key; {MAKE_ONE}"
            )
        return self.encryption_keys

    def require_codec_server_token(self) -> str:
        """The secret of the codec server; raises MissingSetting when none is set."""
        if self.codec_server_token is None:
            raise MissingSetting(
                "CODEC_SERVER_TOKEN is not set; make one (openssl rand -base64 48) and give it to whoever may read "
                "payloads"
            )
        return self.codec_server_token.get_secret_value()

    @property
    def uses_demo_model(self) -> bool:
        """Whether the bundled demo model stands in for a provider."""
        return self.openai_api_key is None and self.openai_base_url is None
