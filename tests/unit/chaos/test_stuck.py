"""A campaign that stands still is told as stuck, and one that goes on is not, by a clock that we turn."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from domain.statuses import Status
from tests.chaos import stuck
from tests.chaos.teachers import Generation
from tests.unit.chaos.evidence_of import at, generation


def _writes(one: Generation, second: int) -> None:
    one.completed = second


def _resumes(one: Generation, second: int) -> None:
    """All that is no progress."""
    one.resumes = second
    one.status = (Status.RUNNING, Status.PAUSED)[second % 2]


async def _stuck_after(deed: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, ones: list[Generation]) -> int:
    """The second at which it is told; `deed` is done in each second."""
    second, progress = 0, list[tuple[float, int]]()

    async def sleep(_seconds: float) -> None:
        nonlocal second
        second += 1
        deed(second)

    async def dump(*_: object) -> Path:
        return Path("kept")

    monkeypatch.setattr(stuck, "asyncio", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(stuck, "time", SimpleNamespace(monotonic=lambda: 1000.0 + second))
    monkeypatch.setattr(stuck, "dump", dump)
    nobody = cast("Any", None)
    teachers = cast("Any", SimpleNamespace(generations=ones))
    assert await stuck.until_stuck(teachers, nobody, progress, Path()) == "no progress for 150 s; see kept"
    assert [moment for moment, _ in progress] == list(range(second + 1))
    assert progress[-1][1] == sum(one.completed for one in ones)
    return second


@pytest.mark.parametrize("lasting", [0, 1, 1000])
@pytest.mark.parametrize(("deed", "counts"), [(_writes, True), (_resumes, False)])
async def test_no_progress_for_long_is_told(
    deed: Callable[[Generation, int], None], counts: bool, lasting: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So long after the last question, however long questions came before; anything else puts nothing off."""
    one = generation(status=Status.RUNNING, ended=None)

    def until_then(second: int) -> None:
        if second <= lasting:
            deed(one, second)

    wanted = (lasting if counts else 0) + stuck.STUCK + 1
    assert await _stuck_after(until_then, monkeypatch, [one]) == wanted


async def test_an_end_is_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a generation that has all its questions already."""
    one = generation(ended=None)

    def ends(second: int) -> None:
        if second == 100:
            one.ended = at(100)

    assert await _stuck_after(ends, monkeypatch, [one]) == 100 + stuck.STUCK + 1
