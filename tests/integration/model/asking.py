"""One question to the model, and what must never be in an error."""

from model.client import ModelClient, Reply
from model.prompts import Assignment, draft_messages
from tests.support.content import sample_chapter

# Long enough for a loaded machine, short enough to wait for once.
TIMEOUT = 5.0
PRICES = (1.0, 3.0)
KEY = "sk-canary-of-the-key"
CONTENT = "canary of the content"


async def ask(client: ModelClient, request_id: str = "test/0/draft/0/1") -> Reply:
    """Ask for a question on the beginning of the sample chapter."""
    text = f"{sample_chapter().text[:3_000]}\n\n{CONTENT}"
    messages = draft_messages(Assignment(text, 1, 1, "easy", "remember"))
    return await client.ask(messages, model="demo-model", temperature=None, request_id=request_id)


def assert_tells_no_secret(error: BaseException, *others: str) -> None:
    """Neither text nor cause of an error holds the key, an address or the content: all of that would be history."""
    told = f"{error!s} {error!r} {error.__cause__!r} {error.args!r}"
    if not error.__suppress_context__:
        told += repr(error.__context__)
    for secret in (KEY, "canary", "127.0.0.1", "http", *others):
        assert secret not in told, told
    assert len(str(error)) <= 400
