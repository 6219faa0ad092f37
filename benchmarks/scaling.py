"""How the speed of training and scoring depends on batch, latent size and image size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np
from timing import timed
from tqdm import tqdm

from skvaal import VAALQueryStrategy
from skvaal._engine.batches import PairedPools
from skvaal._pool.pool import Pool

# One at a time is varied, the others are as in the first line.
BASE = {"batch_size": 64, "latent_dim": 32, "image_size": 32}
VARIED: dict[str, Sequence[int]] = {
    "batch_size": (16, 64, 256),
    "latent_dim": (8, 32, 128),
    "image_size": (16, 32, 64),
}
_N_LABELED = 100


def measure(
    *,
    varied: Mapping[str, Sequence[int]] = VARIED,
    n_images: int = 512,
    width: int = 16,
    repeats: int = 3,
    device: str,
) -> list[dict[str, Any]]:
    """Time an epoch and a scoring of some images of noise for each setting, in turn.

    Parameters
    ----------
    varied : mapping of str to sequence of int
        Values of 'batch_size', 'latent_dim' and 'image_size'.
    n_images : int, default=512
        In the pool, of 3 channels.
    width : int, default=16
        Of the VAE.
    repeats : int, default=3
        After one that warms up.
    device : str

    Returns
    -------
    list of dict
        The setting, and ``trained_per_second`` and ``scored_per_second``, images, medians over the
        repeats; an epoch trains on as many labelled images as unlabelled ones, both counted.
    """
    settings = [BASE | {name: value} for name, values in varied.items() for value in values]
    settings = [each for i, each in enumerate(settings) if each not in settings[:i]]
    runs = [_Run(setting, n_images, width, device) for setting in settings]
    for repeat in tqdm(range(repeats + 1), desc="scaling", unit="round"):
        for run in runs:
            run.measure(keep=repeat > 0)
    return [run.result() for run in runs]


class _Run:
    def __init__(self, setting: dict[str, int], n_images: int, width: int, device: str) -> None:
        self.setting = setting
        self.device = device
        side = setting["image_size"]
        rng = np.random.default_rng(0)
        X = rng.integers(0, 256, (_N_LABELED + n_images, 3, side, side), dtype=np.uint8)
        self.pools = PairedPools(Pool(X[:_N_LABELED]), Pool(X[_N_LABELED:]))
        self.X = X[_N_LABELED:]
        params: dict[str, Any] = {"vae__width": width, "vae__latent_dim": setting["latent_dim"]}
        self.strategy = VAALQueryStrategy(
            batch_size=setting["batch_size"],
            max_epochs=1,
            rule="topk",
            random_state=0,
            device=device,
            **params,
        ).fit_pools(X[:_N_LABELED], self.X)
        self.seconds: dict[str, list[float]] = {"trained": [], "scored": []}

    def measure(self, *, keep: bool) -> None:
        net: Any = self.strategy.net_
        trained = timed(lambda: net.partial_fit(self.pools), self.device)
        scored = timed(lambda: self.strategy.score_samples(self.X), self.device)
        if keep:
            self.seconds["trained"].append(trained)
            self.seconds["scored"].append(scored)

    def result(self) -> dict[str, Any]:
        batch = min(self.setting["batch_size"], len(self.X))
        n_batches = -(-len(self.X) // batch)
        images = {"trained": 2 * n_batches * batch, "scored": len(self.X)}
        return self.setting | {
            f"{what}_per_second": round(images[what] / median(seconds), 1)
            for what, seconds in self.seconds.items()
        }


def summary(rows: list[dict[str, Any]]) -> str:
    """The settings and images a second, a line each.

    Parameters
    ----------
    rows : list of dict
        Of :func:`measure`.

    Returns
    -------
    str
    """
    names = list(rows[0])
    widths = [max(len(name), 8) for name in names]
    lines = [names, *([f"{row[name]:g}" for name in names] for row in rows)]
    return "\n".join(
        "  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
