"""Every version whose generations may be in flight has left histories."""

from tests.replay.replaying import HISTORIES, NAMES, turn_of
from tests.replay.versions import in_changelog, tagged, under_way
from tests.support.content import ROOT

# What each version records at least: written at once, sent back, paused, ended by a person, ended by itself.
AT_LEAST = {"plain", "repaired", "paused", "cancelled", "failed"}


def test_every_version_has_histories() -> None:
    """Released by the changelog, by a tag, or under way; README.md says how a version gets its own."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = {under_way(), *in_changelog(changelog), *tagged()}
    lacking = {
        version: sorted(missing)
        for version in versions
        if (missing := AT_LEAST - {turn_of(name) for name in NAMES if name.startswith(f"{version}/")})
    }
    assert lacking == {}


def test_every_history_belongs_to_a_version() -> None:
    """A file beside the folders would be replayed by nobody."""
    assert [path.name for path in HISTORIES.iterdir() if not path.is_dir()] == []
    assert sorted(f"{path.parent.name}/{path.stem}" for path in HISTORIES.rglob("*.json")) == NAMES


def test_versions_are_found_in_a_changelog() -> None:
    """Otherwise the first test would ask for nothing; what is unreleased is not a version."""
    text = "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2030-01-02\n\n## [0.1.0]\n\n### Added\n"
    assert in_changelog(text) == ["0.2.0", "0.1.0"]
