"""What a multiple-choice question is."""

import uuid
from dataclasses import dataclass

# Makes question ids: the same slot of the same generation is the same question for ever, however often it is written.
_NAMESPACE = uuid.UUID("6f0c5a52-8a2b-5f0e-9c55-2f7b8d1f5a10")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice; `why_wrong` is empty for the key."""

    text: str
    why_wrong: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question as a student would see it, with what a teacher needs to judge it.

    `key` is the index of the right option. `quote` is the sentence of the source that proves the key.
    """

    stem: str
    options: tuple[Option, ...]
    key: int
    explanation: str
    quote: str
    difficulty: str
    bloom: str

    @property
    def key_text(self) -> str:
        """The text of the right option."""
        return self.options[self.key].text


def question_id(workflow_id: str, slot: int) -> uuid.UUID:
    """The identity of the question in `slot` of a generation."""
    return uuid.uuid5(_NAMESPACE, f"{workflow_id}/{slot}")
