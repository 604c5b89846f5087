"""`mcq status`, `list`, `pause`, `resume`, `cancel`, `questions`: the operations on generations."""

import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from commands import questions_file
from commands.display import money
from commands.exit_codes import Exit
from commands.session import WORKER_PART, Session, run_in_session
from domain.statuses import Status
from service.errors import TemporalUnavailable, UnknownGeneration
from service.generations import GenerationService
from service.status import GenerationStatus
from settings import Settings

Operation = Callable[[GenerationService, str], Awaitable[GenerationStatus]]


class Manager:
    """The operations, printed for a person or as JSON for a script."""

    def __init__(self, settings: Settings, console: Console, *, as_json: bool) -> None:
        self._settings = settings
        self._console = console
        self._as_json = as_json

    def status(self, workflow_id: str | None) -> Exit:
        """One generation; the newest when none is named."""

        async def work(session: Session) -> GenerationStatus:
            status = await self._reconciled(session, workflow_id or await _newest(session))
            self._print(status)
            if status.status is Status.RUNNING and not session.stack.runs(WORKER_PART):
                self._note(f"No worker runs here. To go on: mcq resume {status.workflow_id}")
            return status

        run_in_session(self._settings, self._note, work, with_worker=False)
        return Exit.OK

    def list(self, limit: int) -> Exit:
        """The newest generations."""

        async def work(session: Session) -> Sequence[GenerationStatus]:
            return await session.service.newest(await session.quizzes.local_owner(), limit)

        statuses = run_in_session(self._settings, self._note, work, with_worker=False)
        if self._as_json:
            self._out([_as_json(status) for status in statuses])
            return Exit.OK
        if not statuses:
            self._console.print("No generations yet. Start one: mcq generate FILE")
            return Exit.OK
        table = Table("generation", "status", "questions", "started", "note", box=None, padding=(0, 2, 0, 0))
        for status in statuses:
            table.add_row(
                status.workflow_id,
                str(status.status),
                f"{status.completed}/{status.total}",
                f"{status.created_at.astimezone():%Y-%m-%d %H:%M}",
                status.error or "",
            )
        self._console.print(table)
        return Exit.OK

    def act(self, operation: Operation, workflow_id: str | None, wanted: Status) -> Exit:
        """Pause, resume or cancel, and tell what came of it."""

        async def work(session: Session) -> None:
            status = await operation(session.service, workflow_id or await _newest(session))
            self._print(status)
            if status.status is not wanted and status.status.is_active:
                self._note("The request is stored and takes effect as soon as a worker takes it up.")
            if wanted is Status.RUNNING and status.status.is_active:
                # Whoever asks it to go on does not want it stopped with this command.
                session.stack.close(leave_running=True)
                self._note("It goes on in the background. To stop everything: mcq stop")

        run_in_session(self._settings, self._note, work, with_worker=True)
        return Exit.OK

    def questions(self, workflow_id: str | None, out: Path | None) -> Exit:
        """The finished questions: into a file, as JSON, or readable."""
        if out is not None:
            questions_file.check_destination(out)

        async def work(session: Session) -> dict[str, Any]:
            status = await session.service.status(workflow_id or await _newest(session))
            return questions_file.as_json(status, await session.service.questions(status.workflow_id))

        content = run_in_session(self._settings, self._note, work, with_worker=False)
        if out is not None:
            questions_file.write(out, content)
            self._note(f"{len(content['questions'])} questions in {out}")
        elif self._as_json:
            self._out(content)
        elif not content["questions"]:
            self._note("No question is finished yet. How it stands: mcq status")
        else:
            for question in content["questions"]:
                self._print_question(question)
        return Exit.OK

    async def _reconciled(self, session: Session, workflow_id: str) -> GenerationStatus:
        """The status, after a look at Temporal for an end that nobody told: a termination, for one."""
        try:
            await session.service.reconcile(workflow_id)
        except TemporalUnavailable:
            self._note("Temporal does not answer; this is what the mirror knows.")
        return await session.service.status(workflow_id)

    def _print(self, status: GenerationStatus) -> None:
        if self._as_json:
            self._out(_as_json(status))
            return
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        rows: list[tuple[str, str]] = [
            ("generation", status.workflow_id),
            ("status", f"{status.status}, {status.completed} of {status.total} questions ({status.percentage} %)"),
            ("step", status.current_node or "not taken up by a worker yet"),
            ("model calls", f"{status.calls} ({status.revised} sent back, {status.rejected} rejected)"),
            ("tokens", f"{status.prompt_tokens:,} in, {status.completion_tokens:,} out, {money(status.cost)}"),
            ("updated", f"{status.updated_at.astimezone():%Y-%m-%d %H:%M:%S}"),
        ]
        if status.waiting:
            rows.append(
                ("waiting", f"{status.waiting.slots} for the model since {status.waiting.since.astimezone():%H:%M:%S}: "
                 f"{status.waiting.reason}; next try at {status.waiting.retry_at.astimezone():%H:%M:%S}")
            )  # fmt: skip
        if status.error:
            rows.append(("reason", status.error))
        if status.can_resume:
            rows.append(("to go on", f"mcq resume {status.workflow_id}"))
        for row in rows:
            table.add_row(*row)
        self._console.print(table)

    def _print_question(self, question: dict[str, Any]) -> None:
        self._console.print(f"{question['slot'] + 1}. {question['stem']}", style="bold", markup=False, highlight=False)
        for index, option in enumerate(question["options"]):
            mark = "*" if index == question["key"] else " "
            self._console.print(f" {mark} {chr(65 + index)}) {option['text']}", markup=False, highlight=False)
        self._console.print(f"   {question['explanation']}\n", style="dim", markup=False, highlight=False)

    def _note(self, text: str) -> None:
        if not self._as_json:
            self._console.print(text, style="dim", markup=False, highlight=False)

    def _out(self, content: object) -> None:
        print(json.dumps(content, ensure_ascii=False, default=str))  # noqa: T201 - the command's output


async def _newest(session: Session) -> str:
    newest = await session.service.newest(await session.quizzes.local_owner(), 1)
    if not newest:
        raise UnknownGeneration("there are no generations yet; start one: mcq generate FILE")
    return newest[0].workflow_id


def _as_json(status: GenerationStatus) -> dict[str, Any]:
    return {
        "workflow_id": status.workflow_id,
        "quiz_id": str(status.quiz_id),
        "status": str(status.status),
        "progress": {"completed": status.completed, "total": status.total, "percentage": status.percentage},
        "current_node": status.current_node,
        "error": status.error,
        "can_resume": status.can_resume,
        "in_flight": status.in_flight,
        "calls": status.calls,
        "revised": status.revised,
        "rejected": status.rejected,
        "prompt_tokens": status.prompt_tokens,
        "completion_tokens": status.completion_tokens,
        "cost": status.cost,
        "waiting": status.waiting
        and {
            "slots": status.waiting.slots,
            "reason": status.waiting.reason,
            "since": status.waiting.since.isoformat(),
            "retry_at": status.waiting.retry_at.isoformat(),
        },
        "created_at": status.created_at.isoformat(),
        "updated_at": status.updated_at.isoformat(),
    }
