"""`mcq doctor`: what is here, what is missing, and how to get it."""

import json
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from commands.exit_codes import Exit
from embedded.doctor import diagnose
from settings import Settings

_STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(settings: Settings, console: Console, *, as_json: bool) -> Exit:
    """Print the findings; UNAVAILABLE when one of them keeps `mcq` from working."""
    findings = diagnose(settings)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], default=str))  # noqa: T201 - the command's output
    else:
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        for finding in findings:
            table.add_row(f"[{_STYLES[str(finding.status)]}]{finding.status}", finding.name, finding.detail)
            if finding.advice:
                table.add_row("", "", finding.advice, style="dim")
        console.print(table)
    failed = any(str(finding.status) == "fail" for finding in findings)
    return Exit.UNAVAILABLE if failed else Exit.OK
