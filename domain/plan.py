"""Which chunk, difficulty, Bloom level and key position each question gets, decided before a cent is spent.

Integers and hashes only: the same input gives the same plan on every machine, in every version of Python.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from domain.statuses import Bloom, Difficulty

# Shares of a quiz in per cent: mostly medium, some to begin with, some to stretch.
DIFFICULTIES: Mapping[str, int] = {Difficulty.MEDIUM: 50, Difficulty.EASY: 30, Difficulty.HARD: 20}
# A choice between options tests remembering and understanding best; analysis is rarest.
BLOOMS: Mapping[str, int] = {Bloom.UNDERSTAND: 30, Bloom.REMEMBER: 30, Bloom.APPLY: 25, Bloom.ANALYZE: 15}


@dataclass(frozen=True, slots=True)
class ChunkSpan:
    """A chunk as the plan sees it: the section it belongs to and its size in characters."""

    section: int
    size: int


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """What one slot is to be about. `chunk` is an index; `part` of `parts` counts the slots of that chunk from 1."""

    chunk: int
    part: int
    parts: int
    difficulty: str
    bloom: str
    key_position: int


@dataclass(frozen=True, slots=True)
class ChunkLoad:
    """How many slots a chunk has been given so far, and its size in characters."""

    size: int
    slots: int


def plan_slots(chunks: Sequence[ChunkSpan], count: int, *, options: int = 4, seed: str) -> list[SlotPlan]:
    """The plan for `count` questions with `options` options each.

    Sections share the questions in proportion to their size, chunks share those of their section (largest remainder
    both times). Slots go round the chunks, so that neighbours, which are written at the same time, ask about different
    text and a quiz that is stopped half-way still covers the whole. Raises ValueError without chunks or with
    `count` < 0.
    """
    if count < 0 or options < 1 or (count and not chunks):
        raise ValueError(f"cannot plan {count} questions of {options} options over {len(chunks)} chunks")
    quotas = _chunk_quotas(chunks, count)
    places = sorted(
        (Fraction(2 * part - 1, 2 * quota), chunk, part, quota)
        for chunk, quota in enumerate(quotas)
        for part in range(1, quota + 1)
    )
    difficulties = _interleave(DIFFICULTIES, count)
    # Bloom levels are dealt within each difficulty, or the two cycles would lock: every hard question an analysis.
    by_difficulty = sorted(range(count), key=lambda slot: (list(DIFFICULTIES).index(difficulties[slot]), slot))
    blooms = dict(zip(by_difficulty, _interleave(BLOOMS, count), strict=True))
    positions = _key_positions(count, options, seed)
    return [
        SlotPlan(chunk, part, parts, difficulties[slot], blooms[slot], positions[slot])
        for slot, (_, chunk, part, parts) in enumerate(places)
    ]


def hand_on(chunk_loads: Sequence[ChunkLoad], exhausted: Collection[int], tried: Collection[int]) -> int | None:
    """The chunk that takes over a slot which its own chunk could not fill, or None when none is left.

    The one that would be least loaded for its size, not `exhausted`, untried by this slot before tried; ties go to
    the first. The caller bounds how often a slot is handed on.
    """
    candidates = [index for index, chunk in enumerate(chunk_loads) if index not in exhausted and chunk.size > 0]
    return min(
        candidates,
        key=lambda index: (index in tried, Fraction(chunk_loads[index].slots + 1, chunk_loads[index].size), index),
        default=None,
    )


def _chunk_quotas(chunks: Sequence[ChunkSpan], count: int) -> list[int]:
    """How many questions each chunk gets."""
    members: list[list[int]] = []
    by_section = sorted(range(len(chunks)), key=lambda index: (chunks[index].section, index))
    for _, indices in groupby(by_section, key=lambda index: chunks[index].section):
        members.append(list(indices))
    sizes = [max(chunk.size, 0) for chunk in chunks]
    shares = _apportion([sum(sizes[index] for index in section) for section in members], count)
    quotas = [0] * len(chunks)
    for section, share in zip(members, shares, strict=True):
        for index, quota in zip(section, _apportion([sizes[index] for index in section], share), strict=True):
            quotas[index] = quota
    return quotas


def _apportion(weights: Sequence[int], count: int) -> list[int]:
    """`count` shared in proportion to `weights` by largest remainder; each share is within 1 of the exact one."""
    if not any(weights):
        weights = [1] * len(weights)
    total = sum(weights)
    shares = [count * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-(count * weights[index] % total), index))
    for index in by_remainder[: count - sum(shares)]:
        shares[index] += 1
    return shares


def _interleave(weights: Mapping[str, int], count: int) -> list[str]:
    """`count` names in proportion to `weights`, each name as evenly spread as can be (largest deficit first)."""
    names = list(weights)
    quotas = _apportion(list(weights.values()), count)
    given = [0] * len(names)
    sequence: list[str] = []
    for step in range(1, count + 1):
        open_names = [index for index in range(len(names)) if given[index] < quotas[index]]
        chosen = max(open_names, key=lambda index: (quotas[index] * step - given[index] * count, -index))
        given[chosen] += 1
        sequence.append(str(names[chosen]))
    return sequence


def _key_positions(count: int, options: int, seed: str) -> list[int]:
    """Positions 0…options-1 in shuffled blocks: each block holds every position once, so no position leads by more
    than one, and no habit can be learned.
    """
    positions: list[int] = []
    for block in range((count + options - 1) // options):
        positions.extend(sorted(range(options), key=lambda position: _draw(f"{seed}/{block}/{position}")))
    return positions[:count]


def _draw(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
