"""The embedded stack: PostgreSQL, Temporal and the caller's own programs, shared by all processes with one MCQ_HOME.

A process joins with `start` and leaves with `close`. Whoever comes first starts the parts and watches over them;
when it goes away, another user takes over; the last one stops them.
"""

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Self

from embedded import external, ports, postgres, postgres_data, process, temporal_server
from embedded.errors import StackError
from embedded.home import Home
from embedded.keeper import Keeper
from embedded.lock import FileLock
from embedded.logs import Report, Reporter
from embedded.part import Addresses, CallersPart, Context, ExtraPart, Part
from embedded.ports import HOST
from embedded.state import StateFile
from embedded.users import Users, described

if TYPE_CHECKING:
    from pathlib import Path

    from settings import Settings

_STRAY_TIMEOUT = 10.0  # seconds for a process to end that nobody wrote down

_RESERVED = {"postgres", "stack", "state", "door", "users"}


class Stack:
    """One process's use of the stack, best as a context manager: who ends without `close` leaves the parts running.

    `report` is told what happens, in short lines, from several threads. `temporal_dynamic_config` adds server settings
    (JSON values), for tests.
    """

    def __init__(
        self,
        settings: "Settings",
        *,
        extra_parts: Sequence[ExtraPart] = (),
        report: Report | None = None,
        temporal_dynamic_config: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        self._settings = settings
        self.home = Home(settings.mcq_home)
        self._report = Reporter(self.home.log_of("stack"), report)
        self._state = StateFile(self.home.state)
        self._users = Users(self.home.users)
        self._door = FileLock(self.home.door)
        self._extra_parts = tuple(extra_parts)
        self._dynamic_config = dict(temporal_dynamic_config)
        self._database_url = external.database_url(settings)
        self._temporal_address: str | None = None
        self._keepers: list[Keeper] = []
        self._open = False
        for part in self._extra_parts:
            if part.name in _RESERVED or part.name.startswith("temporal") or not part.name.replace("-", "").isalnum():
                raise ValueError(f"a part can't be called {part.name!r}")

    def start(self) -> Addresses:
        """Join the stack, and start what doesn't run; return when every part is ready. StackError otherwise."""
        if self._open:
            return self.addresses
        self._keepers = []
        self._temporal_address = external.temporal_address(self._settings)
        self.home.create()
        self._state.read()  # an error in it is better told before anything happens
        self._enter()
        try:
            # Both at once: they don't need each other, and cold starts are felt.
            self._wait_for([self._keep(part) for part in self._own_parts()])
            ports.reserve(self._state, tuple(part.name for part in self._extra_parts if part.port))
            started = []
            for index, part in enumerate(self._extra_parts):
                started.append(self._keep(CallersPart(part, index, lambda: os.environ)))
                if part.wait:
                    self._wait_for(started)
            self._wait_for(started)
            return self.addresses
        except BaseException:
            self.close()
            raise

    @property
    def addresses(self) -> Addresses:
        """The addresses as of now; they change only if a foreign program took a port while its part was down."""
        known = self._state.read().ports
        database_url, address, ui = self._database_url, self._temporal_address, None
        if database_url is None and postgres.NAME in known:
            database_url = postgres.url(self.home, known[postgres.NAME])
        if address is None and temporal_server.NAME in known:
            address = f"{HOST}:{known[temporal_server.NAME]}"
            ui = f"http://{HOST}:{known[temporal_server.UI]}"
        extra = {
            part.name: f"{HOST}:{known[part.name]}" for part in self._extra_parts if part.port and part.name in known
        }
        return Addresses(database_url or "", address or "", ui, MappingProxyType(extra))

    def raise_if_failed(self) -> None:
        """StackError if a part died several times in a row, or its supervision failed; in any of the users."""
        for keeper in self._keepers:
            failure = keeper.failure()
            if failure is not None:
                raise StackError(failure)

    def runs(self, part: str) -> bool:
        """Whether a process of this part lives, whoever started it."""
        record = self._state.read().parts.get(part)
        return record is not None and record.mark.lives()

    def close(self, *, leave_running: bool | None = None) -> None:
        """Leave the stack. Idempotent.

        The last user stops every part, unless the stack was left in the background on purpose: `leave_running` does
        that; False stops even such a stack.
        """
        if not self._open:
            return
        self._open = False
        for keeper in self._keepers:
            keeper.ask_to_close()
        for keeper in self._keepers:
            keeper.close()
        # Behind the door nobody joins: whoever is alone now is the last.
        self._door.acquire(waiting=self._wait_at_the_door)
        try:
            self._users.leave()
            if leave_running:
                with self._state.changing() as state:
                    state.background = True
            elif not self._users.others() and (leave_running is False or not self._state.read().background):
                stop_parts(self.home, self._report)
        finally:
            for keeper in self._keepers:
                keeper.release()
            self._door.release()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _enter(self) -> None:
        self._door.acquire(waiting=self._wait_at_the_door)
        try:
            if self._database_url is None:
                postgres_data.ensure_password(self.home)
            self._users.join()
            self._open = True
            self._forget_a_background_that_ended()
        finally:
            self._door.release()

    def _forget_a_background_that_ended(self) -> None:
        """After a restart of the machine nothing of it runs, and nobody asked for a new one to stay."""
        state = self._state.read()
        if state.background and not any(record.mark.lives() for record in state.parts.values()):
            with self._state.changing() as now:
                now.background = False

    def _wait_at_the_door(self, seconds: float) -> None:
        self._report.tell_only(f"waiting for another process that stops the stack: {seconds:.0f} s")

    def _own_parts(self) -> list[Part]:
        parts: list[Part] = []
        if self._database_url is None:
            parts.append(postgres.Postgres(os.environ))
        if self._temporal_address is None:
            parts.append(
                temporal_server.TemporalServer(
                    self._settings.temporal_namespace, self._find_temporal_cli, os.environ, self._dynamic_config
                )
            )
        return parts

    def _find_temporal_cli(self, context: Context) -> "Path":
        from embedded import temporal_cli  # noqa: PLC0415  # not needed to join a stack that runs

        return temporal_cli.find_or_make(self._settings.temporal_cli, context.report, context.stop_if_closing)

    def _keep(self, part: Part) -> Keeper:
        keeper = Keeper(part, self.home, self._users, self._report, lambda: self.addresses)
        self._keepers.append(keeper)
        keeper.start()
        return keeper

    def _wait_for(self, keepers: list[Keeper]) -> None:
        # In short steps over all of them: a failure of one is told at once, and Ctrl-C is heard.
        waiting = list(keepers)
        while waiting:
            waiting = [keeper for keeper in waiting if not keeper.wait_ready(0.02)]


def stop_parts(home: Home, report: Callable[[str], None]) -> list[str]:
    """Stop every part that runs, in reverse order, and return their names. With the door locked and no users left."""
    state = StateFile(home.state)
    stopped = []
    for name, record in sorted(state.read().parts.items(), key=lambda item: item[1].order, reverse=True):
        mark = record.mark
        if mark.lives():
            began = time.monotonic()
            gracefully = process.stop(mark, record.stop_signal, record.stop_timeout, record.kill_signal)
            how = "stopped" if gracefully else "had to be killed"
            report(f"{name} {how} after {time.monotonic() - began:.1f} s")
            stopped.append(name)
    for mark in process.find_marked(home.root):
        report(f"stopping process {mark.pid} of an earlier stack")
        process.stop(mark, signal.SIGINT, _STRAY_TIMEOUT)
    with state.changing() as now:
        now.parts.clear()
        now.background = False
    return stopped


def stop(settings: "Settings", report: Report | None = None) -> list[str]:
    """Stop a stack that nobody uses and return the names of the parts that ran. StackError if somebody uses it."""
    home = Home(settings.mcq_home)
    if not home.run.is_dir():
        return []
    reporter = Reporter(home.log_of("stack"), report)
    door = FileLock(home.door)
    door.acquire(
        waiting=lambda seconds: reporter.tell_only(f"waiting for a process that joins or leaves: {seconds:.0f} s")
    )
    try:
        others = Users(home.users).others()
        if others:
            raise StackError(f"The stack in {home.root} is in use by {described(others)}. End that first.")
        return stop_parts(home, reporter)
    finally:
        door.release()
