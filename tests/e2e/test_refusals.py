"""What cannot work is said in one line, with an exit code, before anything is started."""

from pathlib import Path

import pytest

from tests.e2e.mcq import SAMPLE, Mcq


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.md", b"", "holds no text"),
        ("photo.md", b"\x89PNG\r\n\x1a\n" + bytes(2000), "not text"),
        ("short.txt", b"Cells are small.", "characters of prose"),
        ("paper.pdf", b"%PDF-1.7\n" + bytes(3000), "PDF"),
        ("huge.txt", b"Words and words. " * 700_000, "at most"),
    ],
)
def test_unusable_content_is_one_clear_error(mcq: Mcq, name: str, content: bytes, says: str) -> None:
    """Empty, binary, too short and too large files: exit code 2, the file's name, the reason; no stack, no home."""
    file = mcq.folder / name
    file.write_bytes(content)
    ended = mcq.run("generate", str(file))
    assert ended.code == 2
    assert says in ended.err and name in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert not mcq.home.exists()


def test_a_missing_file_and_a_folder_are_named(mcq: Mcq) -> None:
    """A wrong path is told with its name."""
    for path in ("nowhere.md", str(SAMPLE.parent)):
        ended = mcq.run("generate", path)
        assert ended.code == 2
        assert Path(path).name in ended.err
    assert not mcq.home.exists()


def test_a_file_that_is_not_ours_is_not_overwritten(mcq: Mcq) -> None:
    """`--out` onto something else is refused and the file is left as it was."""
    mine = mcq.folder / "thesis.json"
    mine.write_text('{"chapters": 7}')
    ended = mcq.run("generate", str(SAMPLE), "--out", str(mine))
    assert (ended.code, mine.read_text()) == (2, '{"chapters": 7}')
    assert "--out" in ended.err


@pytest.mark.parametrize("arguments", [["--questions", "0"], ["--questions", "1001"], ["--on-interrupt", "maybe"]])
def test_options_out_of_range_are_refused(mcq: Mcq, arguments: list[str]) -> None:
    """1 to 1,000 questions; two ways to be interrupted."""
    ended = mcq.run("generate", str(SAMPLE), *arguments)
    assert ended.code == 2
    assert not mcq.home.exists()


def test_a_wrong_setting_is_named(mcq: Mcq) -> None:
    """A setting that cannot be read is one line with its name, not a traceback."""
    mcq.environment["WORKFLOW_WINDOW"] = "many"
    ended = mcq.run("list")
    assert ended.code == 2
    assert "WORKFLOW_WINDOW" in ended.err and "Traceback" not in ended.err
