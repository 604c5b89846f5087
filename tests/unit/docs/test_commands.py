"""Every command that the documents show exists, with the options shown."""

import re
from pathlib import Path

import click
import pytest
from typer.main import get_command

import cli
from commands.exit_codes import Exit
from tests.chaos.__main__ import options
from tests.unit.docs.pages import PAGES, README, blocks, code_of, name_of, table_under
from tests.unit.product_code import ROOT

GROUP = get_command(cli.app)
assert hasattr(GROUP, "commands")
COMMANDS = GROUP.commands
SHOWN = [(block.page, words) for block in blocks() for words in block.commands()]
_PLACEHOLDER = re.compile(r"\[[A-Z]+\]|[A-Z]+…?|…")


def _parse(words: list[str]) -> None:
    """Parse the words after `mcq` as the real command would, without running it; raises SystemExit or UsageError."""
    name, *arguments = words
    command = COMMANDS[name]
    arguments = ["x" if _PLACEHOLDER.fullmatch(word) else word for word in arguments]
    command.make_context(name, arguments)


def _parses(words: list[str]) -> bool:
    try:
        _parse(words)
    except (KeyError, SystemExit, click.ClickException):
        return False
    except Exception as error:  # Typer may bring click's errors under a name of its own
        if not type(error).__module__.endswith("exceptions"):
            raise
        return False
    return True


def test_the_documents_show_commands() -> None:
    """If the reader of the blocks found none, the tests below would prove nothing."""
    programs = [words[0] for _, words in SHOWN]
    assert programs.count("mcq") > 8
    assert programs.count("make") > 3


@pytest.mark.parametrize(("page", "words"), [(page, words) for page, words in SHOWN if words[0] == "mcq"])
def test_every_command_line_in_a_block_parses(page: Path, words: list[str]) -> None:
    """Copied from a page, a command is understood."""
    assert _parses(words[1:]), f"{name_of(page)}: {' '.join(words)}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_in_a_sentence_parses(page: Path) -> None:
    """The same for commands in the running text; alone, a name is enough."""
    wrong = []
    for code in code_of(page):
        if code.startswith("mcq "):
            words = code.split()[1:]
            if words[0] not in COMMANDS or (len(words) > 1 and not _parses(words)):
                wrong.append(code)
    assert wrong == []


@pytest.mark.parametrize(
    "words", [["dance"], ["generate", "x.md", "--dance"], ["status", "a", "b"], ["list", "--limit", "many"]]
)
def test_a_wrong_command_would_be_noticed(words: list[str]) -> None:
    """The check itself bites."""
    assert not _parses(words)


def test_the_readme_lists_exactly_the_commands() -> None:
    """A new command gets its row, a removed one leaves it."""
    rows = table_under(README, "Commands")
    assert sorted(cell.split()[1] for cell, *_ in rows) == sorted(COMMANDS)


def test_every_option_in_the_text_exists() -> None:
    """Options of ours in backticks, wherever they stand."""
    known = {option for command in COMMANDS.values() for one in command.params for option in one.opts} | {"--help"}
    known |= {option for option in options().format_help().split() if option.startswith("--")}
    named = {code for page in PAGES for code in code_of(page) if re.fullmatch(r"--[a-z-]+", code)}
    assert {"--new", "--json"} <= named <= known


def test_every_campaign_in_the_text_can_be_asked_for() -> None:
    """`make chaos ARGS="…"`, and what stands for its dots in the table of its options."""
    shown = {arguments for page in PAGES for code in code_of(page) for arguments in re.findall(r'ARGS="(-.*)"', code)}
    table = {code for code in code_of(ROOT / "docs" / "reliability.md") if code.startswith("--") and code != "--help"}
    assert len(shown) >= 2 and len(table) >= 4
    for arguments in shown | table:
        options().parse_args(arguments.split())


def test_the_exit_codes_are_the_enumeration() -> None:
    """Numbers and names, in order, none missing and none too many."""
    rows = table_under(README, "Exit codes")
    assert [(int(number), name) for number, name, _ in rows] == [(code.value, code.name) for code in Exit]


def test_every_make_target_exists() -> None:
    """In blocks and in sentences."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {words[1] for _, words in SHOWN if words[0] == "make"}
    named |= {code.split()[1] for page in PAGES for code in code_of(page) if code.startswith("make ")}
    assert {"demo", "test", "setup", "lint"} <= named <= targets


def test_blocks_of_the_shell_run_known_programs() -> None:
    """A block of another kind is marked as such; a misspelt fence would escape the tests above."""
    known = {"mcq", "make", "temporal", "export", "source", "tar", "kill", "timeout", ".venv/bin/python"}
    known |= {"docker", "sh", "curl", "sed"}  # of the machine that is deployed to
    # Where a result is kept, the program is the one inside.
    assert {re.sub(r"^[A-Z]+=\$\(", "", words[0]) for _, words in SHOWN} <= known
    assert {block.language for block in blocks()} <= {"console", "sh", "text", "mermaid"}


def test_named_command_lines_of_temporal_are_complete() -> None:
    """Each names server and workflow, so that it can be copied."""
    lines = [words for _, words in SHOWN if words[:2] == ["temporal", "workflow"]]
    assert {"show", "reset", "terminate"} <= {words[2] for words in lines}
    assert all("--address" in words for words in lines)
