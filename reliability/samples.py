"""Tiny data, and strategies that train on it in a blink."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal import HerdingQueryStrategy, VAALQueryStrategy

N_LABELED, N_SAMPLES, N_FEATURES = 10, 60, 6

QUICK: dict[str, Any] = {
    "max_epochs": 1,
    "batch_size": 16,
    "vae__latent_dim": 3,
    "vae__hidden": (8,),
    "discriminator__hidden": (8,),
    "device": "cpu",
}


def tiny(seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Draw samples, of which the first ten are labelled."""
    rng = np.random.default_rng(seed)
    y = np.full(N_SAMPLES, -1)
    y[:N_LABELED] = np.arange(N_LABELED) % 2
    return rng.normal(size=(N_SAMPLES, N_FEATURES)), y


def strategies(seed: int = 0) -> dict[str, Any]:
    """Both estimators, unfitted."""
    return {
        "herding": HerdingQueryStrategy(n_components=4, random_state=seed),
        "vaal": VAALQueryStrategy(**QUICK, random_state=seed),
    }


def fitted(name: str, seed: int = 0) -> Any:
    """Return a fitted strategy."""
    return strategies(seed)[name].fit(*tiny(seed))


def choice(strategy: Any, n: int = 5) -> bytes:
    """What a fitted strategy chooses from the tiny pool, and by which values, bit for bit."""
    X, _ = tiny()
    indices, values = strategy.query(X, n=n, return_scores=True)
    return bytes(indices.tobytes() + values.tobytes())


def is_right(indices: Any, n: int, n_pool: int) -> bool:
    """Whether these are n distinct rows of a pool."""
    indices = np.asarray(indices)
    return (
        indices.shape == (n,)
        and indices.dtype.kind == "i"
        and len(np.unique(indices)) == n
        and bool(((indices >= 0) & (indices < n_pool)).all())
    )
