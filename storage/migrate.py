"""Bring a database to the current schema with Alembic."""

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config

from storage.engine import driver_url

# Alembic's context is global to the process; other processes wait at the advisory lock.
_one_thread = threading.Lock()


def alembic_config(database_url: str) -> Config:
    """Alembic's configuration for the project's migrations; no ini file needed."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    # Config values are interpolated with %, which passwords may contain.
    url = driver_url(database_url).render_as_string(hide_password=False)
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def migrate(database_url: str) -> None:
    """Apply every missing migration. Two at once are safe: the second waits and finds nothing to do."""
    with _one_thread:
        command.upgrade(alembic_config(database_url), "head")
