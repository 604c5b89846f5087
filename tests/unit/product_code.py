"""The product's own source files, for tests that read them."""

import ast
import gc
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGES = (
    "activities", "api", "commands", "demo_model", "domain", "embedded", "metrics", "model", "payloads", "service",
    "storage", "workflows", "writing",
)  # fmt: skip


def product_files() -> list[Path]:
    """Every Python file of the product: the packages and the modules at the top."""
    packaged = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    return [*sorted(ROOT.glob("*.py")), *packaged]


def parse(source: str) -> ast.Module:
    """What `ast.parse` returns, without a collection meanwhile.

    What is collected may tell a traceback, for which Python parses too; before 3.11.8 the first parser then fails
    (cpython #106905).
    """
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        gc.enable()


def top_level_names() -> set[str]:
    """What `import` finds of ours."""
    return {*PACKAGES, *(file.stem for file in ROOT.glob("*.py"))}
