"""The stored histories notice changes that would break generations in flight."""

import pytest
from temporalio.workflow import NondeterminismError

from tests.replay import mutants
from tests.replay.replaying import NAMES, replay, taking, turn_of

# The turns that each change must be noticed by, at least.
NOTICED_BY = [
    (mutants.NarrowerWindow, "plain"),
    (mutants.NarrowerWindow, "continued_first"),
    (mutants.FewerAnswers, "repaired"),
    (mutants.FewerAnswers, "failed"),
    (mutants.NoGate, "paused"),
    (mutants.NoGate, "provider_paused"),
    (mutants.WaitsAtTheGate, "paused_first"),
    (mutants.NeverContinues, "continued_first"),
    (mutants.NeverTooLate, "cancelled_too_late"),
    (mutants.WaitsForAll, "resumed_while_catching_up"),
    (mutants.TellsAllItself, "handed_over_first"),
    (mutants.ForgetsTheUntold, "handed_over_second"),
    (mutants.TellsAllItself, "refused_an_end"),
    (mutants.TakesItForTold, "told_again"),
    (mutants.AsksTwice, "duplicate"),
    (mutants.LetsCallsGoOn, "cancelled"),
    (mutants.WritesAllAnew, "resumed_after_failure"),
    (mutants.NoLongestRun, "limited_first"),
    (mutants.NoLongestRun, "limited_second"),
    (mutants.BeginsAnew, "continued_second"),
    (mutants.ForgetsThePause, "paused_second"),
]
# Changes that have no say in a plain generation.
SPECIAL = {mutant for mutant, _ in NOTICED_BY} - {mutant for mutant, turn in NOTICED_BY if turn == "plain"}
CASES = [
    *((mutant, name) for mutant in (mutants.ExtraTimer, mutants.ExtraActivity) for name in NAMES),
    *((mutant, name) for mutant, turn in NOTICED_BY for name in taking(turn)),
]


@pytest.mark.parametrize(("mutant", "name"), CASES, ids=lambda part: getattr(part, "__name__", part))
async def test_a_changed_workflow_does_not_replay(mutant: type, name: str) -> None:
    """Extra steps, another window, other bounds, no gate, no late cancel, other waits: the replay cannot go on."""
    assert isinstance(await replay(name, mutant), NondeterminismError)


def test_each_turn_notices_a_change_of_its_own_rule() -> None:
    """Extra steps break any history; that they do tells nothing of what a turn is stored for."""
    assert {turn for _, turn in NOTICED_BY} == {turn_of(name) for name in NAMES}


@pytest.mark.parametrize("mutant", sorted(SPECIAL, key=str))
@pytest.mark.parametrize("name", taking("plain"))
async def test_a_changed_rule_changes_nothing_else(mutant: type, name: str) -> None:
    """A generation that the rule has no say in replays, so what the turns above notice is the rule."""
    assert await replay(name, mutant) is None
