"""The pure core: questions, their linter, content, plan, statuses. No I/O, no Temporal, no database, no HTTP."""
