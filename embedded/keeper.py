"""Keeps one part: starts it or finds it running, starts it again when it dies, takes it over from a dead owner.

One thread a part. The process that holds the part's lock is its owner; the others wait and try the lock.
"""

import logging
import threading
import time
from collections.abc import Callable

from embedded import process
from embedded.deaths import Deaths
from embedded.errors import CancelledStartError, PartDiedError, StackError
from embedded.home import Home
from embedded.lock import FileLock, locked
from embedded.logs import Reporter, tail
from embedded.memory import Memory
from embedded.part import Addresses, Context, Part
from embedded.preparation import prepared
from embedded.silence import Silence
from embedded.state import PartRecord, StateFile
from embedded.users import Users, described

_logger = logging.getLogger(__name__)

_POLL_READY = 0.05  # seconds
_POLL_ALIVE = 0.1  # seconds: how late a death, or a dead owner, is seen
_ADOPT_TIMEOUT = 30.0  # seconds for a found process that was ready to answer, before it is replaced
_REPORT_EVERY = 5.0


class Keeper:
    """The part as one process wants it."""

    def __init__(
        self, part: Part, home: Home, users: Users, report: Reporter, addresses: Callable[[], Addresses]
    ) -> None:
        self.part = part
        self._home = home
        self._users = users
        self._report = report
        self._addresses = addresses
        self._memory = Memory(part, StateFile(home.state))
        self._lock = FileLock(home.lock_of(part.name))
        self._closing = threading.Event()
        self._ready = threading.Event()
        self._child: process.Child | None = None
        self._deaths = Deaths()
        self._silence = Silence()
        self._definition = ""
        self._built_for: Addresses | None = None
        self.error: StackError | None = None
        self._thread = threading.Thread(target=self._run, name=f"keeper-{part.name}", daemon=True)

    def start(self) -> None:
        """Begin, in the background."""
        self._thread.start()

    def wait_ready(self, timeout: float) -> bool:
        """Wait `timeout` seconds for the part; StackError if it failed."""
        ready = self._ready.wait(timeout)
        if self.error is not None:
            raise self.error
        return ready

    def ask_to_close(self) -> None:
        """Begin to end the thread."""
        self._closing.set()

    def close(self) -> None:
        """End the thread; the part runs on. The lock is kept until `release`."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._child is not None:
            self._child.leave()

    def release(self) -> None:
        """Let another process own the part."""
        self._lock.release()

    def failure(self) -> str | None:
        """Why the part isn't there any more, told by whoever owns it."""
        if self.error is not None:
            return str(self.error)
        record = self._memory.record()
        return record.failure if record is not None else None

    # --- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._join_or_start()
            self._ready.set()
            while not self._closing.wait(_POLL_ALIVE):
                if self._lock.held:
                    self._watch()
                elif self._lock.try_acquire():
                    self._report(f"{self.part.name}: its owner is gone, taking over")
                    self._adopt_or_start()
        except CancelledStartError:
            _logger.debug("%s: closed while starting", self.part.name)
        except StackError as error:
            self._fail(error)
        except Exception as error:  # whatever it is, callers must hear of it: nobody else watches this thread
            _logger.exception("%s: its keeper failed", self.part.name)
            failure = StackError(f"{self.part.name}: unexpected {type(error).__name__} in its supervision: {error}")
            failure.__cause__ = error
            self._fail(failure)
        finally:
            self._ready.set()

    def _fail(self, error: StackError) -> None:
        self.error = error
        self._report(f"{self.part.name}: {error}")
        if not self._lock.held:
            return
        try:
            self._memory.write_failure(str(error))
        except StackError:
            _logger.exception("%s: its failure can't be written down", self.part.name)

    def _join_or_start(self) -> None:
        told = time.monotonic()
        failure_seen: tuple[str, float] | None = None
        while True:
            if self._lock.try_acquire():
                self._adopt_or_start()
                return
            record = self._memory.record()
            if record is not None and record.failure is not None:
                # A new owner clears the failure of the last one first; give it the moment to do so.
                if failure_seen is not None and failure_seen[0] == record.failure:
                    if time.monotonic() - failure_seen[1] > 1.0:
                        raise StackError(record.failure)
                else:
                    failure_seen = (record.failure, time.monotonic())
            elif record is not None and record.ready and record.mark.lives():
                self._compare(record, alone=False)
                return
            if time.monotonic() - told > _REPORT_EVERY:
                told = time.monotonic()
                last = tail(self._home.log_of("stack"), 1)
                self._report.tell_only(f"{self.part.name}: waiting for the process that starts it ({last})")
            self._pause(_POLL_READY)

    def _adopt_or_start(self) -> None:
        """With the lock: the part runs when this returns."""
        self._memory.clear_failure()
        record = self._memory.record()
        self._deaths = Deaths()
        if record is not None and record.mark.lives():
            if self._adopt(record):
                return
        else:
            # A process that nobody wrote down: its starter was killed in between, or the state file was lost.
            for mark in process.find_marked(self._home.root, self.part.name):
                self._report(f"{self.part.name}: stopping process {mark.pid} of an earlier stack")
                self._stop(mark)
        self._start()

    def _adopt(self, record: PartRecord) -> bool:
        mark = record.mark
        context = self._context()
        child = process.Child(mark)
        deadline = time.monotonic() + (_ADOPT_TIMEOUT if record.ready else self.part.ready_timeout)
        while not (ready := self.part.is_ready(context)) and not child.ended and time.monotonic() < deadline:
            self._pause(_POLL_READY)
        if not ready or child.ended:
            self._report(f"{self.part.name}: process {mark.pid} doesn't answer, starting it again")
            self._stop(mark)
            return False
        if self._compare(record, alone=True):
            self._stop(mark)
            return False
        self._child = child
        self._deaths.started()
        self._definition = record.definition
        self._built_for = self._addresses()
        if not record.ready:
            self.part.first_ready(context)
            self._memory.write(mark, record.definition, ready=True)
        return True

    def _compare(self, record: PartRecord, *, alone: bool) -> bool:
        """Whether the running process must be replaced, as it was started with another definition and is ours alone."""
        if self.part.definition(self._context()) == record.definition:
            return False
        with locked(self._home.door):
            others = self._users.others()
        if alone and not others:
            self._report(f"{self.part.name}: its command or environment changed, starting it again")
            return True
        self._report(
            f"{self.part.name} runs with another command or environment than this process asks for (another key or "
            f"setting, perhaps) and keeps it, as {described(others)} uses it too; end that one and start again"
        )
        return False

    def _start(self) -> None:
        """Start the process until it is ready, or fail after several deaths in a row."""
        while True:
            try:
                self._start_once()
                return
            except PartDiedError as died:
                self._count_death(str(died))

    def _count_death(self, how: str) -> None:
        pause = self._deaths.count()
        log = self._home.log_of(self.part.name)
        if pause is None:
            raise StackError(
                f"{self.part.name} died {self._deaths.in_a_row} times in a row; the last time it {how}. "
                f"See its log {log}, which ends with:\n{tail(log)}"
            )
        self._report(f"{self.part.name} {how} (log: {log}); starting it again in {pause:g} s")
        self._pause(pause)

    def _start_once(self) -> None:
        part = self.part
        context = self._context(self._memory.claim_ports(self._report))
        built_for = self._addresses()
        definition = part.definition(context)
        program = prepared(part, context, has_run=self._ready.is_set(), report=self._report, pause=self._pause)
        context.stop_if_closing()
        began = time.monotonic()
        try:
            child = process.spawn(
                program.command,
                environment={**program.environment, process.MARKER: process.marker_of(self._home.root, part.name)},
                log=self._home.log_of(part.name),
                cwd=program.cwd,
                user=program.user,
                group=program.group,
            )
        except OSError as error:
            raise StackError(f"{part.name}: can't start {program.command[0]}: {error.strerror}.") from error
        self._child = child
        self._deaths.started()
        self._silence = Silence()
        self._definition, self._built_for = definition, built_for
        self._memory.write(child.mark, definition, ready=False)
        while not part.is_ready(context):
            if child.ended:
                raise PartDiedError(child.how_it_ended)
            if time.monotonic() - began > part.ready_timeout:
                self._stop(child.mark)
                log = self._home.log_of(part.name)
                raise StackError(
                    f"{part.name} wasn't ready after {part.ready_timeout:g} s. "
                    f"See its log {log}, which ends with:\n{tail(log)}"
                )
            self._pause(_POLL_READY)
        try:
            part.first_ready(context)
        except StackError:
            if child.ended:
                raise PartDiedError(child.how_it_ended) from None
            raise
        if child.ended:  # then somebody else answered on its port
            raise PartDiedError(child.how_it_ended)
        self._memory.write(child.mark, definition, ready=True)
        self._report(f"{part.name} is ready after {time.monotonic() - began:.1f} s (process {child.mark.pid})")

    def _watch(self) -> None:
        """One look at the part that we own."""
        child = self._child
        if child is None or child.ended:
            self._count_death(child.how_it_ended if child is not None else "ended")
        elif self._is_outdated():
            self._report(f"{self.part.name}: an address that it needs changed, starting it again")
            self._stop(child.mark)
        elif self._is_silent():
            self._stop(child.mark)
            self._count_death("lived but no longer served")
        else:
            return
        self._start()

    def _is_outdated(self) -> bool:
        """Whether the part runs with an address that is another by now."""
        before, self._built_for = self._built_for, self._addresses()
        return before != self._built_for and self.part.definition(self._context()) != self._definition

    def _is_silent(self) -> bool:
        """Whether the part that runs has not served for so long that only a new start can help."""
        return self.part.watched and self._silence.is_too_long(lambda: self.part.is_ready(self._context()))

    def _pause(self, seconds: float) -> None:
        if self._closing.wait(seconds):
            raise CancelledStartError("The stack was closed while it was starting.")

    def _context(self, claimed: dict[str, int] | None = None) -> Context:
        own = self._memory.ports() if claimed is None else claimed
        return Context(self._home, own, self._addresses, self._report, self._closing)

    def _stop(self, mark: process.Mark) -> None:
        process.stop(mark, self.part.stop_signal, self.part.stop_timeout, self.part.kill_signal)
