"""The work that is asked of each system, and the word that it is done."""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path


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
