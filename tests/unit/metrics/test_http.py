"""Requests and readers: bounded labels, and a gauge that comes down again."""

import pytest

from metrics import http
from tests.unit.metrics.counted import value


def test_a_request_is_counted_under_its_template() -> None:
    """Method, route and status as given."""
    labels = {"method": "GET", "route": "/quizzes/{quiz_id}", "status": "200"}
    http.observe_request("GET", "/quizzes/{quiz_id}", 200, 0.03)
    assert value("http_request_seconds_count", **labels) == 1
    assert value("http_request_seconds_bucket", **labels, le="0.025") == 0
    assert value("http_request_seconds_bucket", **labels, le="0.05") == 1


def test_what_a_client_makes_up_is_no_label() -> None:
    """A path without a route and a method that nobody knows are one series, however many there are."""
    for number in range(5):
        http.observe_request(f"BREW{number}", None, 404, 0.001)
    assert value("http_request_seconds_count", method="OTHER", route="unmatched", status="404") == 5


def test_a_reader_that_breaks_is_gone_too() -> None:
    """However a reader leaves, it is no longer counted."""
    before = value("sse_readers")
    with pytest.raises(ConnectionError), http.sse_reader():
        assert value("sse_readers") == before + 1
        raise ConnectionError
    assert value("sse_readers") == before
