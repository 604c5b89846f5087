"""The Temporal part: the CLI's development server with its Web UI and a database file."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from embedded import temporal_data
from embedded.part import Context, Part, Program, answers_http, fingerprint, http_status
from embedded.ports import HOST, answers

NAME = "temporal"
UI = "temporal-ui"
HTTP = "temporal-http"
METRICS = "temporal-metrics"

# Search attributes by which generations are found and listed; registered at every start, which is harmless.
SEARCH_ATTRIBUTES = {"McqQuizId": "Keyword", "McqOwnerId": "Keyword", "McqStatus": "Keyword"}

# Server settings, each measured; JSON values.
DYNAMIC_CONFIG: Mapping[str, int | str] = {
    # A shard's queue is polled 20 times a second by default, which makes each step of a workflow wait: 50 sequential
    # steps took 83 ms each, and take 20 ms with this.
    "history.transferProcessorMaxPollRPS": 1000,
    # With faster polling and the default four partitions of a task queue on the one shard of this server, some runs
    # stalled for 2 s until a task was forwarded between partitions.
    "matching.numTaskqueueReadPartitions": 1,
    "matching.numTaskqueueWritePartitions": 1,
    # The time-out of a workflow's own step grows with its tries, to ten minutes by default: a worker that died with the
    # tenth kept its generation waiting for as long. Under 1,000 kills one stood still for twelve minutes.
    "history.workflowTaskRetryMaxInterval": "10s",
}

# Together they doubled throughput. A write-ahead log synced at checkpoints is safe when the server is killed; a power
# cut may cost the last moments, and then the database is still whole.
SQLITE_PRAGMAS = {"journal_mode": "wal", "synchronous": "normal"}


def arguments(
    home_database: Path, ports: Mapping[str, int], namespace: str, extra_dynamic_config: Mapping[str, object]
) -> tuple[str, ...]:
    """The command line after the executable. Values of the extra dynamic config are sent as JSON and win over ours."""
    words = [
        "server",
        "start-dev",
        f"--ip={HOST}",
        f"--port={ports[NAME]}",
        f"--ui-port={ports[UI]}",
        f"--http-port={ports[HTTP]}",
        f"--metrics-port={ports[METRICS]}",
        "--headless=false",
        f"--db-filename={home_database}",
        "--log-level=warn",
        "--color=never",
    ]
    if namespace != "default":
        words.append(f"--namespace={namespace}")
    words += [f"--sqlite-pragma={name}={value}" for name, value in SQLITE_PRAGMAS.items()]
    config = {**DYNAMIC_CONFIG, **extra_dynamic_config}
    words += [f"--dynamic-config-value={name}={json.dumps(value)}" for name, value in config.items()]
    words += [f"--search-attribute={name}={kind}" for name, kind in SEARCH_ATTRIBUTES.items()]
    return tuple(words)


class TemporalServer(Part):
    """The development server with its data in MCQ_HOME."""

    name = NAME
    order = 1
    port_names = (NAME, UI, HTTP, METRICS)
    ready_timeout = 120.0
    # An interrupted write to its database can leave it answering "namespace not found" or "shard status unknown" to
    # everything until it is started again; the file is whole. (temporalio/temporal #3784 and #8017 are alike.)
    watched = True

    def __init__(
        self,
        namespace: str,
        find_cli: Callable[[Context], Path],
        environment: Mapping[str, str],
        dynamic_config: Mapping[str, object],
    ) -> None:
        self._namespace = namespace
        self._find_cli = find_cli
        self._dynamic_config = dynamic_config
        # The CLI would take flags from them.
        self._environment = {name: value for name, value in environment.items() if not name.startswith("TEMPORAL_")}

    def definition(self, context: Context) -> str:
        """The arguments without the executable: which one is found must not matter to a server that runs."""
        return fingerprint(self._arguments(context))

    def prepare(self, context: Context) -> Program:
        """The executable, which may have to be fetched or built first, and the data folder."""
        temporal_data.check(context.home)  # before minutes are spent on the executable
        executable = self._find_cli(context)
        temporal_data.ensure(context.home, context.report)
        return Program((str(executable), *self._arguments(context)), self._environment, cwd=context.home.temporal)

    def is_ready(self, context: Context) -> bool:
        """Whether clients are served, the namespace can be used, and the workflow and task queue services answer.

        Asked over the server's HTTP door, which passes requests to the same handlers as gRPC: the Temporal client
        takes half a second to import, and its first use would fix the process's telemetry.
        """
        root = f"http://{HOST}:{context.ports[HTTP]}/api/v1/namespaces/{quote(self._namespace)}"
        return (
            answers_http(root)
            and http_status(f"{root}/workflows/none") == 404  # "not found" is said by the history service
            and answers_http(f"{root}/task-queues/none")  # by the matching service
            and answers(context.ports[NAME])
            and answers(context.ports[UI])
        )

    def first_ready(self, context: Context) -> None:
        """From now on the file holds somebody's data."""
        temporal_data.first_start_succeeded(context.home)

    def _arguments(self, context: Context) -> tuple[str, ...]:
        return arguments(context.home.temporal_database, context.ports, self._namespace, self._dynamic_config)
