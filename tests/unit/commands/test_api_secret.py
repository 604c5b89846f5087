"""The key that signs the tokens of the embedded stack: made once, kept, and whole."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from commands.session import api_secret
from settings import Settings


def test_it_is_made_once_and_nobody_else_reads_it(tmp_path: Path) -> None:
    """Whoever is first; several at once have the same."""
    settings = Settings(_env_file=None, mcq_home=tmp_path)
    with ThreadPoolExecutor(8) as several:
        made = set(several.map(lambda _: api_secret(settings), range(8)))
    assert made == {api_secret(settings)} and len(made.pop()) >= 48
    assert [path.name for path in tmp_path.iterdir()] == ["api-secret"]
    assert (tmp_path / "api-secret").stat().st_mode & 0o777 == 0o600


def test_an_empty_one_is_made_anew(tmp_path: Path) -> None:
    """What a power failure left: with it no API would start."""
    (tmp_path / "api-secret").touch()
    assert len(api_secret(Settings(_env_file=None, mcq_home=tmp_path))) >= 48


def test_the_setting_goes_before_it(tmp_path: Path) -> None:
    """And makes no file."""
    secret = "s" * 40
    assert api_secret(Settings(_env_file=None, mcq_home=tmp_path, api_secret_key=secret)) == secret
    assert list(tmp_path.iterdir()) == []
