"""Files from the command line into documents, with one clear error before anything is started."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from domain.documents import MOST_BYTES, ContentError, ContentTooLarge, Document, check_total, read_document
from storage.quizzes import NewDocument


def read_files(paths: Sequence[Path]) -> list[Document]:
    """Read every file; raises ContentError or OSError naming the file."""
    documents = [read_document(path.name, _bytes(path)) for path in paths]
    check_total(documents)
    return documents


def fingerprint(documents: Sequence[NewDocument], **options: object) -> str:
    """The identity of a request: the same files with the same options are the same work."""
    whole = json.dumps([[document.content_hash for document in documents], sorted(options.items())], default=str)
    return hashlib.sha256(whole.encode()).hexdigest()


def _bytes(path: Path) -> bytes:
    size = path.stat().st_size
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name the files in it")
    if size > MOST_BYTES:  # not read at all: it could be anything
        raise ContentTooLarge(name=path.name, size=f"{size:,}", limit=f"{MOST_BYTES:,}")
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)  # a device or a pipe may have no end


__all__ = ["ContentError", "fingerprint", "read_files"]
