"""Generations on the real server, without a worker unless a test wants one."""

from tests.integration.storage.shared_database import database_url, shared_database_url

__all__ = ["database_url", "shared_database_url"]
