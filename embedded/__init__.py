"""PostgreSQL, Temporal and our own programs on one machine, without an installation. See `stack.Stack`."""
