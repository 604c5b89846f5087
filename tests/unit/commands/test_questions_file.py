"""The questions file: its form, and how it is replaced."""

import json
import os
from pathlib import Path

import pytest

from commands import questions_file
from commands.questions_file import NotAQuestionsFile, check_destination, write
from tests.unit.commands.made_up import QUIZ, make_question, make_status


def test_the_form_is_the_documented_one() -> None:
    """Exactly the keys that the product's description names, in that order, and nothing internal."""
    content = questions_file.as_json(make_status(), [make_question(1)])
    assert content == {
        "workflow_id": f"mcq_{QUIZ}_1",
        "quiz_id": str(QUIZ),
        "status": "running",
        "questions": [
            {
                "slot": 1,
                "stem": "Was macht ein Ribosom? 核糖体",
                "options": [
                    {"text": "Proteine", "why_wrong": ""},
                    {"text": "DNA", "why_wrong": "Das tut die Polymerase."},
                ],
                "key": 0,
                "explanation": "Es übersetzt RNA.",
                "difficulty": "easy",
                "bloom": "remember",
                "source": {"document": "cells.md", "start": 10, "end": 40, "quote": "Ribosomes make proteins."},
                "flaws": ["long-stem"],
                "model": "demo-model",
            }
        ],
    }
    assert list(content) == ["workflow_id", "quiz_id", "status", "questions"]


def test_the_file_is_readable_json(tmp_path: Path) -> None:
    """UTF-8 with letters as they are, for people and programs alike."""
    path = tmp_path / "questions.json"
    content = questions_file.as_json(make_status(), [make_question()])
    write(path, content)
    assert json.loads(path.read_text(encoding="utf-8")) == content
    assert "übersetzt" in path.read_text(encoding="utf-8")


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    """The old file stays whole until the new one takes its place: who has it open reads it to its end."""
    path = tmp_path / "questions.json"
    write(path, {"workflow_id": "old"})
    with path.open(encoding="utf-8") as reader:
        write(path, {"workflow_id": "new"})
        assert json.load(reader) == {"workflow_id": "old"}
    assert json.loads(path.read_text(encoding="utf-8")) == {"workflow_id": "new"}


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    """What cannot be written as JSON changes nothing in the folder."""
    path = tmp_path / "questions.json"
    write(path, {"workflow_id": "old"})
    with pytest.raises(TypeError):
        write(path, {"workflow_id": object()})
    assert [file.name for file in tmp_path.iterdir()] == ["questions.json"]
    assert json.loads(path.read_text(encoding="utf-8")) == {"workflow_id": "old"}


def test_a_link_keeps_pointing_at_its_file(tmp_path: Path) -> None:
    """Somebody may keep the file elsewhere: the link is followed, not replaced by a file."""
    target, link = tmp_path / "elsewhere.json", tmp_path / "questions.json"
    link.symlink_to(target)
    write(link, {"workflow_id": "w"})
    assert link.is_symlink()
    assert json.loads(target.read_text(encoding="utf-8")) == {"workflow_id": "w"}


@pytest.mark.parametrize("content", [None, "", '{"workflow_id": "earlier", "questions": []}'])
def test_a_new_an_empty_and_an_earlier_file_are_taken(tmp_path: Path, content: str | None) -> None:
    """The same command run again goes on with its own file."""
    path = tmp_path / "questions.json"
    if content is not None:
        path.write_text(content)
    check_destination(path)


@pytest.mark.parametrize(
    "content",
    [
        b"My thesis.",
        b"{}",
        b"[1]",
        b"null",
        b"7",
        b'"workflow_id"',
        b'["workflow_id"]',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
    ids=lambda content: repr(content[:20]),
)
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """Nobody's file is overwritten; the message names it and the option that helps."""
    path = tmp_path / "thesis.json"
    path.write_bytes(content)
    with pytest.raises(NotAQuestionsFile, match=r"thesis\.json exists and is no questions file; .*--out"):
        check_destination(path)
    assert path.read_bytes() == content


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """The message asks for a file in it."""
    with pytest.raises(IsADirectoryError, match="is a folder; name a file with --out"):
        check_destination(tmp_path)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """It is not made: the name may be a slip."""
    with pytest.raises(FileNotFoundError, match=r"the folder .*missing does not exist"):
        check_destination(tmp_path / "missing" / "questions.json")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    """Before anything is started."""
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(PermissionError, match="cannot be written to"):
        check_destination(folder / "questions.json")


def test_a_folder_that_takes_no_files_is_told() -> None:
    """The kernel's own folders refuse even root."""
    if os.access("/proc/self", os.W_OK) and os.geteuid() != 0:
        pytest.skip("no such folder on this system")
    with pytest.raises(OSError, match="--out"):
        check_destination(Path("/proc/self/questions.json"))
