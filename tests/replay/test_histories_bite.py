"""The stored histories notice changes that would break generations in flight."""

import pytest
from temporalio.workflow import NondeterminismError

from tests.replay import mutants
from tests.replay.replaying import NAMES, replay, taking

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
]
CASES = [
    *((mutant, name) for mutant in (mutants.ExtraTimer, mutants.ExtraActivity) for name in NAMES),
    *((mutant, name) for mutant, turn in NOTICED_BY for name in taking(turn)),
]


@pytest.mark.parametrize(("mutant", "name"), CASES, ids=lambda part: getattr(part, "__name__", part))
async def test_a_changed_workflow_does_not_replay(mutant: type, name: str) -> None:
    """Extra steps, another window, other bounds, no gate, no late cancel, other waits: the replay cannot go on."""
    assert isinstance(await replay(name, mutant), NondeterminismError)
