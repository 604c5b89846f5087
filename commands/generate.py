"""`mcq generate`: the main job. Start or continue a generation, show it, and keep the questions file current."""

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rich.console import Console
from sqlalchemy.exc import DBAPIError

from commands import questions_file, summary
from commands.content import fingerprint, read_files
from commands.display import Display
from commands.exit_codes import Exit
from commands.report import report_on
from commands.session import Session, run_in_session
from domain.statuses import Status
from service.errors import TemporalUnavailable
from service.requests import GenerationRequest
from service.status import GenerationStatus
from settings import Settings
from storage.quizzes import NewDocument
from storage.tables import Quiz, WorkflowState

LONGEST_TITLE = 300
# Seconds between looks at the mirror: faster than an eye, slower than a load.
POLL_INTERVAL = 0.15
# Seconds without a change after which Temporal is asked whether the workflow still lives.
RECONCILE_AFTER = 5.0
# Seconds without a change after which the user is told where to look. A slow model answers within a minute.
STALLED_AFTER = 90.0


class OnInterrupt(StrEnum):
    """What Ctrl-C leaves behind."""

    RUNNING = "running"
    PAUSED = "paused"


@dataclass(frozen=True)
class GenerateOptions:
    """The command's options, as given."""

    files: list[Path]
    questions: int
    out: Path
    model: str | None = None
    temperature: float | None = None
    language: str = "English"
    title: str | None = None
    window: int | None = None
    on_interrupt: OnInterrupt = OnInterrupt.RUNNING
    # Start anew, whatever an earlier run of the same command left.
    new: bool = False
    as_json: bool = False


def generate(settings: Settings, options: GenerateOptions, console: Console) -> Exit:
    """Run the job; raises ContentError, NotAQuestionsFile or OSError before anything is started."""
    began = time.monotonic()
    read = read_files(options.files)
    documents = [NewDocument(document.name, document.title, document.text) for document in read]
    questions_file.check_destination(options.out)
    notes = Display(console, quiet=options.as_json)
    if settings.uses_demo_model:
        notes.note("No OPENAI_API_KEY is set: the demo model writes the questions, offline and by simple rules.")

    async def work(session: Session) -> Exit:
        web_ui, namespace = session.addresses.temporal_ui, settings.temporal_namespace
        with Display(console, quiet=options.as_json, web_ui=web_ui, namespace=namespace) as display:
            job = _Job(session, options, display)
            workflow_id = await job.start_or_continue(documents)
            exit_code = await job.follow(workflow_id)
        await _conclude(session, options, workflow_id, exit_code, console, time.monotonic() - began)
        if exit_code is Exit.INTERRUPTED and options.on_interrupt is OnInterrupt.RUNNING:
            session.stack.close(leave_running=True)
        elif not await session.states.any_running():
            session.stack.close(leave_running=False)  # nothing is left that a background stack could do
        return exit_code

    try:
        return run_in_session(settings, notes.note, work, with_worker=True)
    except KeyboardInterrupt:
        notes.note("Interrupted. Nothing that was made is lost; the same command goes on with it.")
        return Exit.INTERRUPTED


class _Job:
    """One generation as this command drives it."""

    def __init__(self, session: Session, options: GenerateOptions, display: Display) -> None:
        self._session = session
        self._options = options
        self._display = display
        self._written = (-1, "")
        self._interrupted = asyncio.Event()
        self._resumed = False

    async def start_or_continue(self, documents: list[NewDocument]) -> str:
        """The workflow id: of the unfinished generation of the same files and options, else of a new one."""
        options, session = self._options, self._session
        request = GenerationRequest(
            question_count=options.questions,
            model=options.model,
            temperature=options.temperature,
            window=options.window,
        )
        model = options.model or session.settings.model_name
        identity = fingerprint(
            documents,
            questions=options.questions,
            model=model,
            temperature=options.temperature,
            language=options.language,
        )
        owner = await session.quizzes.local_owner()
        async with session.quizzes.one_at_a_time(identity):
            earlier = await session.quizzes.newest_with_fingerprint(owner, identity)
            if earlier and not options.new and self._is_unfinished(earlier):
                return await self._continue(earlier.workflow_id)
            quiz = Quiz(
                owner_id=owner,
                title=(options.title or documents[0].title)[:LONGEST_TITLE],
                language=options.language,
                settings={"fingerprint": identity},
            )
            quiz = await session.quizzes.create(quiz, documents)
            workflow_id = await session.service.generate(quiz, request)
        self._display.note(f"Started {workflow_id}: {options.questions} questions with {model}.")
        return workflow_id

    async def follow(self, workflow_id: str) -> Exit:
        """Show the generation until it ends, pauses itself, or somebody presses Ctrl-C."""
        with _signals_set(self._interrupted):
            async for status in self._changes(workflow_id):
                self._display.show(status)
                await self._write(status)
                match status.status:
                    case Status.COMPLETED:
                        return Exit.OK
                    case Status.FAILED:
                        return Exit.FAILED
                    case Status.CANCELLED:
                        return Exit.CANCELLED
                    case Status.PAUSED if status.error and await self._is_paused(workflow_id):
                        return Exit.PAUSED
            if self._options.on_interrupt is OnInterrupt.PAUSED:
                self._display.note("Pausing …")
                with contextlib.suppress(TemporalUnavailable):
                    await self._session.service.pause(workflow_id)
        return Exit.INTERRUPTED

    async def _is_paused(self, workflow_id: str) -> bool:
        """Whether a pause that the mirror shows is a new one: after a resume it shows the old one for a while."""
        return not self._resumed or await self._session.service.says_paused(workflow_id)

    def _is_unfinished(self, earlier: WorkflowState) -> bool:
        """Whether the same command should go on with it.

        One that completed while nobody watched is still to be delivered: its questions are paid for.
        """
        if earlier.status == Status.COMPLETED:
            return not questions_file.holds(self._options.out, earlier.workflow_id, Status.COMPLETED)
        return earlier.status != Status.CANCELLED

    async def _continue(self, workflow_id: str) -> str:
        status = await self._session.service.status(workflow_id)
        self._display.note(f"Continuing {workflow_id}: {status.completed} of {status.total} questions exist already.")
        if status.status not in (Status.RUNNING, Status.COMPLETED):
            self._resumed = True
            await self._session.service.ensure_running(workflow_id)
        return workflow_id

    async def _changes(self, workflow_id: str) -> AsyncIterator[GenerationStatus]:
        """Every look at the mirror, through outages of the database, until Ctrl-C."""
        last, changed = None, time.monotonic()
        asked = changed
        while not self._interrupted.is_set():
            self._session.stack.raise_if_failed()
            try:
                status = await self._session.service.status(workflow_id)
                now = time.monotonic()
                if status.updated_at != last:
                    last, changed = status.updated_at, now
                if now - max(changed, asked) > RECONCILE_AFTER:
                    asked = now
                    await self._session.service.reconcile(workflow_id)
            except DBAPIError:
                self._display.trouble("PostgreSQL does not answer; the generation waits for it …")
            except TemporalUnavailable:
                self._display.trouble("Temporal does not answer; the generation waits for it …")
            else:
                self._display.trouble(self._stalled(status, now - changed))
                yield status
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._interrupted.wait(), POLL_INTERVAL)

    def _stalled(self, status: GenerationStatus, seconds: float) -> str | None:
        """What to tell when nothing moves and nothing explains it."""
        if seconds < STALLED_AFTER or status.waiting or status.status is not Status.RUNNING:
            return None
        log = self._session.settings.mcq_home / "logs" / "worker.log"
        return f"No progress for over {STALLED_AFTER:.0f} s. The worker's log may tell why: {log}; so may: mcq doctor"

    async def _write(self, status: GenerationStatus) -> None:
        """Write the file when there is something new in it."""
        state = (status.completed, str(status.status))
        if state != self._written:
            questions = await self._session.service.questions(status.workflow_id)
            await asyncio.to_thread(questions_file.write, self._options.out, questions_file.as_json(status, questions))
            self._written = state


async def _conclude(
    session: Session, options: GenerateOptions, workflow_id: str, code: Exit, console: Console, seconds: float
) -> None:
    status = await session.service.status(workflow_id)
    report = report_on(await session.service.questions(workflow_id))
    if options.as_json:
        print(json.dumps(summary.as_json(status, report, options.out, seconds, session.addresses.temporal_ui)))  # noqa: T201
        return
    console.print(summary.table(status, report, options.out, seconds))
    console.print(summary.next_step(code, status, options.out), markup=False, highlight=False)


@contextlib.contextmanager
def _signals_set(event: asyncio.Event) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM sets the event; a second one ends the command the hard way."""
    loop = asyncio.get_running_loop()

    def heard(number: signal.Signals) -> None:
        event.set()
        loop.remove_signal_handler(number)

    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, heard, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
