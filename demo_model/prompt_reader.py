"""Reads what the service asks for out of chat messages: the counterpart of `model.prompts`.

A round-trip test pins the two together; a change of the prompt's wording there shows up here at once.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_FENCE_END = re.compile(r"\n</(text-[0-9a-f]{12})>\s*\Z")
_PART = re.compile(r"^Part: (\d{1,6}) of (\d{1,6})\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Order:
    """A question that is asked for. `earlier` are stems a reviewer sent back, `problems` what was said of them."""

    text: str
    part: int = 1
    parts: int = 1
    difficulty: str = ""
    bloom: str = ""
    avoid: tuple[str, ...] = field(default=())
    earlier: tuple[str, ...] = field(default=())
    problems: tuple[str, ...] = field(default=())


def read_order(messages: Sequence[Mapping[str, Any]]) -> Order | None:
    """The question that these messages ask for; None when they ask for something else."""
    for index, message in enumerate(messages):
        if message.get("role") == "user":
            content = message_text(message)
            end = _FENCE_END.search(content)
            if end is None:
                continue
            head, opening, body = content[: end.start()].partition(f"<{end.group(1)}>\n")
            if opening:
                return _order(head, body, messages[index + 1 :])
    return None


def message_text(message: Mapping[str, Any]) -> str:
    """The text of a message, whose content is a string or a list of parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str))
    return ""


def _order(head: str, text: str, rest: Sequence[Mapping[str, Any]]) -> Order:
    part = _PART.search(head)
    number, parts = (int(part.group(1)), int(part.group(2))) if part else (1, 1)
    parts = max(parts, 1)
    return Order(
        text=text,
        part=min(max(number, 1), parts),
        parts=parts,
        difficulty=_field(head, "Difficulty").lower(),
        bloom=_field(head, "Bloom level").lower(),
        avoid=_items(head),
        earlier=tuple(
            stem for message in rest if message.get("role") == "assistant" and (stem := _stem(message_text(message)))
        ),
        problems=tuple(
            item for message in rest if message.get("role") == "user" for item in _items(message_text(message))
        ),
    )


def _field(head: str, name: str) -> str:
    found = re.search(rf"^{name}: (.*)$", head, re.MULTILINE)
    return found.group(1).strip() if found else ""


def _items(text: str) -> tuple[str, ...]:
    return tuple(line[2:].strip() for line in text.split("\n") if line.startswith("- "))


def _stem(raw: str) -> str:
    """The stem of an earlier answer; the raw text where the answer was not even JSON."""
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        return raw[:500]
    stem = answer.get("stem") if isinstance(answer, dict) else None
    return stem if isinstance(stem, str) else ""
