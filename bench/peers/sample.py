"""The sample chapter as the service sees it, without its database: chunks, and the plan of the slots on them."""

from pathlib import Path

from domain.chunking import split
from domain.documents import read_document
from domain.plan import ChunkSpan
from storage.quizzes import ChunkText
from workflows.messages import PreparedContent
from writing.content import planned

_FILE = Path(__file__).parent.parent.parent / "samples" / "cell-biology.md"


class Sample:
    """The content of every generation. A chunk's id is its place."""

    def __init__(self) -> None:
        document = read_document(_FILE.name, _FILE.read_bytes())
        pieces = split(document.text)
        self._spans = [ChunkSpan(piece.section, piece.size) for piece in pieces]
        self._chunks = [
            ChunkText(number, document.text[piece.start : piece.end], piece.start, document.name)
            for number, piece in enumerate(pieces)
        ]

    def prepared(self, generation: str, questions: int, finished: dict[int, str]) -> PreparedContent:
        """What the service's step of this name returns."""
        return PreparedContent(
            chunk_ids=[chunk.id for chunk in self._chunks],
            chunk_sizes=[span.size for span in self._spans],
            plan=planned(self._spans, questions, seed=generation),
            finished=finished,
        )

    async def chunk(self, chunk_id: int) -> ChunkText:
        """As `QuizStore.chunk`."""
        return self._chunks[chunk_id]
