"""Looks for secrets everywhere that a generation leaves traces."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import psycopg
from google.protobuf.message import Message
from psycopg import sql
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from payloads.codec import ENCODING, EncryptionCodec
from payloads.keys import Key
from tests.security.echo import forms
from tests.workflow.history import histories_of

# The one column that is made from a secret: argon2 hashes.
HASHES = ("user", "password_hash")


class Sightings:
    """Everything that was looked at, and where a secret was seen in it. `keys` open what is encrypted."""

    def __init__(self, secrets: Mapping[str, str], keys: Sequence[Key] = ()) -> None:
        self._codec = EncryptionCodec(keys) if keys else None
        self._forms = {name: forms(secret) for name, secret in secrets.items()}
        self.looked_at = dict[str, int]()
        self.found = set[tuple[str, str]]()

    def look(self, place: str, content: str | bytes) -> None:
        """Take a sight."""
        data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        self.looked_at[place] = self.looked_at.get(place, 0) + len(data)
        for name, those in self._forms.items():
            if any(form in data for form in those):
                self.found.add((name, place))

    async def look_at_temporal(self, client: Client, workflow_id: str) -> None:
        """Every event of every run, as JSON, as stored and decrypted; memo, search attributes, open activities."""
        for run_id, history in (await histories_of(client, workflow_id)).items():
            handle = client.get_workflow_handle(workflow_id, run_id=run_id)
            self.look("history as JSON", history.to_json())
            for event in history.events:
                self.look("history", event.SerializeToString())
                await self.look_inside(event)
            description = await handle.describe()
            self.look("description", description.raw_description.SerializeToString())
            await self.look_inside(description.raw_description)
            self.look("memo", repr(await description.memo()))
            self.look("search attributes", repr(description.typed_search_attributes))

    def look_at_database(self, url: str) -> None:
        """Every row of every table of ours, with every column but that of the hashes."""
        with psycopg.connect(url) as connection:
            columns = connection.execute(
                "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns"
                " WHERE table_schema = 'public' GROUP BY table_name"
            ).fetchall()
            for table, names in columns:
                shown = sql.SQL(" || ' ' || ").join(
                    sql.SQL("coalesce({}::text, '')").format(sql.Identifier(name))
                    for name in names
                    if (table, name) != HASHES
                )
                query = sql.SQL("SELECT {} FROM {}").format(shown, sql.Identifier(table))
                self.look_at_each(f"table {table}", (row[0] for row in connection.execute(query)))

    async def look_inside(self, message: Message) -> None:
        """What is encrypted would hide a secret from every other look."""
        sealed = [one for one in payloads_in(message) if one.metadata.get("encoding") == ENCODING]
        if sealed and self._codec is not None:
            for payload in await self._codec.decode(sealed):
                self.look("decrypted payloads", payload.SerializeToString())

    def look_at_each(self, place: str, contents: Iterable[str]) -> None:
        """The same for many."""
        self.look(place, "\n".join(contents))


def payloads_in(message: Message) -> Iterator[Payload]:
    """All that stand in a message, however deep."""
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        several = value.values() if field.message_type.GetOptions().map_entry else value
        for one in [value] if isinstance(value, Message) else several:
            if isinstance(one, Message):  # maps may be of plain values
                yield from payloads_in(one)
