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
        self._gate._is_open = lambda: True  # type: ignore[method-assign]

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same with an open gate."""
        return await super().run(start)


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


@workflow.defn(name=WORKFLOW_TYPE)
class AsksTwice(QuizGenerationWorkflow):
    """Takes a question that the quiz has already."""

    @workflow.init
    def __init__(self, start: GenerationInput) -> None:
        super().__init__(start)
        self._state.duplicate_of = self._none  # type: ignore[method-assign]

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same without a look at the other questions."""
        return await super().run(start)

    def _none(self, stem: str) -> str | None:
        return None


@workflow.defn(name=WORKFLOW_TYPE)
class LetsCallsGoOn(QuizGenerationWorkflow):
    """Does not drop the calls in flight when it is cancelled."""

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same with calls that outlive a cancel."""
        return await super().run(start)

    async def _write_questions(self) -> None:
        await asyncio.shield(super()._write_questions())


@workflow.defn(name=WORKFLOW_TYPE)
class WritesAllAnew(QuizGenerationWorkflow):
    """Does not keep what an earlier execution finished."""

    @workflow.init
    def __init__(self, start: GenerationInput) -> None:
        super().__init__(start)
        adopt = self._state.adopt
        self._state.adopt = lambda prepared: adopt(replace(prepared, finished={}))  # type: ignore[method-assign]

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same with every slot in the queue."""
        return await super().run(start)


@workflow.defn(name=WORKFLOW_TYPE)
class NoLongestRun(QuizGenerationWorkflow):
    """Hands over when the server suggests it, and not at the length that its options say."""

    @workflow.init
    def __init__(self, start: GenerationInput) -> None:
        super().__init__(replace(start, options=replace(start.options, longest_run=0)))

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same with longer runs."""
        return await super().run(start)


@workflow.defn(name=WORKFLOW_TYPE)
class BeginsAnew(QuizGenerationWorkflow):
    """Does not go on from the state of the run before."""

    @workflow.init
    def __init__(self, start: GenerationInput) -> None:
        super().__init__(replace(start, state=None))

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same from the beginning."""
        return await super().run(start)


@workflow.defn(name=WORKFLOW_TYPE)
class ForgetsThePause(QuizGenerationWorkflow):
    """Writes on though the run before handed over paused."""

    @workflow.init
    def __init__(self, start: GenerationInput) -> None:
        super().__init__(start)
        self._state.status = Status.RUNNING

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same, and never paused at first."""
        return await super().run(start)


@workflow.defn(name=WORKFLOW_TYPE)
class TakesItForTold(QuizGenerationWorkflow):
    """Does not go on behind what the row has: the next snapshot has a number that is taken."""

    @workflow.init
    def __init__(self, start: GenerationInput) -> None:
        super().__init__(start)
        self._mirror.mark, self._marks = self._mark, self._mirror.mark  # type: ignore[method-assign]
        self._mirror._catch_up_with = self._go_on
        self._is_told = False

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The same, and nothing told again."""
        return await super().run(start)

    def _go_on(self, _sequence: int) -> None:
        self._is_told = True

    def _mark(self, *, question: bool = False, urgent: bool = False) -> None:
        if not self._is_told:
            self._marks(question=question, urgent=urgent)
        self._is_told = False
