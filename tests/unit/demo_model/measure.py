"""Asks the demo model for questions as the service would, and counts what the linter says of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from demo_model.prompt_reader import Order
from demo_model.writer import write_question
from domain.linter import Severity, lint_grounding, lint_item, near_duplicate
from domain.question import Option, Question

DIFFICULTIES = ("easy", "medium", "hard")
BLOOMS = ("remember", "understand", "apply", "analyze")


@dataclass
class Figures:
    """Chunks, how many of them gave how many questions without an error, and the questions without any flaw."""

    chunks: int = 0
    sound: list[int] = field(default_factory=list)
    questions: int = 0
    flawless: int = 0
    flaws: Counter[str] = field(default_factory=Counter)

    def share_of_chunks_with(self, least: int) -> float:
        """The share of chunks with at least so many questions without an error."""
        return sum(count >= least for count in self.sound) / self.chunks


def measure(chunks: Iterable[str], wanted: int) -> Figures:
    """Ask `wanted` questions of each chunk, with the stems so far of that chunk to avoid."""
    figures = Figures()
    for number, chunk in enumerate(chunks):
        figures.chunks += 1
        avoid: list[str] = []
        sound = 0
        for part in range(1, wanted + 1):
            wishes = DIFFICULTIES[(number + part) % 3], BLOOMS[(number + part) % 4]
            written = write_question(Order(chunk, part, wanted, *wishes, avoid=tuple(avoid)))
            if written is None:
                break
            assert written.quote in chunk
            options = (Option(written.key), *(Option(text, why) for text, why in written.distractors))
            question = Question(written.stem, options, 0, written.explanation, written.quote, *wishes)
            flaws = [*lint_item(question), *lint_grounding(question, chunk)]
            repeated = near_duplicate(written.stem, avoid) is not None
            figures.questions += 1
            figures.flawless += not flaws and not repeated
            figures.flaws.update(flaw.rule for flaw in flaws)
            sound += not repeated and all(flaw.severity is not Severity.ERROR for flaw in flaws)
            avoid.append(written.stem)
        figures.sound.append(sound)
    return figures
