"""What the parts of the stack need before they start: a schema, and for a worker Temporal."""

from embedded.errors import NotYetError, UnavailableError
from embedded.part import Addresses
from embedded.reach import temporal
from settings import Settings

# Seconds for a Temporal that is busy; who closes the stack meanwhile waits for them.
PATIENCE = 10.0


def current_schema(database_url: str) -> None:
    """Apply what is missing. Raises NotYetError when PostgreSQL is away, and DBAPIError for what does not pass."""
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 - needed at starts only, as all of these

    from commands.database_words import words_of  # noqa: PLC0415
    from storage.migrate import migrate  # noqa: PLC0415
    from writing.outages import passes  # noqa: PLC0415

    try:
        migrate(database_url)
    except DBAPIError as error:
        if not passes(error):
            raise
        raise NotYetError(words_of(error)) from None


def what_a_worker_needs(settings: Settings, addresses: Addresses) -> None:
    """The schema, and a Temporal that serves: a worker that finds none gives up. Raises NotYetError."""
    current_schema(addresses.database_url)
    try:
        temporal(settings, addresses.temporal_address, seconds=PATIENCE)
    except UnavailableError as error:
        raise NotYetError(f"Temporal: {error}. Start that server, or mend TEMPORAL_ADDRESS; see mcq doctor") from None
