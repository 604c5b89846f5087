"""Progress on the screen: a live bar on a terminal, a line now and then elsewhere, nothing for scripts."""

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from domain.statuses import Status
from workflows.messages import FINISH, PREPARE_CONTENT, WRITE_QUESTIONS

if TYPE_CHECKING:
    from service.status import GenerationStatus

# The steps of a generation in a teacher's words.
_STEPS = {PREPARE_CONTENT: "reading the content", WRITE_QUESTIONS: "writing", FINISH: "finishing"}
# Seconds between lines where there is no terminal to redraw.
LINE_INTERVAL = 2.0


def money(cost: float | None) -> str:
    """Dollars as a person reads them; an unknown price is not a free one."""
    if cost is None:
        return "price unknown"
    return f"${cost:.4f}" if 0 < cost < 1 else f"${cost:.2f}"


def duration(seconds: float) -> str:
    """`1:02:03`, `2:03` or `0:03`."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


class Display:
    """Shows a generation. `note` is for single lines; `show` for where it stands."""

    def __init__(self, console: Console, *, quiet: bool, web_ui: str | None = None, namespace: str = "default") -> None:
        self._console = console
        self._quiet = quiet
        self._web_ui = web_ui
        self._namespace = namespace
        self._progress = Progress(
            TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console,
        )  # fmt: skip
        self._task: TaskID | None = None
        self._live: Live | None = None
        self._began: tuple[float, int] | None = None
        self._last_line = (0.0, "")
        self._trouble: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Leave the last picture on the screen and stop drawing."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def note(self, text: str) -> None:
        """One line, above the bar."""
        if not self._quiet:
            self._console.print(text, style="dim", highlight=False, markup=False)

    def trouble(self, text: str | None) -> None:
        """Something the user waits for that is not the generation itself; None when it is over."""
        if text != self._trouble:
            self._trouble = text
            if text:
                self.note(text)

    def show(self, status: "GenerationStatus") -> None:
        """Where the generation stands."""
        if self._quiet:
            return
        if self._began is None:
            self._began = (time.monotonic(), status.completed)
        details = self._details(status)
        if self._console.is_terminal:
            self._draw(status, details)
        else:
            if self._last_line[1] == "":
                self.note(self._where(status))
            self._print_line(f"{status.completed}/{status.total} questions · {details}")

    def _draw(self, status: "GenerationStatus", details: str) -> None:
        if self._task is None:
            self._task = self._progress.add_task("questions", total=status.total)
        self._progress.update(self._task, completed=status.completed, total=status.total)
        lines = Group(self._progress, Text(details, style="cyan"), Text(self._where(status), style="dim"))
        if self._live is None:
            self._live = Live(lines, console=self._console, refresh_per_second=8)
            self._live.start()
        self._live.update(lines)

    def _print_line(self, line: str) -> None:
        at, last = self._last_line
        if line != last and time.monotonic() - at >= LINE_INTERVAL:
            self._last_line = (time.monotonic(), line)
            self._console.print(line, highlight=False, markup=False)

    def _details(self, status: "GenerationStatus") -> str:
        running = status.status is Status.RUNNING
        parts = [_STEPS.get(status.current_node or "", "starting") if running else str(status.status)]
        if status.waiting:
            left = max(0.0, status.waiting.retry_at.timestamp() - time.time())
            since = status.waiting.since.astimezone().strftime("%H:%M:%S")
            parts.append(f"waiting for the model since {since}: {status.waiting.reason}; next try in {left:.0f} s")
        parts.append(f"{status.in_flight} in flight, {status.rejected} rejected")
        parts.append(self._pace(status))
        parts.append(f"{status.prompt_tokens + status.completion_tokens:,} tokens, {money(status.cost)}")
        return " · ".join(part for part in parts if part)

    def _pace(self, status: "GenerationStatus") -> str:
        """Questions a minute and time left, measured since this command began to watch."""
        assert self._began is not None  # noqa: S101 - set by show()
        began, before = self._began
        elapsed, made = time.monotonic() - began, status.completed - before
        if made <= 0 or elapsed < 1 or not status.status.is_active:
            return ""
        left = (status.total - status.completed) * elapsed / made
        return f"{60 * made / elapsed:.0f}/min, {duration(left)} left"

    def _where(self, status: "GenerationStatus") -> str:
        if self._web_ui is None:
            return status.workflow_id
        return f"Web UI: {self._web_ui}/namespaces/{self._namespace}/workflows/{status.workflow_id}"
