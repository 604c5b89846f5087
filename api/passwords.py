"""Password hashes: argon2id, off the event loop, and not many at once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

# Each hash takes 64 MB and tens of milliseconds of a core: a flood of sign-ins must not take the machine.
AT_ONCE = 2


class Passwords:
    """Hashes and checks passwords."""

    def __init__(self) -> None:
        self._hash = PasswordHash((Argon2Hasher(),))
        self._slots = asyncio.Semaphore(AT_ONCE)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn to hash. What is done within it cannot be overtaken by a crowd of equal requests."""
        async with self._slots:
            yield

    async def hash(self, password: str) -> str:
        """The hash to store. Within a turn."""
        return await asyncio.to_thread(self._hash.hash, password)

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether the password is right. Without a stored hash it takes as long, and is wrong. Within a turn."""
        right = await asyncio.to_thread(self._hash.verify, password, stored or self._nobodys())
        return right and stored is not None

    def _nobodys(self) -> str:
        return _hash_of_nobody(self._hash)


@cache
def _hash_of_nobody(hasher: PasswordHash) -> str:
    return hasher.hash("nobody has this password")
