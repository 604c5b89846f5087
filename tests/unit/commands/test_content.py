"""Files from the command line: read, or refused with one clear message before anything starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from commands.content import fingerprint, read_files
from domain import documents
from domain.documents import ContentError
from storage.quizzes import NewDocument

PROSE = "Ribosomes make proteins. " * 40


def _file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_files_are_read_in_the_order_given(tmp_path: Path) -> None:
    """The order of the chapters is the teacher's."""
    paths = [_file(tmp_path, name, f"# Title {name}\n\n{PROSE}".encode()) for name in ("b.md", "a.md")]
    documents = read_files(paths)
    assert [document.name for document in documents] == ["b.md", "a.md"]
    assert all("Ribosomes make proteins." in document.text for document in documents)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.md", b"", "empty.md holds no text"),
        ("blank.md", b" \n\t\n", "blank.md holds no text"),
        ("photo.md", b"\x89PNG\r\n\x1a\n" + bytes(500), "photo.md is .*convert it"),
        ("noise.txt", os.urandom(4_000), "noise.txt is .*convert it"),
        ("short.md", b"One sentence.", "short.md holds .* at least"),
        ("book.pdf", b"%PDF-1.7\n" + b"x" * 500, "book.pdf is .*"),
    ],
)
def test_content_that_cannot_be_used_is_one_message(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """Each names the file and what to do; nothing has been started."""
    with pytest.raises(ContentError, match=message) as caught:
        read_files([_file(tmp_path, name, content)])
    assert "\n" not in str(caught.value)


def test_a_file_that_is_too_large_is_not_even_read(tmp_path: Path) -> None:
    """A sparse file of 1 TB would take all memory."""
    path = _file(tmp_path, "huge.md", b"")
    os.truncate(path, 1_000_000_000_000)
    with pytest.raises(ContentError, match=r"huge\.md has 1,000,000,000,000 bytes; at most 10,000,000"):
        read_files([path])


def test_files_that_are_too_large_together_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would pass; the limit is for a quiz."""
    monkeypatch.setattr(documents, "MOST_BYTES", len(PROSE) + 500)
    paths = [_file(tmp_path, name, PROSE.encode()) for name in ("a.md", "b.md")]
    assert read_files(paths[:1])
    with pytest.raises(ContentError, match="All content together has"):
        read_files(paths)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """The message asks for the files in it."""
    with pytest.raises(IsADirectoryError, match="is a folder; name the files in it"):
        read_files([tmp_path])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The system's own words, with the name as it was given."""
    with pytest.raises(FileNotFoundError, match=r"chapter\.md"):
        read_files([tmp_path / "chapter.md"])


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    """`mcq generate <(…)` gives a path whose size is 0 and which cannot be read twice."""
    pipe = tmp_path / "pipe.md"
    os.mkfifo(pipe)
    with subprocess.Popen([sys.executable, "-c", f"open({str(pipe)!r}, 'w').write({PROSE!r})"]):
        assert "Ribosomes" in read_files([pipe])[0].text


def _document(text: str = PROSE, name: str = "a.md") -> NewDocument:
    return NewDocument(name, "Title", text)


def test_the_fingerprint_never_changes() -> None:
    """A generation that was begun by an earlier release is found again by it."""
    request = {"questions": 5, "model": "demo-model", "temperature": None, "language": "English"}
    assert fingerprint([_document("Some text.")], **request) == (
        "8995e94bcc141547a49be9d507ebaaae305ed555c522e137f3e4ca3152a6417e"
    )


def test_the_fingerprint_is_of_the_content_not_its_name() -> None:
    """The same file under another name, and options in another order, are the same work."""
    assert fingerprint([_document()], a=1, b=2) == fingerprint([_document(name="copy.md")], b=2, a=1)


@pytest.mark.parametrize(
    "other",
    [
        fingerprint([_document(PROSE + "!")], a=1),
        fingerprint([_document()], a=2),
        fingerprint([_document()], a=1, b=1),
        fingerprint([_document(), _document("More. ")], a=1),
    ],
)
def test_other_content_or_options_have_another_fingerprint(other: str) -> None:
    """They are other work, and start a generation of their own."""
    assert fingerprint([_document()], a=1) != other


def test_the_order_of_documents_counts() -> None:
    """It decides which chunk each question is about."""
    one, two = _document("One."), _document("Two.")
    assert fingerprint([one, two]) != fingerprint([two, one])
