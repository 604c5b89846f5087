"""Answers for a generation that lives in this process: what Temporal's retries are to a durable one."""

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog

from domain.statuses import Step
from model.failures import ProviderRejected, ProviderUnavailable
from storage.model_calls import ModelCallStore
from workflows.messages import AnswerUpdate, DraftInput, ReviseInput
from writing.answers import Answers
from writing.outages import DATABASE_ERRORS, passes
from writing.patience import in_words, next_delay, only_for_display

log = structlog.get_logger()


class AskingEnded(Exception):
    """The provider gave trouble, so nothing new is asked."""


class Tries:
    """The nodes `draft` and `revise` of one generation. After `trouble` no call starts; those in flight may end."""

    def __init__(self, workflow_id: str, answers: Answers, calls: ModelCallStore, *, outage_patience: float) -> None:
        self._workflow_id = workflow_id
        self._answers = answers
        self._calls = calls
        self._patience = timedelta(seconds=outage_patience)
        self._ended = asyncio.Event()
        # Why nothing new is asked, for the teacher; None while all is well.
        self.trouble: str | None = None

    async def draft(self, state: DraftInput) -> AnswerUpdate:
        """Ask for a new question on a part of a chunk."""
        return await self._answer(Step.DRAFT, state, [])

    async def revise(self, state: ReviseInput) -> AnswerUpdate:
        """Send the last answer back with its problems."""
        return await self._answer(Step.REVISE, state, state["problems"])

    async def _answer(self, step: Step, state: DraftInput, problems: Sequence[str]) -> AnswerUpdate:
        slot, began = state["slot"], None
        unavailable = databases_away = 0
        for try_ in itertools.count(1):
            if self.trouble is not None:
                break
            try:
                return await self._answers.answer(self._workflow_id, step, state, problems, try_=try_)
            except ProviderRejected as error:
                self._end(error.reason)
            except ProviderUnavailable as error:
                moment = datetime.now(UTC)
                began = began or moment
                unavailable += 1
                await self._wait(slot, error, began, moment, unavailable)
            except DATABASE_ERRORS as error:
                if not passes(error):
                    raise
                log.warning("database_away", workflow_id=self._workflow_id, slot=slot, error=type(error).__name__)
                databases_away += 1
                await self._pause(next_delay(databases_away, None))
        with only_for_display(self._workflow_id, slot):
            await self._calls.stop_waiting(self._workflow_id, slot)
        raise AskingEnded(self.trouble)

    async def _wait(self, slot: int, error: ProviderUnavailable, began: datetime, moment: datetime, met: int) -> None:
        if moment - began >= self._patience:
            self._end(f"{error.reason}; no answer for {in_words(moment - began)}, so the generation ended")
            return
        delay = next_delay(met, error.retry_after)
        with only_for_display(self._workflow_id, slot):
            await self._calls.wait_for_provider(self._workflow_id, slot, error.reason, began, moment + delay)
        await self._pause(delay)

    async def _pause(self, delay: timedelta) -> None:
        """Wait, but not beyond the end of asking."""
        with suppress(TimeoutError):
            async with asyncio.timeout(delay.total_seconds()):
                await self._ended.wait()

    def _end(self, trouble: str) -> None:
        self.trouble = self.trouble or trouble
        self._ended.set()
