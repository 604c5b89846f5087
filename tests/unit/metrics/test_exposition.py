"""The text that Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families

from metrics import generations
from metrics.exposition import are_shared, render


def test_the_text_is_what_prometheus_reads() -> None:
    """It parses, each family stands in it once, and there is no second series beside the counters."""
    generations.announce("X")
    text = render({"X": 3, "Y": 0}).decode()
    names = [family.name for family in text_string_to_metric_families(text)]
    assert len(names) == len(set(names))
    assert "_created" not in text
    assert 'workflow_started_total{workflow_type="X"} 0.0' in text


def test_active_workflows_are_what_the_database_says() -> None:
    """Nothing is kept from one scrape to the next."""
    assert 'active_workflows{workflow_type="X"} 3.0' in render({"X": 3}).decode()
    assert 'active_workflows{workflow_type="X"} 1.0' in render({"X": 1}).decode()


def test_without_the_database_the_gauge_is_left_out() -> None:
    """An unknown number is no 0; the other metrics are still told."""
    text = render().decode()
    assert "active_workflows" not in text and "sse_readers" in text


def test_alone_a_process_tells_of_itself() -> None:
    """Memory and CPU, which mean nothing where several processes share a port."""
    assert not are_shared()
    assert "process_resident_memory_bytes" in render().decode()
