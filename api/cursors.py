"""Cursors of lists: where the next page begins, as text that clients hand back and need not read."""

import base64
import binascii
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Depends, Query
from fastapi.exceptions import RequestValidationError

T = TypeVar("T")

Position = tuple[datetime, uuid.UUID]
MOST = 100


def encode(position: Position) -> str:
    """The cursor of the row after which a page begins."""
    moment, row_id = position
    return base64.urlsafe_b64encode(f"{moment.isoformat()}|{row_id}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> Position:
    text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    moment, _, row_id = text.partition("|")
    position = (datetime.fromisoformat(moment), uuid.UUID(row_id))
    if position[0].tzinfo is None:
        raise ValueError("a moment without a time zone")
    return position


class Page:
    """Which page of a list is asked for."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=MOST, description="Rows of a page.")] = 20,
        cursor: Annotated[
            str | None, Query(max_length=200, description="`next_cursor` of the page before; empty for the first.")
        ] = None,
    ) -> None:
        self.limit = limit
        self.after: Position | None = None
        if cursor:
            try:
                self.after = _decode(cursor)
            except (ValueError, OverflowError, binascii.Error):
                problem = {"loc": ("query", "cursor"), "msg": "it is no cursor of this list", "type": "value_error"}
                raise RequestValidationError([problem]) from None

    def cut(self, rows: Sequence[T], position: Callable[[T], Position]) -> tuple[Sequence[T], str | None]:
        """The page's rows and the cursor of the next, from one row more than a page."""
        if len(rows) <= self.limit:
            return rows, None
        return rows[: self.limit], encode(position(rows[self.limit - 1]))


AskedPage = Annotated[Page, Depends()]
