"""A TCP proxy that stands between two processes and breaks the way between them."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Coroutine
from enum import Enum
from types import TracebackType
from typing import Any, Self

from demo_model.connection import reset

_CHUNK = 65_536


class Way(Enum):
    """What the way does to what is sent."""

    OPEN = "open"
    # What a client sends arrives seconds late.
    SLOW = "slow"
    # Connections are reset, and new ones are refused.
    REFUSING = "refusing"
    # Connections stay, and nothing arrives until the way is open again, as when packets are dropped.
    SILENT = "silent"
    # What a client sends arrives; what the server answers is lost, and with it the connection.
    ONE_WAY = "one-way"


class Proxy:
    """Forwards `address` to `target`, HOST:PORT both, and lives in a thread of its own."""

    # While connections are refused: bound, so that nobody else gets the port, and nobody listens.
    _closed_door: socket.socket

    def __init__(self, target: str, *, way: Way = Way.OPEN) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._delay = 3.0
        self._way = way
        self._port = 0
        # What it held, delayed, lost or broke so far: chunks of data and connections. Whom a closed door refused only
        # the kernel knows.
        self.struck = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def address(self) -> str:
        """Where clients connect."""
        return f"127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Break everything."""
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def turn(self, way: Way, delay: float = 3.0) -> None:
        """Change what the way does, for connections that are there and for new ones. `delay` is of a slow one."""
        self._delay = delay
        self._run(self._turn(way))

    # --- private, in the thread ---

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _start(self) -> None:
        self._opened = asyncio.Event()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]
        way, self._way = self._way, Way.OPEN
        self._opened.set()
        await self._turn(way)

    async def _stop(self) -> None:
        self._server.close()
        if self._way is Way.REFUSING:
            self._closed_door.close()
        await asyncio.sleep(0.05)  # who had come in by then has begun
        self._break_all()
        while tasks := list(self._tasks):
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0)  # and is taken off the list

    async def _turn(self, way: Way) -> None:
        before, self._way = self._way, way
        if before is Way.REFUSING:
            self._server = await asyncio.start_server(self._serve, sock=self._closed_door)
        if way is Way.REFUSING:
            self._server.close()
            self._closed_door = socket.socket()
            self._closed_door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._closed_door.bind(("127.0.0.1", self._port))
            self._break_all()
        if before is Way.ONE_WAY:
            self._break_all()  # a stream with a hole in it is of no use
        if way is Way.SILENT:
            self._opened.clear()
        else:
            self._opened.set()

    def _break_all(self) -> None:
        self.struck += len(self._writers)
        for writer in self._writers:
            reset(writer.transport)
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        far = None
        try:
            await self._held()
            far_reader, far = await asyncio.open_connection(*self._target)
            self._writers.add(far)
            there, back = self._pump(reader, far, there=True), self._pump(far_reader, writer, there=False)
            await asyncio.gather(there, back)
        except OSError:
            pass
        finally:
            for one in filter(None, (writer, far)):
                self._writers.discard(one)
                with contextlib.suppress(RuntimeError):
                    one.close()

    async def _held(self) -> None:
        if not self._opened.is_set():
            self.struck += 1
            await self._opened.wait()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, there: bool) -> None:
        try:
            while data := await reader.read(_CHUNK):
                if self._way is Way.SLOW and there:
                    self.struck += 1
                    await asyncio.sleep(self._delay)
                await self._held()
                if self._way is Way.ONE_WAY and not there:
                    self.struck += 1
                    continue
                writer.write(data)
                await writer.drain()
        finally:
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()
