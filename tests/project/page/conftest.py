from dataclasses import replace

import numpy as np
import pytest

from skvaal._files.labels import LabeledSamples
from skvaal._files.named_samples import NamedSamples
from skvaal.project.picks import Picks

N, N_LABELED = 24, 4


def as_objects(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def make_samples(kind, names=None):
    rng = np.random.RandomState(0)
    X = {
        "images": rng.randint(0, 256, (N, 3, 16, 16)).astype(np.uint8),
        "features": rng.randn(N, 12).round(2),
        "texts": as_objects([f"What text {i} says" for i in range(N)]),
    }[kind]
    is_path = kind == "images"
    names = names or [f"photo_{i:02d}.jpg" if is_path else str(i) for i in range(N)]
    column = "path" if is_path else "row"
    return NamedSamples(X, as_objects(names), kind, column, None, "pool")


@pytest.fixture
def make_picks():
    """Return a function that makes three picks of 24 samples, 4 of which have a label."""

    def make(kind="images", *, names=None, **changes):
        samples = make_samples(kind, names)
        labels = as_objects(["boot", "boot", "boot", "bag"])
        known = LabeledSamples(samples, np.arange(N_LABELED), labels)
        picks = Picks(
            known=known,
            rows=np.array([7, 20, 11]),
            columns={
                "gain": np.array([3.0, 2.0, np.nan]),
                "covers": np.array([9, 5, 1]),
                "nearest_labeled": samples.names[[3, 0, 0]],
            },
            reasons=("unlike any label", "9 like it in the pool", "the model wavers"),
            summary="Chose 3 of 20 by herding.",
            notes=("1 image was left out.",),
            strategy=None,
            settings={"strategy": "herding", "seed": 5, "version": "1.2", "seconds": {"fit": 0.5}},
            map=np.random.RandomState(1).randn(N, 2),
        )
        return replace(picks, **changes)

    return make
