"""Alembic's entry: runs migrations in one transaction, behind an advisory lock."""

from alembic import context
from sqlalchemy import create_engine, pool, text

from storage.tables import metadata

# Any constant will do, as long as nothing else in the database uses it.
_LOCK = 7_155_202


def run() -> None:
    """Apply migrations online; offline SQL is printed by `alembic upgrade --sql`."""
    url = context.config.get_main_option("sqlalchemy.url")
    if context.is_offline_mode():
        context.configure(url=url, target_metadata=metadata, literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    engine = create_engine(url or "", poolclass=pool.NullPool, connect_args={"connect_timeout": 5})
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, compare_server_default=True)
        with context.begin_transaction():
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            context.run_migrations()
    engine.dispose()


run()
