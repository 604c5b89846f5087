"""The work that every peer does: the same question, asked of the same model, checked in the same way.

A generation is a number of slots. Each slot is a draft (one call of the model) and a check; what is kept of it is the
text of the question. The request's id names the slot, so that the model's ledger tells which calls were made twice.
"""

import argparse
import json
import uuid
from dataclasses import dataclass
from pathlib import Path

from model.client import ModelClient
from model.prompts import Assignment, draft_messages

PARTS = 25
_SAMPLE = Path(__file__).parent.parent.parent / "samples" / "cell-biology.md"


@dataclass(frozen=True)
class Work:
    """What a runner is told on its command line."""

    database_url: str
    model_url: str
    generations: list[str]
    questions: int
    # Slots of one generation that are written at once.
    window: int
    # Written when all is done: generation -> slots with a question.
    results: Path

    @classmethod
    def asked(cls) -> "Work":
        """From the command line."""
        parser = argparse.ArgumentParser()
        parser.add_argument("--database-url", required=True)
        parser.add_argument("--model-url", required=True)
        parser.add_argument("--generations", required=True)
        parser.add_argument("--questions", type=int, required=True)
        parser.add_argument("--window", type=int, required=True)
        parser.add_argument("--results", type=Path, required=True)
        asked = vars(parser.parse_args())
        return cls(**{**asked, "generations": asked["generations"].split(",")})

    def arguments(self) -> list[str]:
        """The command line that says the same."""
        return [
            *("--database-url", self.database_url, "--model-url", self.model_url),
            *("--generations", ",".join(self.generations), "--questions", str(self.questions)),
            *("--window", str(self.window), "--results", str(self.results)),
        ]

    def tell(self, slots: dict[str, list[int]]) -> None:
        """Say that all is done."""
        draft = self.results.with_suffix(".draft")
        draft.write_text(json.dumps(slots))
        draft.rename(self.results)

    def told(self) -> dict[str, list[int]] | None:
        """What was said; None before the end."""
        return json.loads(self.results.read_text()) if self.results.exists() else None


class Writer:
    """Asks for drafts and checks them."""

    def __init__(self, model_url: str) -> None:
        self._model = ModelClient(api_key="none", base_url=model_url, timeout=60)
        self._text = _SAMPLE.read_text()

    async def draft(self, generation: str, slot: int) -> str:
        """The model's answer for a slot."""
        part = slot % PARTS + 1
        assignment = Assignment(self._text[:6000], part=part, parts=PARTS, difficulty="medium", bloom="understand")
        reply = await self._model.ask(
            draft_messages(assignment),
            model="demo-model",
            temperature=None,
            request_id=f"{generation}/{slot}/draft/0/{uuid.uuid4().int % 10**9}",
        )
        return reply.raw


def check(raw: str) -> bool:
    """Whether an answer is JSON with a stem."""
    return bool(json.loads(raw).get("stem"))
