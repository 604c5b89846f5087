"""Servers of the user's own take the place of the embedded ones."""

from pathlib import Path

import pytest

from embedded import external, process
from embedded.errors import StackError
from embedded.stack import Stack
from settings import Settings
from tests.integration.embedded.helpers import NO_POSTGRES, NO_TEMPORAL, settings_for, toy


def test_both_external(home: Path) -> None:
    """With both addresses set nothing of ours is started for them; they are passed on, and the UI is unknown."""
    with Stack(settings_for(home), extra_parts=[toy()]) as stack:
        assert stack.addresses.database_url == NO_POSTGRES
        assert stack.addresses.temporal_address == NO_TEMPORAL
        assert stack.addresses.temporal_ui is None
        assert len(process.find_marked(home)) == 1
    assert not (home / "postgres").exists()
    assert not (home / "temporal").exists()


def test_address_from_a_temporal_profile(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporal's own configuration file and TEMPORAL_PROFILE count; TEMPORAL_ADDRESS wins over them."""
    file = home.parent / "temporal.toml"
    file.write_text('[profile.default]\naddress = "one:7233"\n[profile.cloud]\naddress = "two:7233"\n')
    settings = Settings(_env_file=None, mcq_home=home)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(file))
    assert external.temporal_address(settings) == "one:7233"
    monkeypatch.setenv("TEMPORAL_PROFILE", "cloud")
    assert external.temporal_address(settings) == "two:7233"
    monkeypatch.setenv("TEMPORAL_ADDRESS", "three:7233")
    assert external.temporal_address(Settings(_env_file=None, mcq_home=home)) == "three:7233"


def test_no_profile_means_the_embedded_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any of Temporal's variables and files the embedded server is meant."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home.parent))
    assert external.temporal_address(Settings(_env_file=None, mcq_home=home)) is None


def test_broken_profile_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration file that can't be read is an error, and no reason to start a server."""
    file = home.parent / "temporal.toml"
    file.write_text("[profile.default\n")
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(file))
    with pytest.raises(StackError, match="Temporal's client configuration can't be read"):
        Stack(Settings(_env_file=None, mcq_home=home)).start()
