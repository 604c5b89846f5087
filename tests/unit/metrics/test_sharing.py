"""Several processes, one set of metrics; whichever is asked tells the sum."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from metrics.sharing import mark_process_dead, share_between_processes
from tests.unit.product_code import ROOT

# A process of the API as far as it matters here: it counts, tells, and ends when its input does.
CHILD = """
import json, sys
from metrics import generations, http
from metrics.exposition import are_shared, render
from metrics.sdk import SdkMetrics
reading = http.sse_reader()
reading.__enter__()
generations.started("T")
http.observe_request("GET", "/", 200, 0.01)
sdk = SdkMetrics(None)
sdk.runtime.metric_meter.with_additional_attributes({"operation": "x"}).create_counter("made_up").add(2)
sdk.drain()
print(json.dumps({"shared": are_shared()}), flush=True)
for line in sys.stdin:
    print(json.dumps(render({"T": 7}).decode()), flush=True)
"""


Start = Callable[[], subprocess.Popen[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the processes share."""
    return tmp_path / "metrics"


@pytest.fixture
def start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts children of a parent that shares their metrics in `folder`."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")  # taken back after the test
    share_between_processes(folder)
    children: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        children.append(child)
        assert child.stdout is not None
        assert json.loads(child.stdout.readline())["shared"]
        return child

    yield start
    for child in children:
        child.kill()
        child.communicate()


def told_by(child: subprocess.Popen[str]) -> dict[str, float]:
    """The series that a child tells when it is scraped, as `name{labels}`."""
    assert child.stdin is not None and child.stdout is not None
    child.stdin.write("scrape\n")
    child.stdin.flush()
    text: str = json.loads(child.stdout.readline())
    families = list(text_string_to_metric_families(text))
    assert len(families) == len({family.name for family in families})
    return {
        sample.name + ",".join(f"{{{name}={value}}}" for name, value in sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def test_every_process_tells_the_sum(start: Start) -> None:
    """Counters, histograms, live gauges and the SDK's counters; a scrape reaches any one of the processes."""
    first, second = start(), start()
    told = told_by(first)
    assert told == told_by(second)
    assert told["workflow_started_total{workflow_type=T}"] == 2
    assert told["http_request_seconds_count{method=GET},{route=/},{status=200}"] == 2
    assert told["sse_readers"] == 2
    assert told["made_up_total{operation=x}"] == 4


def test_what_the_database_says_is_not_multiplied(start: Start) -> None:
    """Seven active generations are seven, however many processes serve."""
    first, _ = start(), start()
    assert told_by(first)["active_workflows{workflow_type=T}"] == 7


def test_what_a_process_tells_of_itself_is_left_out(start: Start) -> None:
    """Its memory would be taken for that of all."""
    assert not [name for name in told_by(start()) if name.startswith("process_")]


def test_a_killed_process_leaves_its_counts_and_no_readers(start: Start) -> None:
    """What it counted happened; its open streams are closed. Nobody has to tell of the death."""
    first, second = start(), start()
    second.kill()
    second.wait()
    told = told_by(first)
    assert told["workflow_started_total{workflow_type=T}"] == 2
    assert told["sse_readers"] == 1


def test_a_supervisor_may_tell_of_a_death(start: Start, folder: Path) -> None:
    """Its live gauges go at once, its counters stay."""
    child = start()
    child.kill()
    child.wait()
    assert list(folder.glob(f"gauge_live*_{child.pid}.db"))
    mark_process_dead(child.pid)
    assert not list(folder.glob(f"gauge_live*_{child.pid}.db"))
    assert list(folder.glob(f"counter_{child.pid}.db"))


def test_a_new_start_begins_at_zero(start: Start, folder: Path) -> None:
    """What the processes of an earlier start left is not counted as this one's."""
    start().kill()
    share_between_processes(folder)
    assert told_by(start())["workflow_started_total{workflow_type=T}"] == 1


def test_alone_there_is_nobody_to_forget() -> None:
    """Telling of a death is harmless where nothing is shared."""
    mark_process_dead(1)
