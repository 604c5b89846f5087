"""How long a provider asks us to wait, in every notation it may use."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.failures import MAX_RETRY_AFTER, parse_retry_after

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _http_date(offset: float) -> str:
    return format_datetime(NOW + timedelta(seconds=offset), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "3600"}, 60.0),
        ({"retry-after": "9" * 400}, 60.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "-250"}, 0.0),
        ({"retry-after-ms": "1e999"}, 60.0),
        ({"retry-after-ms": "inf"}, 60.0),
        ({"retry-after": _http_date(20)}, 20.0),
        ({"retry-after": _http_date(-20)}, 0.0),
        ({"retry-after": _http_date(86_400)}, 60.0),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, 60.0),
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after-ms": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "7 s"}, None),
        ({"retry-after": "Wed, 99 Oct 2015 07:28:00 GMT"}, None),
        ({"retry-after": "Mon, 01 Jan 0001 00:00:00 +2359"}, 0.0),
    ],
    ids=str,
)
def test_the_notations(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, milliseconds and dates are read, never below 0, never above a minute; the rest is None."""
    assert parse_retry_after(headers, NOW) == seconds


@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms"]), st.text()))
def test_any_header_gives_a_wait_that_can_be_used(headers: dict[str, str]) -> None:
    """Whatever stands there, the wait is None or between 0 and a minute."""
    seconds = parse_retry_after(headers, NOW)
    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER


def test_no_headers_at_all() -> None:
    """A response without headers names no time."""
    assert parse_retry_after(None, NOW) is None
