"""From what the model wrote to a question as a student sees it. Positions are chosen here, never by the model."""

import hashlib
import uuid
from collections.abc import Iterable

from domain.question import Option, Question
from domain.repair import repair


def arrange(
    stem: str,
    key: str,
    distractors: Iterable[tuple[str, str]],
    explanation: str,
    quote: str,
    difficulty: str,
    bloom: str,
    *,
    question_id: uuid.UUID,
    key_position: int,
) -> Question:
    """Order the options and repair them.

    `distractors` are (text, why it is wrong). Their order depends on `question_id` and their texts alone, not on the
    order in which the model listed them (models put the likeliest first). The key goes to `key_position` modulo the
    number of options; where the options are numbers, ascending order wins.
    """
    ordered = sorted(distractors, key=lambda distractor: _draw(question_id, distractor[0]))
    options = [Option(text.strip(), why_wrong.strip()) for text, why_wrong in ordered]
    place = key_position % (len(options) + 1)
    options.insert(place, Option(key.strip()))
    return repair(Question(stem.strip(), tuple(options), place, explanation.strip(), quote.strip(), difficulty, bloom))


def _draw(question_id: uuid.UUID, text: str) -> bytes:
    """A lot for `text`: the same on every machine and version of Python, which `random` and `hash` don't promise."""
    return hashlib.sha256(question_id.bytes + text.encode("utf-8", "surrogatepass")).digest()
