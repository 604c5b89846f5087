"""Every setting of the service, from the environment or a `.env` file. The only place that reads the environment."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Each field is the environment variable of the same name in capitals. Durations are seconds."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

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
    # US dollars for a million prompt tokens and a million completion tokens, e.g. "0.4,1.6"; overrides the built-in table.
    openai_prices: str | None = None
    openai_timeout: float = Field(default=60.0, gt=0)

    # The demo model: seconds before it answers, or a range such as "0.5-3"; a seeded plan of faults.
    demo_model_latency: str = "0"
    demo_model_faults: str = ""

    # Slots of one generation that are written at once.
    workflow_window: int = Field(default=8, ge=1, le=64)
    # Finished questions that make a mirror checkpoint.
    workflow_checkpoint_interval: int = Field(default=5, ge=1)
    # Seconds at most between a change and its checkpoint.
    workflow_checkpoint_timeout: float = Field(default=300.0, gt=0)
    # Seconds that a finished question waits for company before it is mirrored.
    workflow_mirror_delay: float = Field(default=2.0, gt=0)
    # Answers that are malformed or flawed before a slot tries another chunk.
    workflow_max_retries: int = Field(default=3, ge=0, le=20)
    # Seconds that transient failures of the provider are retried before the generation pauses itself.
    workflow_outage_patience: float = Field(default=3600.0, gt=0)

    # Seconds that a worker which was asked to stop waits for its model calls.
    worker_drain_timeout: float = Field(default=30.0, ge=0)
    log_level: str = "INFO"

    @field_validator("mcq_home")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @property
    def uses_demo_model(self) -> bool:
        """Whether the bundled demo model stands in for a provider."""
        return self.openai_api_key is None and self.openai_base_url is None
