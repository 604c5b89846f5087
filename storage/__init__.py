"""PostgreSQL: tables, engine, and queries with names. Nothing else in the project speaks SQL."""
