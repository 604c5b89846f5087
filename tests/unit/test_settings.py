"""Settings: all in one class, all in `.env.example`, all checked when they are read."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from settings import DEMO_MODEL, Settings
from tests.unit.product_code import ROOT, parse, product_files

ENV_EXAMPLE = ROOT / ".env.example"

# Who may read the environment besides the settings, and why.
READS_ENVIRONMENT = {
    "settings.py": "the one place",
    "embedded/stack.py": "hands the environment on to the processes that it starts",
    "embedded/temporal_download.py": "hands it on to the process that downloads",
    "metrics/sharing.py": "PROMETHEUS_MULTIPROC_DIR belongs to prometheus_client, which reads nothing else",
    "embedded/external.py": "TEMPORAL_PROFILE and TEMPORAL_CONFIG_FILE are read by the SDK itself",
}


SECRETS = [name.upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]


def _example() -> dict[str, tuple[str, str]]:
    """Name -> (value, the comment above it)."""
    entries, comment = {}, ""
    for line in ENV_EXAMPLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            comment += line.removeprefix("#").strip() + " "
        elif "=" in line:
            name, _, value = line.partition("=")
            assert name not in entries, f"{name} stands there twice"
            entries[name] = (value, comment.strip())
            comment = ""
        else:
            comment = ""
    return entries


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _as_written(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_every_setting_stands_in_the_example_and_nothing_else() -> None:
    """Who copies the file sees all there is, in the order of the class's groups."""
    assert set(_example()) == {name.upper() for name in Settings.model_fields}


def test_the_example_holds_the_defaults() -> None:
    """A copy of the file changes nothing."""
    assert Settings(_env_file=ENV_EXAMPLE) == Settings(_env_file=None)
    for name, field in Settings.model_fields.items():
        written = _example()[name.upper()][0]
        assert written == _as_written(_plain(field.default)), name


def test_every_setting_is_explained() -> None:
    """A sentence above each, not just its name again."""
    for name, (_, comment) in _example().items():
        words = set(re.findall(r"[a-z]+", comment.lower())) - set(name.lower().split("_"))
        assert comment.endswith(".") and len(words) >= 4, name


def test_the_example_holds_no_secret() -> None:
    """Keys and passwords are empty."""
    assert SECRETS
    assert {_example()[name][0] for name in SECRETS} == {""}


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere else."""
    file = tmp_path / ".env"
    file.write_text("TASK_QUEUE=from-file\nOPENAI_MODEL=from-file\n")
    monkeypatch.setenv("TASK_QUEUE", "from-environment")
    settings = Settings(_env_file=file)
    assert (settings.task_queue, settings.openai_model) == ("from-environment", "from-file")


def test_empty_means_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose files pass variables on that nobody set: an empty key is no key."""
    monkeypatch.setenv("OPENAI_API_KEY", "")
    monkeypatch.setenv("WORKFLOW_WINDOW", "")
    settings = Settings(_env_file=None)
    assert settings.uses_demo_model and settings.workflow_window == 8


def test_secrets_are_not_shown() -> None:
    """Printing or logging the settings reveals neither key nor password."""
    settings = Settings(_env_file=None, openai_api_key="sk-canary", database_url="postgresql://u:canary@h/d")
    assert "canary" not in repr(settings) + str(settings) + str(settings.model_dump())


def test_the_home_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Processes in other folders must find the same one."""
    monkeypatch.chdir(tmp_path)
    assert Settings(_env_file=None, mcq_home="stack").mcq_home == tmp_path / "stack"
    assert Settings(_env_file=None).mcq_home == Path.home() / ".mcq"


def test_the_demo_model_serves_only_without_a_provider() -> None:
    """A key or an address of one's own ends its service."""
    assert Settings(_env_file=None).model_name == "demo-model"
    assert Settings(_env_file=None, openai_api_key="k").model_name == "gpt-4.1-mini"
    assert Settings(_env_file=None, openai_base_url="http://localhost:1/v1").model_name == "gpt-4.1-mini"


def test_a_missing_database_says_what_to_do() -> None:
    """The single processes need DATABASE_URL; the error names it and the way without it."""
    with pytest.raises(ValueError, match=r"DATABASE_URL.*mcq generate"):
        Settings(_env_file=None).require_database_url()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKFLOW_WINDOW", "0"),
        ("WORKFLOW_WINDOW", "65"),
        ("WORKFLOW_WINDOW", "many"),
        ("WORKFLOW_CHECKPOINT_INTERVAL", "0"),
        ("WORKFLOW_CHECKPOINT_TIMEOUT", "0"),
        ("WORKFLOW_MIRROR_DELAY", "-1"),
        ("WORKFLOW_MIRROR_DELAY", "inf"),
        ("WORKFLOW_MAX_RETRIES", "0"),
        ("WORKFLOW_OUTAGE_PATIENCE", "nan"),
        ("WORKFLOW_OUTAGE_PATIENCE", "inf"),
        ("WORKER_DEPLOYMENT_NAME", "mcq.eu"),
        ("WORKER_BUILD_ID", "two words"),
        ("WORKER_DRAIN_TIMEOUT", "-1"),
        ("WORKER_DRAIN_TIMEOUT", "inf"),
        ("OPENAI_TIMEOUT", "0"),
        ("OPENAI_TIMEOUT", "inf"),
        ("OPENAI_PRICES", "cheap"),
        ("OPENAI_PRICES", "nan,nan"),
        ("OPENAI_BASE_URL", "localhost"),
        ("OPENAI_BASE_URL", "ftp://localhost/v1"),
        ("OPENAI_API_KEY", "ключ"),
        ("OPENAI_API_KEY", "sk-1\nsk-2"),
        ("DATABASE_URL", "somewhere"),
        ("DATABASE_URL", "mysql://localhost/mcq"),
        ("DATABASE_URL", "postgresql://db:many/mcq"),
        ("DEMO_MODEL_LATENCY", "soon"),
        ("DEMO_MODEL_FAULTS", "chaos"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_value_that_cannot_work_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Not an hour later in a worker: the error names the setting, and holds no secret."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None)
    problems = caught.value.errors(include_url=False, include_input=False)
    assert [problem["loc"] for problem in problems] == [(name.lower(),)]
    assert name not in SECRETS or value not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql://", "postgresql+psycopg://", "https://"])
@pytest.mark.parametrize(
    "authority",
    [
        "mcq:first@second@db",
        "mcq:first@second:third@db",
        "mcq:first/second@db",
        "mcq:first?second@db",
        "mcq:first#second@db",
        "mcq:first second@db",
        "first@second:third@db",
        "mcq:first%second@db",
        "mcq:123/second@db",
        "mcq:first@%2Fsecond",
        "first:second@[third@db",
    ],
)
def test_a_url_that_is_not_read_as_meant_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, scheme: str, authority: str
) -> None:
    """The end of the password would be a host, and would be told when there is none. What to do is said."""
    name = "OPENAI_BASE_URL" if scheme == "https://" else "DATABASE_URL"
    monkeypatch.setenv(name, f"{scheme}{authority}/mcq")
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None)
    (problem,) = caught.value.errors(include_url=False, include_input=False)
    assert problem["loc"] == (name.lower(),)
    assert "in a user name or password write @ as %40, / as %2F" in problem["msg"]
    assert not re.search("first|second|third", str(caught.value))


@pytest.mark.parametrize("rest", ["a/b:c@db/mcq", "a:1/b@db/mcq", "a:b@c/d@db/mcq", "db/mcq?password=a@b"])
def test_a_database_url_has_one_sign_that_ends_a_password(monkeypatch: pytest.MonkeyPatch, rest: str) -> None:
    """What stands before a later one may be a name or a password with a slash in it."""
    monkeypatch.setenv("DATABASE_URL", f"postgresql://{rest}")
    with pytest.raises(ValidationError, match="write @ as %40"):
        Settings(_env_file=None)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgresql://m%40q:%40%2F%3f%23%20%25:[é]@db.example:5432/mcq?sslmode=require"),
        ("DATABASE_URL", "postgresql+psycopg://mcq:p@[::1]:5432/mcq"),
        ("DATABASE_URL", "postgresql:///mcq?host=/run/postgresql"),
        ("DATABASE_URL", "postgresql://mcq@db,other:5432"),
        ("OPENAI_BASE_URL", "https://me:p%40@models.example:8443/v1/team?version=1"),
        ("OPENAI_BASE_URL", "http://[::1]:8000/v1"),
        ("OPENAI_BASE_URL", "http://ollama_1:11434"),
    ],
)
def test_urls_of_every_form_are_taken(monkeypatch: pytest.MonkeyPatch, name: str, url: str) -> None:
    """Escaped passwords, addresses in brackets, sockets, more than one host."""
    monkeypatch.setenv(name, url)
    assert _plain(getattr(Settings(_env_file=None), name.lower())) == url


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:8000/v1", "http://localhost:8000/v1", "http://[::1]:8000/v1"])
def test_workers_may_crash_on_purpose_beside_the_demo_model(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str | None
) -> None:
    """The bundled one, or one at an address of this machine: nobody pays for what is asked again."""
    monkeypatch.setenv("CRASH_FOLDER", str(tmp_path))
    if url is not None:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_MODEL", DEMO_MODEL)
    assert Settings(_env_file=None).crash_folder == tmp_path


@pytest.mark.parametrize(
    "provider",
    [
        {"OPENAI_API_KEY": "sk-canary"},
        {"OPENAI_BASE_URL": "https://models.school.example/v1"},
        # A key is a provider's, wherever it is sent.
        {"OPENAI_API_KEY": "sk-canary", "OPENAI_BASE_URL": "http://127.0.0.1:8000/v1"},
        {"OPENAI_BASE_URL": "http://127.0.0.1.school.example/v1", "OPENAI_MODEL": DEMO_MODEL},
        {"OPENAI_BASE_URL": "http://localhost:11434/v1", "OPENAI_MODEL": "llama3.3"},
    ],
    ids=["a key", "an address elsewhere", "a key for this machine", "an address that looks local", "a local model"],
)
def test_workers_never_crash_on_purpose_beside_a_provider(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, provider: dict[str, str]
) -> None:
    """CRASH_FOLDER is refused at the start, with what to do, and without the key."""
    for name, value in {**provider, "CRASH_FOLDER": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None)
    (problem,) = caught.value.errors(include_url=False, include_input=False)
    assert problem["loc"] == ("crash_folder",)
    assert "makes workers crash on purpose, for tests with the demo model; take it away" in problem["msg"]
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [("LOG_LEVEL", "debug"), ("DATABASE_URL", "postgres://u:p@h/d")])
def test_usual_spellings_are_taken(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Lower-case levels and the short scheme of hosted databases."""
    monkeypatch.setenv(name, value)
    assert _plain(getattr(Settings(_env_file=None), name.lower()))


def test_a_key_read_from_a_file_may_end_in_a_line_break(monkeypatch: pytest.MonkeyPatch) -> None:
    """`OPENAI_API_KEY="$(cat key)"` is fine in a shell and not in a Docker secret; both give the same key."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1\n")
    assert Settings(_env_file=None).model_api_key == "sk-1"


def test_only_the_settings_read_the_environment() -> None:
    """A setting that is read elsewhere is in no list, no example and no check."""
    readers = set()
    for file in product_files():
        for node in ast.walk(parse(file.read_text(encoding="utf-8"))):
            reads = (
                isinstance(node, ast.Attribute)
                and node.attr in ("environ", "environb", "getenv")
                and isinstance(node.value, ast.Name)
                and node.value.id == "os"
            )
            imports = (
                isinstance(node, ast.ImportFrom)
                and node.module == "os"
                and any(alias.name in ("environ", "environb", "getenv") for alias in node.names)
            )
            subclass = isinstance(node, ast.ClassDef) and any("BaseSettings" in ast.dump(base) for base in node.bases)
            if reads or imports or subclass:
                readers.add(file.relative_to(ROOT).as_posix())
    assert readers == set(READS_ENVIRONMENT)
