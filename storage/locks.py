"""Advisory locks of PostgreSQL are named by numbers; ours have names."""

import hashlib


def lock_key(name: str) -> int:
    """The number of a lock, the same in every process."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
