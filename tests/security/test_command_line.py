"""What the command line prints and writes down: no secret, whatever goes wrong."""

import socket
from collections.abc import Callable, Iterator

import pytest

from embedded.part import Addresses
from tests.e2e.mcq import SAMPLE, Finished, Mcq
from tests.security.canaries import environment_of
from tests.security.echo import Echo
from tests.security.sightings import Sightings
from tests.support.demo import DemoModel
from tests.support.homes import new_home, remove_home
from tests.support.proxy import Proxy, Way

# What is asked of a stack, each for people and for scripts.
QUESTIONS = (["status"], ["list"], ["questions"], ["doctor"])
UNREACHABLE = "127.0.0.1:1"

Run = Callable[..., Finished]


@pytest.fixture
def mcq(stack: Addresses, canaries: dict[str, str]) -> Iterator[Mcq]:
    """`mcq` with a canary in every secret setting."""
    runner = Mcq(new_home())
    runner.environment = environment_of(canaries) | {
        "LOG_LEVEL": "DEBUG",
        "TEMPORAL_ADDRESS": stack.temporal_address,
        "TASK_QUEUE": "canaries-of-the-command-line",
        "OPENAI_MODEL": "demo-model",
    }
    yield runner
    runner.end()
    remove_home(runner.home)


@pytest.fixture
def sightings(canaries: dict[str, str]) -> Sightings:
    """Nothing was looked at yet."""
    return Sightings(canaries)


@pytest.fixture
def run(mcq: Mcq, sightings: Sightings) -> Run:
    """Run a command, look at all that it prints, and at its exit code."""

    def run(*command: str, code: int, **changes: str) -> Finished:
        kept = dict(mcq.environment)
        mcq.environment |= changes
        ended = mcq.run(*command)
        mcq.environment = kept
        sightings.look(" ".join(command[:1]), ended.out + ended.err)
        assert ended.code == code, ended.err
        assert ended.out + ended.err, "nothing was there to look at"
        assert "Traceback" not in ended.err
        return ended

    return run


def test_no_command_tells_a_secret(
    mcq: Mcq, run: Run, sightings: Sightings, role: str, demo: DemoModel, canaries: dict[str, str]
) -> None:
    """Through refusals that echo the key, to the end of a generation, and while PostgreSQL is away."""
    address = role.rpartition("@")[2].partition("/")[0]
    with Proxy(address) as way, Echo(demo.url) as provider:
        mcq.environment |= {"DATABASE_URL": role.replace(address, way.address), "OPENAI_BASE_URL": provider.url}
        generate = ["generate", str(SAMPLE), "--questions", "3"]
        for provider.status in (401, 404):
            told = run(*generate, "--json", code=4).json
            assert f"({provider.status}" in told["error"]
        for question in QUESTIONS:
            run(*question, code=0)
            run(*question, "--json", code=0)
        provider.status = 200
        run(*generate, code=0)
        for action in ("pause", "cancel", "resume"):
            run(action, code=2)
        run("migrate", code=0)
        run("token", code=0)

        way.turn(Way.REFUSING)
        for command in (generate, ["status"], ["list"], ["cancel"], ["migrate"]):
            run(*command, code=3)
    assert sightings.found == set()
    logs = {path.name: path.read_bytes() for path in (mcq.home / "logs").glob("*.log")}
    for name, log in logs.items():
        sightings.look(name, log)
    assert sightings.found == set() and logs["worker.log"] and logs["stack.log"]
    assert provider.seen == {f"Bearer {canaries['OPENAI_API_KEY']}"}, "the key was in use"


@pytest.mark.parametrize("server", ["worker", "dev", "api", "codec-server", "demo-model"])
def test_no_server_tells_a_secret_that_cannot_start(run: Run, sightings: Sightings, server: str, role: str) -> None:
    """What it needs is away, or its port is taken."""
    nowhere = {"DATABASE_URL": role.replace(role.rpartition("@")[2].partition("/")[0], UNREACHABLE)}
    nowhere |= {"TEMPORAL_ADDRESS": UNREACHABLE}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = [] if server in ("worker", "dev") else ["--port", str(taken.getsockname()[1])]
        told = run(server, *port, code=3, **nowhere).err
    assert "--port" in told or not port
    assert sightings.found == set()


@pytest.mark.parametrize(
    ("command", "name", "wrong"),
    [
        ("list", "DATABASE_URL", "mysql://me:{secret}@host/db"),
        ("list", "DATABASE_URL", "postgresql://me:first@{secret}@host/db"),
        ("doctor", "DATABASE_URL", "postgresql://me:first@{secret}:second@host/db"),
        ("list", "OPENAI_BASE_URL", "ftp://me:{secret}@host"),
        ("list", "OPENAI_BASE_URL", "https://me:{secret}/second@host"),
        ("list", "PAYLOAD_KEYS", "a:{secret}"),
        ("api", "API_SECRET_KEY", "{secret:.9}"),
        ("codec-server", "CODEC_SERVER_TOKEN", "{secret:.9}"),
    ],
)
def test_no_refused_setting_is_repeated(
    run: Run, canaries: dict[str, str], command: str, name: str, wrong: str
) -> None:
    """It is named, and not what it was; of one that is too short not even a part."""
    secret = canaries["password"]
    ended = run(command, code=2, **{name: wrong.format(secret=secret)})
    assert name in ended.err
    assert secret[:9] not in ended.err + ended.out
