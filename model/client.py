"""One call of the model over HTTP, with every outcome named."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import openai
from openai import AsyncOpenAI

from model.answer import response_format
from model.failures import ProviderUnavailable, classify
from model.prices import cost_of

# A question takes about 500 tokens; a model that runs away is stopped before it costs.
MAX_COMPLETION_TOKENS = 2_500
# Characters of an answer that are read and kept; a question is about 1,500.
MAX_ANSWER = 20_000
# The provider's log and ours meet at this header.
REQUEST_ID_HEADER = "X-Client-Request-Id"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back and what it cost. `unusable` says why `raw` cannot be a question, when that is known already."""

    raw: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    unusable: str | None = None


class ModelClient:
    """Speaks to an OpenAI-compatible provider. Retries are Temporal's business, so it makes none of its own."""

    def __init__(
        self, *, api_key: str, base_url: str | None, timeout: float, prices: tuple[float, float] | None = None
    ) -> None:
        self._client = AsyncOpenAI(api_key=api_key, base_url=base_url, timeout=timeout, max_retries=0)
        self._api_key = api_key
        self._timeout = timeout
        self._prices = prices

    async def ask(
        self, messages: Sequence[dict[str, str]], *, model: str, temperature: float | None, request_id: str
    ) -> Reply:
        """Ask once; raises ProviderUnavailable or ProviderRejected when no answer came."""
        request: dict[str, Any] = {
            "model": model,
            "messages": list(messages),
            "response_format": response_format(),
            "max_completion_tokens": MAX_COMPLETION_TOKENS,
        }
        if temperature is not None:  # some models take none
            request["temperature"] = temperature
        try:
            async with asyncio.timeout(self._timeout):  # the client's own time-out is for each read
                completion = await self._client.chat.completions.create(
                    **request, extra_headers={REQUEST_ID_HEADER: request_id}
                )
        except TimeoutError:
            raise ProviderUnavailable("the model did not answer in time") from None
        except openai.OpenAIError as error:
            raise classify(error, self._api_key) from None  # the original carries URL, headers and content
        except (ValueError, RecursionError):
            # A body that is no JSON, from something between us and the provider.
            raise classify(openai.OpenAIError()) from None
        choices = getattr(completion, "choices", None)
        if not isinstance(choices, list):
            # JSON or a page, but no completion: a proxy's login page, or an error that came as a success.
            raise classify(openai.OpenAIError())
        raw, unusable = _content(choices)
        usage = getattr(completion, "usage", None)
        prompt_tokens = _count(usage, "prompt_tokens")
        completion_tokens = _count(usage, "completion_tokens")
        answered_by = _storable(str(getattr(completion, "model", None) or model))[:200]
        return Reply(
            raw=raw,
            model=answered_by,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            cost=cost_of(answered_by, prompt_tokens, completion_tokens, self._prices),
            unusable=unusable,
        )

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()


def _content(choices: list[Any]) -> tuple[str, str | None]:
    """The text of an answer and why it is none. An answer cut short raises nothing, so each case is looked for.

    The client checks no types, so nothing is taken for granted: a server that only resembles the provider's may
    leave out or mistype any field.
    """
    message = getattr(choices[0], "message", None) if choices else None
    if message is None:
        return "", "the model gave no answer"
    finish_reason = getattr(choices[0], "finish_reason", None)
    content = getattr(message, "content", None)
    raw = content if isinstance(content, str) else ""
    kept = _storable(raw[:MAX_ANSWER])
    if getattr(message, "refusal", None):
        return kept, "the model declined to write a question on this text"
    if finish_reason == "length":
        return kept, "the answer was cut short"
    if finish_reason == "content_filter":
        return kept, "the provider's content filter held the answer back"
    if len(raw) > MAX_ANSWER:
        return kept[:1_000], f"the answer has {len(raw):,} characters; a question has about 1,500"
    if not raw.strip():
        return "", "the answer was empty"
    return kept, None


def _storable(text: str) -> str:
    """NUL cannot be stored in PostgreSQL, a lone surrogate cannot be encoded; neither is part of any text."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _count(usage: object, name: str) -> int:
    """A count of tokens; 0 when the server gave none that can be one."""
    value = getattr(usage, name, None)
    return value if type(value) is int and 0 <= value < 1_000_000_000 else 0
