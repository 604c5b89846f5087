"""docker-compose.yml as the tests read it."""

import re
from typing import Any

import yaml  # type: ignore[import-untyped]  # it ships no types

from tests.unit.product_code import ROOT

TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
# What runs to its end, and what others wait for.
STEPS = {"databases", "temporal-schema", "temporal-namespace", "migrate"}
LONG_RUNNING = sorted(SERVICES.keys() - STEPS)
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)

# What stands after the operator may hold another one, as in `${A:-${B:-c}}`.
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:?[-?+])((?:[^{}]|\$\{[^{}]*\})*))?\}")


def variables(text: str) -> list[tuple[str, str, str]]:
    """(name, operator, what stands after it) of every `${…}`, those within others included."""
    return [one for found in _VARIABLE.findall(text) for one in (found, *variables(found[2]))]


def filled(value: str) -> str:
    """A value as it is when nothing but the secrets is set."""
    return _VARIABLE.sub(lambda found: filled(found[3]) if found[2] == ":-" else f"s3cret{'x' * 40}", value)


def environment(service: str) -> dict[str, str]:
    """The environment of a service, without what is only passed on."""
    values = SERVICES[service].get("environment", {})
    return {name: filled(value) for name, value in values.items() if value is not None}


def command(service: str) -> list[str]:
    """The words after `mcq`."""
    words: list[str] = SERVICES[service]["command"]
    return words


def option(service: str, name: str) -> str:
    """The value of an option in a command of ours."""
    words = command(service)
    return words[words.index(name) + 1]


def seconds(duration: str) -> int:
    """`45s` or `1m` as a number."""
    found = re.fullmatch(r"(\d+)([sm])", duration)
    assert found is not None, duration
    return int(found[1]) * (60 if found[2] == "m" else 1)
