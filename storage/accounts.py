"""The store of accounts, and of failed sign-ins."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col

from storage.tables import SignInFailure, User, now


class AccountStore:
    """All SQL on accounts. Every method is one transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def create(self, email: str, password_hash: str) -> User | None:
        """A new account; None when the e-mail has one."""
        user = User(email=email, password_hash=password_hash)
        statement = insert(User).values(user.model_dump()).on_conflict_do_nothing().returning(col(User.id))
        async with self._engine.begin() as connection:
            made = await connection.scalar(statement)
        return user if made is not None else None

    async def by_email(self, email: str) -> User | None:
        """The account of an e-mail, which is in small letters."""
        async with AsyncSession(self._engine) as session:
            return await session.scalar(select(User).where(col(User.email) == email))

    async def failures(self, keys: Sequence[str], since: datetime) -> dict[str, tuple[int, datetime]]:
        """Key -> how many sign-ins failed in a window that began after `since`, and when it began."""
        query = select(SignInFailure).where(col(SignInFailure.key).in_(keys), col(SignInFailure.since) > since)
        async with AsyncSession(self._engine) as session:
            return {row.key: (row.failures, row.since) for row in await session.scalars(query)}

    async def record_failure(self, keys: Sequence[str], window: timedelta) -> None:
        """Count a failed sign-in; a window that is over begins anew."""
        moment = now()
        statement = insert(SignInFailure).values([{"key": key, "failures": 1, "since": moment} for key in sorted(keys)])
        over = col(SignInFailure.since) <= moment - window
        async with self._engine.begin() as connection:
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["key"],
                    set_={
                        "failures": case((over, 1), else_=col(SignInFailure.failures) + 1),
                        "since": case((over, moment), else_=col(SignInFailure.since)),
                    },
                )
            )

    async def forget_failures(self, keys: Sequence[str], *, older_than: timedelta) -> None:
        """Forget those of `keys`, and every window that is long over."""
        async with self._engine.begin() as connection:
            await connection.execute(
                delete(SignInFailure).where(
                    col(SignInFailure.key).in_(keys) | (col(SignInFailure.since) < now() - older_than)
                )
            )

    async def exists(self, user_id: uuid.UUID) -> bool:
        """Whether there is such an account."""
        async with self._engine.connect() as connection:
            return bool(await connection.scalar(select(func.count()).where(col(User.id) == user_id)))
