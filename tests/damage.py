"""Damage to a user's files, as disks, crashes and strangers do it; the same in each process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

# What may stand in the place of a value in a file of JSON.
WRONG_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**30,
    0.5,
    float("nan"),
    "",
    "no such thing",
    "\ud800",
    [],
    [[]],
    {},
    {"no such key": 1},
)


def flip_bit(content: bytes, bit: int) -> bytes:
    """The same bytes but for one bit; bits are numbered through all bytes."""
    place, mask = bit // 8, 1 << bit % 8
    return content[:place] + bytes([content[place] ^ mask]) + content[place + 1 :]


def flipped(content: bytes, n: int, seed: int = 0) -> Iterator[tuple[int, bytes]]:
    """Copies with one bit flipped, at `n` places drawn by `seed`, each with its bit's number."""
    n_bits = 8 * len(content)
    for bit in sorted(Random(seed).sample(range(n_bits), min(n, n_bits))):
        yield bit, flip_bit(content, bit)


def truncated(content: bytes, n: int) -> Iterator[tuple[int, bytes]]:
    """Copies cut off at `n` places at even steps, the empty one first, each with its length."""
    for length in sorted({i * len(content) // n for i in range(n)}):
        yield length, content[:length]


def key_paths(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """Where a value, and each value within it, stands; of a list only its first and last entry."""
    yield path
    if isinstance(value, dict):
        for key, one in value.items():
            yield from key_paths(one, (*path, key))
    elif isinstance(value, list):
        for i in sorted({0, len(value) - 1} & set(range(len(value)))):
            yield from key_paths(value[i], (*path, i))


def replaced(value: Any, path: tuple, new: Any) -> Any:
    """A copy of a value of JSON with another value at a path."""
    if not path:
        return new
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = replaced(value[path[0]], path[1:], new)
    return copied


def without(value: Any, path: tuple) -> Any:
    """A copy of a value of JSON that lacks the entry at a path."""
    copied = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1:
        del copied[path[0]]
    else:
        copied[path[0]] = without(value[path[0]], path[1:])
    return copied


def crafted(
    value: Any, wrong_values: tuple[Any, ...] = WRONG_VALUES
) -> Iterator[tuple[tuple, Any, Any]]:
    """Copies of a value of JSON, each with one wrong entry, or without it.

    Each comes after the path of that entry and what is there now ("missing" where nothing is).
    """
    for path in key_paths(value):
        for wrong in wrong_values:
            yield path, wrong, replaced(value, path, wrong)
        if path:
            yield path, "missing", without(value, path)


def rewrite_json(path: Path, change: Callable[[Any], Any]) -> None:
    """Change what a file of JSON holds, and leave out its digest, as an attacker may."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(content, dict):
        content.pop("sha256", None)
    path.write_text(json.dumps(change(content)), encoding="utf-8")
