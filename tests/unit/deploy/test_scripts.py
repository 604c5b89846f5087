"""The scripts in deploy/, as far as they run without servers."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # it ships no types

from deploy.runtime_requirements import entries, needed
from embedded.temporal_server import DYNAMIC_CONFIG
from tests.unit.product_code import ROOT

DEPLOY = ROOT / "deploy"
SCRIPTS = sorted(DEPLOY.rglob("*.sh"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _names(requirements: list[str]) -> set[str]:
    """Without extras, versions and markers."""
    return {re.split(r"[^\w.-]", requirement)[0] for requirement in requirements}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_for_every_shell(script: Path) -> None:
    """The images have no shell in common but `sh`; an error ends it, and so does a name that is not set."""
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!/bin/sh\n") and "\nset -eu\n" in text
    subprocess.run(["sh", "-n", script], check=True)


def _new_env(folder: Path, before: str | None) -> str:
    (folder / "deploy").mkdir(exist_ok=True)
    script = folder / "deploy" / "new-env.sh"
    script.write_bytes((DEPLOY / "new-env.sh").read_bytes())
    if before is not None:
        (folder / ".env").write_text(before, encoding="utf-8")
    subprocess.run(["sh", script], check=True, capture_output=True)
    return (folder / ".env").read_text(encoding="utf-8")


def test_new_secrets_are_long_different_and_private(tmp_path: Path) -> None:
    """As the settings demand them, and readable by their owner alone."""
    values = dict(line.split("=", 1) for line in _new_env(tmp_path, None).splitlines())
    assert set(values) == {
        "POSTGRES_PASSWORD", "POSTGRES_MCQ_PASSWORD", "POSTGRES_TEMPORAL_PASSWORD", "API_SECRET_KEY",
    }  # fmt: skip
    assert len(set(values.values())) == len(values)
    assert all(re.fullmatch(r"[0-9a-f]{48}", secret) for secret in values.values())
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0


def test_what_is_set_is_kept(tmp_path: Path) -> None:
    """A new password for data that is there would lock its owner out; an empty line is as good as none."""
    first = _new_env(tmp_path, "OPENAI_API_KEY=mine\nAPI_SECRET_KEY=\nPOSTGRES_PASSWORD=old")
    assert first.startswith("OPENAI_API_KEY=mine\nPOSTGRES_PASSWORD=old\n")
    assert first.count("API_SECRET_KEY=") == 1
    assert _new_env(tmp_path, None) == first


def test_the_image_gets_what_the_service_needs() -> None:
    """All of the project's dependencies, with their hashes, and nothing of what only tests and checks need."""
    chosen = needed(LOCK, ["mcq"])
    names = {re.split("==", entry)[0] for entry in chosen}
    runtime = _names(PROJECT["project"]["dependencies"])
    tools = _names(PROJECT["dependency-groups"]["dev"])
    assert runtime <= names
    assert tools & names <= runtime | {"httpx2"}  # others than we need it too
    assert {"pytest", "mypy", "hypothesis", "schemathesis"} & names == set()
    assert all("--hash=sha256:" in entry for entry in chosen)


def test_the_image_is_built_with_the_locked_backend() -> None:
    """The backend and what it needs, so that nothing is fetched without a hash."""
    names = {entry.partition("==")[0] for entry in needed(LOCK, ["hatchling"])}
    assert {"hatchling", "pathspec", "packaging", "pluggy"} <= names
    assert "pytest" not in names


def test_no_entry_of_the_lock_is_overlooked() -> None:
    """Every pin is an entry; a name that is not there is told."""
    assert len(entries(LOCK)) == LOCK.count("==") - sum(line.count("==") for line in _markers())
    with pytest.raises(SystemExit, match="not in the lock: nonsense"):
        needed(LOCK, ["nonsense"])


def _markers() -> list[str]:
    """What stands after the `;` of a pin."""
    return [line.partition(";")[2] for line in LOCK.splitlines() if ";" in line]


def test_temporals_configuration_is_yaml_once_it_is_filled() -> None:
    """The line that switches its templates on stands first, or the braces would reach the server."""
    text = (DEPLOY / "temporal" / "server.yaml").read_text(encoding="utf-8")
    assert text.startswith("# enable-template\n")
    filled = yaml.safe_load(re.sub(r"\{\{[^}]*\}\}", "filled", text))
    assert filled["services"]["frontend"]["rpc"]["grpcPort"] == 7233
    assert filled["services"]["history"]["rpc"]["bindOnLocalHost"] is True


def test_dynamic_settings_are_those_that_were_measured() -> None:
    """One decision for the embedded server and for this one."""
    found = yaml.safe_load((DEPLOY / "temporal" / "dynamic-config.yaml").read_text(encoding="utf-8"))
    assert {name: [{"value": value}] for name, value in DYNAMIC_CONFIG.items()} == found
