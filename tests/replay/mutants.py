"""Changes to the workflow that somebody could make, each of which contradicts histories in flight.

Apart from their test: the sandbox imports this file anew.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.statuses import Status
    from workflows.messages import WORKFLOW_TYPE, GenerationResult

from workflows.quiz_generation import QuizGenerationWorkflow
from workflows.state import GenerationInput


@workflow.defn(name=WORKFLOW_TYPE)
class ExtraTimer(QuizGenerationWorkflow):
    """Waits before it begins."""

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same after a second."""
        await workflow.sleep(1)
        return await super().run(start)


@workflow.defn(name=WORKFLOW_TYPE)
class ExtraActivity(QuizGenerationWorkflow):
    """Does one thing more before it begins."""

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same after an activity."""
        await workflow.execute_activity("warm_up", start_to_close_timeout=timedelta(seconds=1))
        return await super().run(start)


@workflow.defn(name=WORKFLOW_TYPE)
class NarrowerWindow(QuizGenerationWorkflow):
    """Writes fewer questions at once."""

    @workflow.init
    def __init__(self, start: GenerationInput) -> None:
        super().__init__(start)
        self._options = replace(start.options, window=1)

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same with a window of one."""
        return await super().run(start)


@workflow.defn(name=WORKFLOW_TYPE)
class FewerAnswers(QuizGenerationWorkflow):
    """Hands a slot on after the first bad answer."""

    @workflow.init
    def __init__(self, start: GenerationInput) -> None:
        super().__init__(start)
        self._options = replace(start.options, max_retries=1)

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same without revisions."""
        return await super().run(start)


@workflow.defn(name=WORKFLOW_TYPE)
class NoGate(QuizGenerationWorkflow):
    """Does not stop for a pause."""

    @workflow.init
    def __init__(self, start: GenerationInput) -> None:
        super().__init__(start)
        self._gate.lets_through = self._let_through  # type: ignore[method-assign]

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same with an open gate."""
        return await super().run(start)

    async def _let_through(self) -> bool:
        return True


@workflow.defn(name=WORKFLOW_TYPE)
class WaitsAtTheGate(QuizGenerationWorkflow):
    """Keeps its slots while it is paused, however long the run becomes."""

    @workflow.init
    def __init__(self, start: GenerationInput) -> None:
        super().__init__(start)
        self._paused_and_long = self._gate._is_long
        self._gate._is_long = self._long_and_running  # type: ignore[method-assign]

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same with longer paused runs."""
        return await super().run(start)

    def _long_and_running(self) -> bool:
        return self._state.status is Status.RUNNING and self._paused_and_long()


@workflow.defn(name=WORKFLOW_TYPE)
class NeverContinues(QuizGenerationWorkflow):
    """Goes on in the same run, however long its history."""

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same without continue-as-new."""
        return await super().run(start)

    async def _continue_as_new_if_unfinished(self) -> None:
        return


@workflow.defn(name=WORKFLOW_TYPE)
class NeverTooLate(QuizGenerationWorkflow):
    """Ends at once when it is cancelled, also with all decided and the mirror not told."""

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same without the wait for the last snapshot."""
        return await super().run(start)

    async def _finish(self, mirror: asyncio.Task[None]) -> None:
        await self._tell_the_end(mirror)


@workflow.defn(name=WORKFLOW_TYPE)
class WaitsForAll(QuizGenerationWorkflow):
    """Goes on after a pause only when the mirror knows also what came meanwhile."""

    @workflow.init
    def __init__(self, start: GenerationInput) -> None:
        super().__init__(start)
        self._mirror.catch_up = self._mirror.settle  # type: ignore[method-assign]

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same with longer waits for the mirror."""
        return await super().run(start)


@workflow.defn(name=WORKFLOW_TYPE)
class TellsAllItself(QuizGenerationWorkflow):
    """Hands over only when the mirror knows also what came meanwhile."""

    @workflow.init
    def __init__(self, start: GenerationInput) -> None:
        super().__init__(start)
        self._mirror.hand_over = self._settle  # type: ignore[method-assign]

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same with longer waits at the end of a run."""
        return await super().run(start)

    async def _settle(self) -> bool:
        await self._mirror.settle()
        return False


@workflow.defn(name=WORKFLOW_TYPE)
class ForgetsTheUntold(QuizGenerationWorkflow):
    """Does not tell what the run before had not told."""

    @workflow.init
    def __init__(self, start: GenerationInput) -> None:
        super().__init__(start)
        self._state.untold = False

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same, and silent at first."""
        return await super().run(start)
