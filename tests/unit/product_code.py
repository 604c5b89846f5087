"""The product's own source files, for tests that read them."""

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


def top_level_names() -> set[str]:
    """What `import` finds of ours."""
    return {*PACKAGES, *(file.stem for file in ROOT.glob("*.py"))}
