"""From a raw answer to a question as it will be kept: parsed, arranged, repaired, located in its source, linted."""

from dataclasses import asdict
from typing import Any

from domain.arrange import arrange
from domain.linter import find_quote, lint_grounding, lint_item
from domain.question import Question, question_id
from model.answer import Answer, UnusableAnswer, parse_answer
from model.prompts import instructions_in
from storage.quizzes import ChunkText
from workflows.messages import DraftInput

Read = tuple[dict[str, Any] | None, list[dict[str, str]], str | None]

REPEATS_INSTRUCTIONS = "answer: repeats its instructions instead of asking about the text"


def read_answer(raw: str, workflow_id: str, state: DraftInput, chunk: ChunkText) -> Read:
    """(question as JSON, its flaws, None), or (None, [], why the answer cannot be used)."""
    try:
        answer = parse_answer(raw)
    except UnusableAnswer as error:
        return None, [], str(error)
    told = set().union(*map(instructions_in, _texts(answer)))
    # A course on writing questions may say the same itself.
    if told and told - instructions_in(chunk.text):
        return None, [], REPEATS_INSTRUCTIONS
    question = arrange(
        answer.stem,
        answer.key,
        [(distractor.text, distractor.why_wrong) for distractor in answer.distractors],
        answer.explanation,
        answer.quote,
        state["difficulty"],
        state["bloom"],
        question_id=question_id(workflow_id, state["slot"]),
        key_position=state["key_position"],
    )
    flaws = [*lint_item(question), *lint_grounding(question, chunk.text)]
    return _as_json(question, chunk), [asdict(flaw) for flaw in flaws], None


def _texts(answer: Answer) -> list[str]:
    of_distractors = [text for one in answer.distractors for text in (one.text, one.why_wrong)]
    return [answer.stem, answer.key, answer.explanation, answer.quote, *of_distractors]


def _as_json(question: Question, chunk: ChunkText) -> dict[str, Any]:
    """The question with offsets into its document; they are None while the quote is not found there."""
    span = find_quote(chunk.text, question.quote)
    start, end = (chunk.start + span[0], chunk.start + span[1]) if span else (None, None)
    return {
        "stem": question.stem,
        "options": [{"text": option.text, "why_wrong": option.why_wrong} for option in question.options],
        "key": question.key,
        "explanation": question.explanation,
        "difficulty": question.difficulty,
        "bloom": question.bloom,
        "source": {
            "document": chunk.document,
            "chunk": chunk.id,
            "start": start,
            "end": end,
            "quote": question.quote,
        },
    }
