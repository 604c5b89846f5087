"""The nodes of the question graph that call the model: one call an activity, paid once.

The answer is stored before the activity returns and looked for before a call is made (`writing/answers.py`), so a
worker that is killed between the two costs nothing. Here stands what becomes of an activity without an answer.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.clock import TryClock
from activities.heartbeat import heartbeating, outage_met
from domain.statuses import Step
from model.client import ModelClient
from model.failures import ProviderRejected, ProviderUnavailable
from storage.model_calls import ModelCallStore
from storage.quizzes import QuizStore
from workflows.messages import GENERATION_PAUSED, PROVIDER_TROUBLE, AnswerUpdate, DraftInput, ReviseInput
from writing.answers import Answers, GenerationIsPaused, QuizDeleted
from writing.crash_points import CrashPoint, reach
from writing.patience import in_words, next_delay, only_for_display


class QuestionActivities:
    """`draft` and `revise`."""

    def __init__(
        self, calls: ModelCallStore, quizzes: QuizStore, model: ModelClient, *, outage_patience: float
    ) -> None:
        self._calls = calls
        self._answers = Answers(calls, quizzes, model)
        self._outage_patience = timedelta(seconds=outage_patience)

    @heartbeating
    async def draft(self, state: DraftInput) -> AnswerUpdate:
        """Ask for a new question on a part of a chunk."""
        return await self._answer(Step.DRAFT, state, [])

    @heartbeating
    async def revise(self, state: ReviseInput) -> AnswerUpdate:
        """Send the last answer back with its problems."""
        return await self._answer(Step.REVISE, state, state["problems"])

    async def _answer(self, step: Step, state: DraftInput, problems: Sequence[str]) -> AnswerUpdate:
        info, slot, clock = activity.info(), state["slot"], TryClock()
        workflow_id = info.workflow_id or ""
        try:
            answer = await self._answers.answer(workflow_id, step, state, problems, try_=info.attempt)
            reach(CrashPoint.BEFORE_ACKNOWLEDGEMENT)
            return answer
        except QuizDeleted as error:
            raise ApplicationError(str(error), type="QuizDeleted", non_retryable=True) from None
        except GenerationIsPaused as error:
            raise await self._give_up(workflow_id, slot, GENERATION_PAUSED, str(error)) from None
        except ProviderRejected as error:
            raise await self._give_up(workflow_id, slot, PROVIDER_TROUBLE, error.reason) from None
        except ProviderUnavailable as error:
            raise await self._wait_or_give_up(workflow_id, slot, error, clock.now()) from None

    async def _wait_or_give_up(
        self, workflow_id: str, slot: int, error: ProviderUnavailable, moment: datetime
    ) -> ApplicationError:
        """The failure that makes Temporal try again, or the one that pauses the generation."""
        outage = outage_met(moment)
        if moment - outage.began >= self._outage_patience:
            waited = in_words(moment - outage.began)
            reason = f"{error.reason}; no answer for {waited}, so the generation paused; resume to try again"
            return await self._give_up(workflow_id, slot, PROVIDER_TROUBLE, reason)
        delay = next_delay(outage.met, error.retry_after)
        with only_for_display(workflow_id, slot):
            await self._calls.wait_for_provider(workflow_id, slot, error.reason, outage.began, moment + delay)
        return ApplicationError(error.reason, type="ProviderUnavailable", next_retry_delay=delay)

    async def _give_up(self, workflow_id: str, slot: int, kind: str, reason: str) -> ApplicationError:
        """The failure that ends this step's tries: the workflow decides what becomes of the slot."""
        with only_for_display(workflow_id, slot):
            await self._calls.stop_waiting(workflow_id, slot)
        return ApplicationError(reason, type=kind, non_retryable=True)
