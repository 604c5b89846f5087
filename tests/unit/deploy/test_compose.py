"""docker-compose.yml keeps its promises. Whether an engine takes it is not asked here; see docs/deployment.md."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

import cli
from settings import Settings
from tests.unit.deploy.compose_file import (
    FILE,
    LONG_RUNNING,
    OURS,
    SERVICES,
    STEPS,
    TEXT,
    command,
    environment,
    filled,
    option,
    seconds,
    variables,
)
from tests.unit.product_code import ROOT

SETTINGS = {name.upper() for name in Settings.model_fields}
# Names in the environment of our own containers that other libraries read, and which.
OF_LIBRARIES = {"PGPASSWORD": "libpq: the password of DATABASE_URL"}
# What begins the names that foreign images read.
FOREIGN = ("POSTGRES_", "PG", "SQL_", "TEMPORAL_")
# Read by deploy/postgres/databases.sh.
OF_SCRIPTS = {"MCQ_PASSWORD"}
# Keys of a service that the file uses. A misspelt one, such as `healtcheck`, is not among them.
KEYS = {
    "build", "cap_add", "cap_drop", "command", "depends_on", "entrypoint", "environment", "healthcheck", "image",
    "init", "logging", "networks", "ports", "profiles", "read_only", "restart", "security_opt", "shm_size",
    "stop_grace_period", "tmpfs", "user", "volumes",
}  # fmt: skip
SECRET = re.compile(r"PASSWORD|SECRET|_KEY$")
EVERY = sorted(SERVICES)


@pytest.mark.parametrize("name", EVERY)
def test_keys_are_spelt_as_compose_knows_them(name: str) -> None:
    """Compose itself refuses others, but only on a machine that has it."""
    assert SERVICES[name].keys() <= KEYS


def test_the_sections_are_those_of_compose() -> None:
    """Everything else at the top begins with `x-`."""
    assert {key for key in FILE if not key.startswith("x-")} == {"name", "services", "volumes", "networks"}


def test_the_project_has_a_name() -> None:
    """Volumes are named after it: under another name, or in another folder, the data would seem lost."""
    assert FILE["name"] == "mcq"


@pytest.mark.parametrize("name", EVERY)
def test_ports_are_published_on_this_machine_only(name: str) -> None:
    """A port without an address is open to the network, past most firewalls."""
    for port in SERVICES[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\$\{[A-Z_]+_PORT:-\d+\}:\d+", port)


def test_nobody_reaches_the_database_from_outside() -> None:
    """Not even this machine: its port is not published, and its network has no way out."""
    assert "ports" not in SERVICES["postgres"]
    assert SERVICES["postgres"]["networks"] == ["database"]
    assert FILE["networks"]["database"] == {"internal": True}


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_what_keeps_running_tells_how_it_is(name: str) -> None:
    """A health check, and a new start after a death."""
    service = SERVICES[name]
    assert {"test", "interval", "timeout", "retries", "start_period"} == service["healthcheck"].keys()
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_step_ends(name: str) -> None:
    """Tried again when it fails, and not for ever: `up` must tell of a failure."""
    assert re.fullmatch(r"on-failure:\d", SERVICES[name]["restart"])
    assert "healthcheck" not in SERVICES[name]


@pytest.mark.parametrize("name", EVERY)
def test_conditions_fit_what_is_waited_for(name: str) -> None:
    """A step has to succeed; what keeps running has to be healthy, which is more than started."""
    for other, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if other in STEPS else "service_healthy"
        assert how == {"condition": wanted}


def test_nothing_of_ours_runs_before_its_schema() -> None:
    """`migrate` is a step of its own: the API and the workers wait for it, and it waits for both servers."""
    for name in ("api", "worker"):
        assert "migrate" in SERVICES[name]["depends_on"]
    assert SERVICES["migrate"]["depends_on"].keys() == {"databases", "temporal-namespace"}
    assert command("migrate") == ["migrate"]


@pytest.mark.parametrize("name", sorted(STEPS))
def test_somebody_waits_for_each_step(name: str) -> None:
    """Else `up --wait` takes its end for a death, and reports a failure."""
    assert any(name in service.get("depends_on", {}) for service in SERVICES.values())


@pytest.mark.parametrize("name", EVERY)
def test_images_are_pinned(name: str) -> None:
    """To a version with all its numbers; ours are built here."""
    image = SERVICES[name]["image"]
    if name in OURS:
        assert SERVICES[name]["build"] == "." and image.startswith("mcq:")
    else:
        assert re.search(r":\d+(\.\d+)+(-[\w.-]+)?$", image) and "latest" not in image


def test_temporals_images_belong_together() -> None:
    """The schema of another version is one that the server may not know."""
    images = [SERVICES[name]["image"] for name in ("temporal", "temporal-schema", "temporal-namespace")]
    versions = {re.split("[:-]", image.rpartition(":")[2])[0] for image in images}
    assert len(versions) == 1


def test_secrets_are_demanded() -> None:
    """None has a default, and a missing one is told with what to do; only the provider's key may be missing."""
    found = [(name, operator, told) for name, operator, told in variables(TEXT) if SECRET.search(name)]
    assert {name for name, _, _ in found} == {
        "POSTGRES_PASSWORD", "POSTGRES_MCQ_PASSWORD", "POSTGRES_TEMPORAL_PASSWORD", "API_SECRET_KEY",
    }  # fmt: skip
    assert all(operator == ":?" and "deploy/new-env.sh" in told for _, operator, told in found)


@pytest.mark.parametrize("name", EVERY)
def test_no_secret_is_written_down(name: str) -> None:
    """What looks like a secret in an environment comes from a variable, or is passed on."""
    for variable, value in SERVICES[name].get("environment", {}).items():
        assert not SECRET.search(variable) or value is None or variables(value)


@pytest.mark.parametrize("name", EVERY)
def test_names_in_the_environment_are_read_by_somebody(name: str) -> None:
    """Ours are settings; those of foreign images begin as theirs do."""
    names = set(SERVICES[name].get("environment", {}))
    if name in OURS:
        assert names <= SETTINGS | set(OF_LIBRARIES)
    else:
        assert {one for one in names if not one.startswith(FOREIGN)} <= OF_SCRIPTS


@pytest.mark.parametrize("name", OURS)
def test_values_are_valid_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file says is what the service accepts."""
    for variable in SETTINGS:
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment(name).items():
        monkeypatch.setenv(variable, value)
    Settings(_env_file=None)


@pytest.mark.parametrize("name", ["api", "worker"])
def test_settings_of_generations_are_passed_on(name: str) -> None:
    """A new setting of the model or of generations reaches the containers, not only the readers of .env.example."""
    wanted = {one for one in SETTINGS if one.startswith(("OPENAI_", "WORKFLOW_"))}
    assert wanted <= SERVICES[name]["environment"].keys()


def test_settings_of_workers_are_passed_on() -> None:
    """Versions can be switched on with containers, too."""
    assert {one for one in SETTINGS if one.startswith("WORKER_")} <= SERVICES["worker"]["environment"].keys()


@pytest.mark.parametrize("name", OURS)
def test_commands_exist(name: str) -> None:
    """With the options that are used."""
    group = get_command(cli.app)
    assert hasattr(group, "commands")
    first, *rest = command(name)
    group.commands[first].make_context(first, rest)


def test_health_is_asked_where_it_is_served() -> None:
    """The ports of the checks are those of the commands."""
    ports = {
        "api": option("api", "--port"),
        "worker": environment("worker")["WORKER_METRICS_ADDRESS"].rpartition(":")[2],
        "demo-model": option("demo-model", "--port"),
        "codec-server": option("codec-server", "--port"),
    }
    for name, port in ports.items():
        assert f"http://127.0.0.1:{port}/" in SERVICES[name]["healthcheck"]["test"][-1]
    assert SERVICES["api"]["ports"][0].endswith(f":{ports['api']}")


def test_the_codec_server_reaches_nobody() -> None:
    """It has the keys, and needs neither the database nor Temporal; nobody but a browser on this machine needs it."""
    service = SERVICES["codec-server"]
    shared = {network for name in EVERY if name != "codec-server" for network in SERVICES[name]["networks"]}
    assert service["profiles"] == ["codec"] and not shared & set(service["networks"])
    assert service["ports"][0].endswith(f":{option('codec-server', '--port')}")
    assert service["environment"].keys() >= {"PAYLOAD_KEYS", "CODEC_SERVER_TOKEN"}


def test_the_codec_server_answers_the_web_ui_of_this_file() -> None:
    """Under whatever port that is published, and by the name that docs/deployment.md opens it with."""
    port = SERVICES["temporal-ui"]["ports"][0].removeprefix("127.0.0.1:").removesuffix(":8080")
    written = SERVICES["codec-server"]["environment"]["CODEC_UI_ORIGIN"]
    assert written == f"${{CODEC_UI_ORIGIN:-http://localhost:{port}}}"
    assert filled(written) == Settings.model_fields["codec_ui_origin"].default
    assert f"<{filled(written)}>" in (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")


def test_a_worker_is_given_time_to_drain() -> None:
    """Killed sooner, it would pay for its calls in flight twice."""
    assert seconds(SERVICES["worker"]["stop_grace_period"]) > float(environment("worker")["WORKER_DRAIN_TIMEOUT"])
    assert "ports" not in SERVICES["worker"]  # or only one of several workers could start


@pytest.mark.parametrize("name", EVERY)
def test_containers_can_do_little(name: str) -> None:
    """No new privileges, no capabilities, nothing writable; PostgreSQL's image needs some of each."""
    service = SERVICES[name]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["cap_drop"] == ["ALL"]
    assert service.get("read_only") is (None if name == "postgres" else True)
    assert "cap_add" not in service or name == "postgres"


@pytest.mark.parametrize("name", EVERY)
def test_mounts_are_there_and_read_only(name: str) -> None:
    """A missing folder would be made, empty, by the engine; only the data of PostgreSQL is written."""
    for mount in SERVICES[name].get("volumes", []):
        source, target, *mode = mount.split(":")
        if source.startswith("."):
            assert (ROOT / source).is_dir() and mode == ["ro"]
            script = [word for word in SERVICES[name]["entrypoint"] if word.endswith(".sh")]
            assert all((ROOT / source / word.removeprefix(f"{target}/")).is_file() for word in script)
        else:
            assert (name, source) == ("postgres", "postgres")


def test_the_demo_is_asked_where_it_listens() -> None:
    """deploy/demo.env starts the demo model and sends the service there."""
    text = (ROOT / "deploy" / "demo.env").read_text(encoding="utf-8")
    values = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    assert values["COMPOSE_PROFILES"] == SERVICES["demo-model"]["profiles"][0]
    assert values["OPENAI_BASE_URL"] == f"http://demo-model:{option('demo-model', '--port')}/v1"
    assert values["OPENAI_API_KEY"] == ""
    assert set(SERVICES["demo-model"]["networks"]) & set(SERVICES["worker"]["networks"])


def _is_there(words: list[str]) -> bool:
    return shutil.which(words[0]) is not None and subprocess.run([*words, "version"], check=False).returncode == 0


COMPOSE = next((words for words in (["docker", "compose"], ["docker-compose"]) if _is_there(words)), [])


@pytest.mark.skipif(not COMPOSE, reason="no Compose on this machine")
@pytest.mark.parametrize("extra", [[], ["deploy/own-temporal.yml"]], ids=["as-it-is", "own-temporal"])
def test_compose_accepts_it(extra: list[str], tmp_path: Path) -> None:
    """Where Compose is installed, it is asked; it needs no engine for that."""
    secrets = ["POSTGRES_PASSWORD", "POSTGRES_MCQ_PASSWORD", "POSTGRES_TEMPORAL_PASSWORD", "API_SECRET_KEY"]
    lines = [f"{name}={'x' * 40}" for name in (*secrets, "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE")]
    (tmp_path / "env").write_text("\n".join(lines), encoding="utf-8")
    files = [word for file in ("docker-compose.yml", *extra) for word in ("--file", str(ROOT / file))]
    ended = subprocess.run(
        [*COMPOSE, *files, "--env-file", str(tmp_path / "env"), "config", "--quiet"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}},
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
