"""Settings, files, tables and failures that the documents name exist."""

import re
from pathlib import Path

import pytest

from demo_model.faults import Plan
from service.stalls import TAKEN_UP_WITHIN
from settings import Settings
from storage.tables import metadata
from tests.unit.docs.pages import PAGES, README, code_of, name_of, prose_of, text_of
from tests.unit.product_code import ROOT
from workflows import question_graph
from workflows.messages import OWNER_ATTRIBUTE, QUIZ_ATTRIBUTE, STATUS_ATTRIBUTE

SETTINGS = {name.upper() for name in Settings.model_fields}
# Upper case in backticks that is no setting of ours, and what it is.
OTHER_NAMES = {
    "PATH": "of the shell",
    "READERS": "the table in domain/documents/__init__.py",
    "ADDRESS": "a placeholder",
    "FORWARDED_ALLOW_IPS": "of uvicorn",
    "NODE_HEARTBEAT_TIMEOUT": "a constant of workflows/question_graph.py",
    **dict.fromkeys(
        ["POSTGRES_PASSWORD", "POSTGRES_MCQ_PASSWORD", "POSTGRES_TEMPORAL_PASSWORD"], "demanded by docker-compose.yml"
    ),
    **dict.fromkeys(["API_PORT", "TEMPORAL_PORT", "TEMPORAL_UI_PORT"], "a published port of docker-compose.yml"),
    **dict.fromkeys(["TEMPORAL_API_KEY", "TEMPORAL_TLS"], "of Temporal's own client configuration"),
    "MCQ_VERSION": "the tag of our image in docker-compose.yml",
    "STICKY_TIMEOUT": "a constant of worker.py",
    "WORKFLOW_TASK_TIMEOUT": "a constant of workflows/messages.py",
    "STEMS_BYTES": "a constant of workflows/messages.py",
    "OTHER_STEMS_BYTES": "a constant of writing/content.py",
    "ARGS": "of the Makefile",
    "OK": "an exit code",
    "FAILED": "an exit code",
    "USAGE": "an exit code",
    "UNAVAILABLE": "an exit code",
    "PAUSED": "an exit code",
    "CANCELLED": "an exit code",
    "INTERRUPTED": "an exit code",
}
_UPPER = re.compile(r"\b[A-Z][A-Z_]+[A-Z]\b")
_TOP = {path.name for path in ROOT.iterdir()}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_setting_exists(page: Path) -> None:
    """What stands in backticks in capitals is a setting, or one of the names explained above."""
    named = {code.partition("=")[0].partition("/")[0] for code in code_of(page)}
    named = {name for name in named if _UPPER.fullmatch(name)}
    assert named - SETTINGS - set(OTHER_NAMES) == set()


def test_every_exported_variable_is_a_setting() -> None:
    """In blocks too, where nothing stands in backticks."""
    exported = {name for page in PAGES for name in re.findall(r"^\$? ?export (\w+)=", text_of(page), re.MULTILINE)}
    assert exported and exported <= SETTINGS


def test_settings_with_an_underscore_are_ours_anywhere_in_the_readme() -> None:
    """Capitals with an underscore look like a setting to every reader, with backticks or without."""
    named = {name for name in _UPPER.findall(text_of(README)) if "_" in name}
    assert {"OPENAI_API_KEY", "MCQ_HOME", "TEMPORAL_CLI"} <= named <= SETTINGS


def test_the_model_settings_stand_in_the_readme() -> None:
    """Who comes with a key finds what to set."""
    assert {"OPENAI_API_KEY", "OPENAI_MODEL", "OPENAI_BASE_URL"} <= set(code_of(README))


def _is_path(code: str) -> bool:
    first = code.split("/", maxsplit=1)[0]
    named = first in _TOP and "/" in code
    source = re.fullmatch(r"[\w./-]+\.(py|md|toml|lock|mod|example)", code) is not None
    return (named or source) and " " not in code


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_exists(page: Path) -> None:
    """A file or folder of the repository in backticks is there."""
    paths = {code for code in code_of(page) if _is_path(code)}
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_the_layout_names_what_is_there() -> None:
    """Every line of the layout exists, and every package and module of the product has a line."""
    page = ROOT / "docs" / "architecture.md"
    lines = re.findall(r"^([\w.]+/?) +\S", text_of(page).split("## Where things are")[1].split("```")[1], re.MULTILINE)
    assert [name for name in lines if not (ROOT / name).exists()] == []
    modules = {path.name for path in ROOT.glob("*.py")}
    packages = {f"{path.parent.name}/" for path in ROOT.glob("*/__init__.py") if path.stat().st_size}
    assert modules | packages <= set(lines)


def test_every_table_of_the_database_that_is_named_exists() -> None:
    """Names such as `model_call`."""
    tables = {name for name in metadata.tables if "_" in name}
    named = {code for page in PAGES for code in code_of(page)}
    assert {"model_call", "workflow_state", "workflow_event"} <= named & tables


def test_the_search_attributes_are_those_of_the_code() -> None:
    """An operator types them into a filter."""
    named = {code for page in PAGES for code in code_of(page) if re.fullmatch(r"Mcq[A-Z]\w+", code)}
    assert named == {QUIZ_ATTRIBUTE, OWNER_ATTRIBUTE, STATUS_ATTRIBUTE}


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("docs/architecture.md", f"{question_graph.NODE_HEARTBEAT_TIMEOUT.total_seconds():.0f} s for slots in flight"),
        (
            "docs/decisions/0025-what-workers-compare-is-dated-by-a-server.md",
            f"right to three seconds: a task that waits for more than {TAKEN_UP_WITHIN.total_seconds():.0f} s is told",
        ),
        ("README.md", "for an hour (`WORKFLOW_OUTAGE_PATIENCE`)"),
        ("docs/decisions/0013-refusals-count-as-answers.md", "Three bad answers (`WORKFLOW_MAX_RETRIES`)"),
    ],
)
def test_numbers_in_words_are_those_of_the_code(page: str, words: str) -> None:
    """A changed constant changes its sentence."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert (defaults["workflow_outage_patience"], defaults["workflow_max_retries"]) == (3600, 3)
    assert words in text_of(ROOT / page)


def test_values_for_the_demo_model_are_understood() -> None:
    """A plan of faults or a latency that a page shows is one that the settings take."""
    for page in PAGES:
        for code in code_of(page):
            name, equals, value = code.partition("=")
            if equals and name == "DEMO_MODEL_FAULTS":
                Plan.parse(value)
            if equals and name in SETTINGS:
                Settings.model_validate({name.lower(): value})


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_page_names_a_machine(page: Path) -> None:
    """No path of somebody's machine; the pages are for everybody."""
    assert re.findall(r"(?<![\w.])/(?:home|root|tmp|work|Users)/\S*", text_of(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_page_has_one_title(page: Path) -> None:
    """The first line, and no second one."""
    assert text_of(page).startswith("# ")
    assert len(re.findall(r"^# ", prose_of(page), re.MULTILINE)) == 1
