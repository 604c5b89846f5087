"""A client that keeps what the API answered, so that it can be looked at."""

import httpx2

from domain.statuses import Status
from tests.api.events import Event, reading, until
from tests.api.server import User

# The routes whose purpose is a token.
TOKENS = ("/auth/token",)


class Tapped(httpx2.Client):
    """Keeps every answer, but for tokens where they belong; of a stream only the head, for it has no end."""

    def __init__(self, user: User) -> None:
        self.answers = list[str]()
        self.bearer = str(user.client.headers["Authorization"])
        hooks = {"response": [self._keep]}
        super().__init__(base_url=str(user.client.base_url), timeout=30, trust_env=False, event_hooks=hooks)
        self.headers["Authorization"] = self.bearer
        user.client = self

    def events(self, quiz_id: str) -> list[str]:
        """What is told of a quiz from its beginning until a generation is completed."""
        with reading(self, quiz_id, after="0") as events:
            return [repr(event) for event in until(events, _is_completed)]

    def _keep(self, response: httpx2.Response) -> None:
        if response.is_success and response.request.url.path in TOKENS:
            return
        streamed = response.headers.get("Content-Type", "").startswith("text/event-stream")
        text = "" if streamed else response.read().decode()
        self.answers.append(f"{response.status_code} {response.headers!r} {text}")


def _is_completed(event: Event) -> bool:
    return event.name == "progress" and event.data["status"] == Status.COMPLETED
