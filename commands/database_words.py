"""What a person is told of a database that refuses."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError


def words_of(error: "DBAPIError") -> str:
    """PostgreSQL's own words, without those of the libraries around it, and where to look."""
    first = (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0]
    return f"PostgreSQL: {first}. Where it is comes from DATABASE_URL, or is the embedded one; see mcq doctor"
