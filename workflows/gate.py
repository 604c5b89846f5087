"""The gate before every model call: shut while the generation is paused, and no place for a long run to wait."""

from temporalio import workflow

from domain.statuses import Status
from workflows.messages import GenerationOptions
from workflows.state import GenerationState

# A run that came by here before this rule waits at the gate, however long it is; see the workflow's histories.
HANDS_OVER_PAUSED = "hands-over-paused"


class Gate:
    """What is not let through is for the next run."""

    def __init__(self, options: GenerationOptions, state: GenerationState) -> None:
        self._longest = options.longest_run
        self._state = state

    async def lets_through(self) -> bool:
        """Wait until calls are wanted; False when the run has become long meanwhile, and is to hand over, paused."""
        if not workflow.patched(HANDS_OVER_PAUSED):
            await workflow.wait_condition(self._is_open)
            return True
        await workflow.wait_condition(lambda: self._is_open() or self._is_long())
        return self._is_open()

    async def lets_take(self) -> bool:
        """Whether there is a slot to take, once calls are wanted; a long run takes none."""
        if workflow.patched(HANDS_OVER_PAUSED):
            await workflow.wait_condition(lambda: not self._state.queue or self._is_open() or self._is_long())
        return bool(self._state.queue) and not self._is_long()

    def _is_open(self) -> bool:
        return self._state.status is not Status.PAUSED

    def _is_long(self) -> bool:
        """Whoever takes a run over replays all of it, against a time-out."""
        info = workflow.info()
        return info.is_continue_as_new_suggested() or 0 < self._longest < info.get_current_history_length()
