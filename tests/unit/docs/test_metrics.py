"""The page of the metrics lists what is counted, all of it and nothing else."""

import re

import metrics.generations
import metrics.http
import metrics.mirror
import metrics.model_calls
from metrics.exposition import REGISTRY, render
from tests.unit.docs.pages import code_of, text_of
from tests.unit.product_code import ROOT, product_files

PAGE = ROOT / "docs" / "metrics.md"
DEFINING = [metrics.generations, metrics.http, metrics.mirror, metrics.model_calls]
_SUFFIX = {"counter": "_total"}
# Of libraries, and told as a family.
_FOREIGN = ("process_", "temporal_")


def _listed() -> dict[str, tuple[str, set[str]]]:
    """Type and labels of each metric in the tables of the page."""
    rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \| ([^|]*) \|", text_of(PAGE), re.MULTILINE)
    assert len(rows) == len({name for name, *_ in rows})
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def _defined() -> dict[str, str]:
    """Type of each metric in the registry, and of the one that a scrape adds."""
    families = {family.name + _SUFFIX.get(family.type, ""): family.type for family in REGISTRY.collect()}
    added = re.findall(r"^# TYPE (\w+) (\w+)$", render({}).decode(), re.MULTILINE)
    return {name: kind for name, kind in {**families, **dict(added)}.items() if not name.startswith(_FOREIGN)}


def test_every_metric_is_on_the_page_and_nothing_else() -> None:
    """By name and type: a new metric gets its row, a removed one leaves it."""
    assert {name: kind for name, (kind, _) in _listed().items()} == _defined()


def test_the_labels_are_those_of_the_code() -> None:
    """A query that groups by a label finds it."""
    instruments = [
        value
        for module in DEFINING
        for attribute in vars(module).values()
        for value in (attribute.values() if isinstance(attribute, dict) else [attribute])
        if hasattr(value, "_labelnames")
    ]
    labels = {one._name + _SUFFIX.get(one._type, ""): set(one._labelnames) for one in instruments}
    labels["active_workflows"] = {"workflow_type"}
    assert labels == {name: names for name, (_, names) in _listed().items()}


def test_every_defining_module_was_looked_at() -> None:
    """Otherwise the tests above would miss the metrics of a new one."""
    package = [file for file in product_files() if file.parent.name == "metrics"]
    defining = {
        file.stem for file in package if "registry=REGISTRY,\n" in file.read_text() or "=REGISTRY)" in file.read_text()
    }
    defining -= {"exposition"}  # registers what the library counts of a process
    assert defining == {module.__name__.rpartition(".")[2] for module in DEFINING}


def test_alerts_name_metrics_that_exist() -> None:
    """An alert on a name that nobody counts never fires."""
    blocks = "".join(re.findall(r"^```text\n(.*?)^```", text_of(PAGE), re.MULTILINE | re.DOTALL))
    named = {re.sub(r"_bucket$", "", name) for name in re.findall(r"\b[a-z]+_[a-z_]+\b", blocks)}
    functions = {"histogram_quantile", "poller_type", "workflow_task", "temporal_num_pollers"}
    assert {"active_workflows", "workflow_failed_total", "mirror_lag_seconds"} <= named
    assert named - functions <= set(_listed())
    assert "active_generations" in code_of(PAGE)
