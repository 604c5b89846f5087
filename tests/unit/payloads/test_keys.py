"""The setting PAYLOAD_KEYS: what it takes, and what it says of anything else."""

import base64

import pytest
from pydantic import ValidationError

from payloads.keys import parse_keys
from settings import MissingSetting, Settings
from tests.unit.payloads.made import NEW, OLD, written

SHORT = base64.b64encode(b"canary-canary-canary").decode()
GOOD = base64.b64encode(b"canary-canary-canary-canary-cana").decode()


def test_keys_keep_their_order() -> None:
    """The first one encrypts; blanks and line breaks between them, as files have them, do not count."""
    assert parse_keys(written(NEW, OLD)) == (NEW, OLD)
    assert parse_keys(written(NEW) + ", \n" + written(OLD) + "\n") == (NEW, OLD)


def test_no_key_is_shown() -> None:
    """Neither by a key nor by the settings."""
    settings = Settings(_env_file=None, payload_keys=f"a:{GOOD}", codec_server_token=GOOD)
    assert settings.encryption_keys[0].secret == b"canary-canary-canary-canary-cana"
    shown = repr(settings) + str(settings) + str(settings.model_dump()) + repr(settings.encryption_keys)
    assert "canary" not in shown and GOOD not in shown


@pytest.mark.parametrize(
    "value",
    [
        GOOD,
        f"a:{SHORT}",
        f"a:{GOOD},",
        f"a:{GOOD},b",
        f"a:{GOOD},a:{GOOD}",
        f":{GOOD}",
        f"a b:{GOOD}",
        f"a:{GOOD}{GOOD}",
        f"a:*{GOOD}",
        "a:",
    ],
)
def test_a_value_that_cannot_work_is_refused_at_the_start(value: str) -> None:
    """With what to do, and without the key."""
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None, payload_keys=value)
    (problem,) = caught.value.errors(include_url=False, include_input=False)
    assert problem["loc"] == ("payload_keys",)
    assert "openssl rand -base64 32" in problem["msg"] or "id of its own" in problem["msg"]
    assert SHORT not in str(caught.value) and GOOD not in str(caught.value)


def test_the_token_is_long() -> None:
    """Nobody guesses 32 characters."""
    with pytest.raises(ValidationError, match="openssl rand"):
        Settings(_env_file=None, codec_server_token="x" * 31)


@pytest.mark.parametrize("origin", ["*", "localhost:8233", "http://localhost:8233/", "http://a,http://b", "null"])
def test_only_one_origin_is_taken(origin: str) -> None:
    """A pattern or a path would be compared with nothing, or allow everybody."""
    with pytest.raises(ValidationError, match="origin"):
        Settings(_env_file=None, codec_ui_origin=origin)


def test_the_codec_server_says_what_it_lacks() -> None:
    """Both settings by name."""
    with pytest.raises(MissingSetting, match=r"PAYLOAD_KEYS .*openssl rand -base64 32"):
        Settings(_env_file=None).require_encryption_keys()
    with pytest.raises(MissingSetting, match="CODEC_SERVER_TOKEN"):
        Settings(_env_file=None).require_codec_server_token()
