"""Samples that are made by hand, and files of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from skvaal._files.labels import LabeledSamples
from skvaal._files.named_samples import NamedSamples


def make_known(
    X: np.ndarray, labels: dict[int, str] | None = None, kind: str = "features"
) -> LabeledSamples:
    """Samples called by their rows, or as files, and labels by row."""
    column = "path" if kind == "images" else "row"
    names = [f"{i:03d}.png" if kind == "images" else str(i) for i in range(len(X))]
    samples = NamedSamples(X, np.array(names, dtype=object), kind, column, None, "pool")
    rows = sorted(labels or {})
    values = np.array([(labels or {})[row] for row in rows], dtype=object)
    return LabeledSamples(samples, np.array(rows, dtype=np.intp), values)


@pytest.fixture
def known_of() -> Callable[..., LabeledSamples]:
    return make_known


@pytest.fixture(scope="session")
def blobs() -> LabeledSamples:
    """120 points in three clouds; of two, five points each have a label."""
    rng = np.random.default_rng(0)
    centres = np.array([[0, 0, 0, 0], [6, 0, 0, 0], [0, 6, 0, 0]])
    X = centres[np.arange(120) % 3] + rng.normal(size=(120, 4))
    labels = {row: ("cat", "dog")[row % 3] for row in range(15) if row % 3 < 2}
    return make_known(X, labels)
