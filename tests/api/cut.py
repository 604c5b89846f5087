"""An API whose ways to PostgreSQL and Temporal can be cut."""

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psycopg
from pydantic import SecretStr

from settings import Settings
from tests.api.server import ApiProcess, User
from tests.support.databases import copy_of
from tests.support.proxy import Proxy, Way
from tests.support.waiting import until_now

# A hang, not a slow machine: what is promised is 3 s.
HANGS = 8.0


@dataclass
class Cut:
    """An API whose ways to PostgreSQL and Temporal can be cut; nobody writes questions."""

    api: ApiProcess
    database: Proxy
    temporal: Proxy
    database_url: str
    user: User

    def rows(self, quiz_id: str) -> list[tuple[str, str]]:
        """Workflow id and status of each generation of a quiz, past the proxy."""
        with psycopg.connect(self.database_url) as connection:
            query = "SELECT workflow_id, status FROM workflow_state WHERE quiz_id = %s ORDER BY created_at"
            return list(connection.execute(query, (quiz_id,)))

    def ask(self, quiz_id: str, key: str | None = None, **body: Any) -> httpx2.Response:
        """Ask for two questions."""
        headers = {"Idempotency-Key": key} if key else {}
        request = {"target_question_count": 2, **body}
        return self.user.client.post(f"/quiz/{quiz_id}/generate-questions", json=request, headers=headers)

    def mend(self) -> None:
        """Open both ways and wait until a request that needs PostgreSQL and Temporal is served."""
        self.database.turn(Way.OPEN)
        self.temporal.turn(Way.OPEN)
        until_now(self.ready, lambda ready: ready["database"] and ready["temporal"], 30)
        until_now(lambda: self.user.client.get("/quiz").status_code, lambda status: status == 200, 30)
        nothing = f"/quiz/{uuid.uuid4()}/generation-status?workflow_id=none"
        until_now(lambda: self.user.client.get(nothing).status_code, lambda status: status == 404, 30)

    def ready(self) -> dict[str, Any]:
        """What /readyz tells."""
        content: dict[str, Any] = self.user.client.get("/readyz").json()
        return {"database": False, "temporal": False, **content}


@contextlib.contextmanager
def cut_api(settings: Settings, template_url: str, folder: Path) -> Iterator[Cut]:
    """The API behind two proxies, with a database and a task queue of its own; nobody writes questions."""
    with (
        copy_of(template_url) as url,
        Proxy(host_of(url)) as database,
        Proxy(settings.temporal_address or "") as temporal,
        ApiProcess(behind(settings, url, database, temporal), folder) as api,
    ):
        user = User(api.url, f"{uuid.uuid4().hex}@school.example")
        yield Cut(api, database, temporal, url, user)
        user.client.close()
        database.turn(Way.OPEN)
        temporal.turn(Way.OPEN)


def host_of(database_url: str) -> str:
    """HOST:PORT of a database."""
    return database_url.rpartition("@")[2].partition("/")[0]


def behind(settings: Settings, url: str, database: Proxy, temporal: Proxy) -> Settings:
    """The settings with both addresses replaced by the proxies'."""
    server, _, rest = url.rpartition("@")
    through = f"{server}@{database.address}/{rest.partition('/')[2]}"
    return settings.model_copy(
        update={
            "database_url": SecretStr(through),
            "temporal_address": temporal.address,
            "task_queue": f"cut-{uuid.uuid4().hex[:8]}",
        }
    )
