"""When a question goes back to the model."""

import pytest

from domain.linter import Flaw, Severity, needs_revision

ERROR, WARNING, INFO = (Flaw("rule", severity, "mend it") for severity in Severity)


@pytest.mark.parametrize(
    ("flaws", "revised", "expected"),
    [
        ([], False, False),
        ([ERROR], False, True),
        ([ERROR], True, True),
        ([WARNING], False, False),
        ([WARNING, WARNING], False, True),
        ([WARNING, WARNING, WARNING], True, False),
        ([WARNING, WARNING, ERROR], True, True),
        ([INFO, INFO, INFO, WARNING], False, False),
    ],
)
def test_revision(flaws: list[Flaw], revised: bool, expected: bool) -> None:
    """Any error sends a question back; two warnings do, but only once."""
    assert needs_revision(flaws, revised) is expected
