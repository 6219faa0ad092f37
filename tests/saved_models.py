"""Saved strategies that every later version must open and choose with as this one: data/README.md.

``python -m tests.saved_models NAME...`` fits and writes some of them, with what they choose.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from skvaal import (
    ArbitraryChoiceWarning,
    Herding,
    HerdingQueryStrategy,
    Stochastic,
    UnusedParameterWarning,
    VAALQueryStrategy,
)
from tests.conftest import SMALL

FOLDER = Path(__file__).parent / "data" / "models"
CHOICES = FOLDER / "choices.json"
N_LABELED, N_CHOSEN = 15, 12


class Case(NamedTuple):
    """An unfitted strategy, samples, and whether it reads class probabilities."""

    make: Callable[[], Any]
    X: Any
    reads_proba: bool = False


def _make_samples() -> tuple[np.ndarray, np.ndarray, Any, np.ndarray]:
    """Rows, images, sparse rows, and class probabilities; 50 of each."""
    rng = np.random.RandomState(0)
    rows = (rng.randn(50, 3) @ rng.randn(3, 12) + 0.1 * rng.randn(50, 12)).astype(np.float32)
    images = rng.randint(0, 256, (50, 1, 8, 8)).astype(np.uint8)
    images[::2, :, :4] //= 4
    sparse = csr_matrix((rng.rand(50, 140) * (rng.rand(50, 140) < 0.1)).astype(np.float32))
    return rows, images, sparse, rng.dirichlet(np.ones(3), 50)


ROWS, IMAGES, SPARSE, PROBA = _make_samples()
# Rows that float32 would not tell apart.
OFFSET = ROWS.astype(np.float64) + 1.7e9


def _vaal(**params: Any) -> Callable[[], VAALQueryStrategy]:
    small = {**SMALL, "batch_size": 16, "discriminator__hidden": (6,)}
    return lambda: VAALQueryStrategy(**small, **params)


def _herding(**params: Any) -> Callable[[], HerdingQueryStrategy]:
    """As it was by default in files of format 2 and 3."""
    return lambda: HerdingQueryStrategy(**{"uncertainty_power": 1.0, **params}, random_state=0)


# What the name of herding, and its default, stood for in files of earlier formats.
OF_FORMAT_3 = {"rule__uncertainty_power": 1.0}
OF_FORMAT_2 = {"rule__space": "decoded", "rule__score_power": "n_labeled", **OF_FORMAT_3}

OLD_HERDING = Herding(space="latent", score_power="n_labeled", uncertainty_power=1.0)

CASES = {
    "herding": Case(_herding(n_components=4), ROWS),
    "herding_images": Case(_herding(n_components=3), IMAGES),
    "herding_offset": Case(_herding(n_components=4), OFFSET),
    "vaal_rows": Case(_vaal(vae__hidden=(6,), **OF_FORMAT_2), ROWS),
    "vaal_offset": Case(_vaal(vae__hidden=(4,), **OF_FORMAT_2), OFFSET),
    "vaal_images": Case(_vaal(vae__width=2, likelihood="bernoulli", **OF_FORMAT_2), IMAGES),
    "vaal_sparse": Case(
        _vaal(vae__hidden=(4,), rule=OLD_HERDING),
        SPARSE[:24],
    ),
    "plain_vaal": Case(
        _vaal(vae__hidden=(6,), vae__linear_path=False, rule="topk", uncertainty=None), ROWS
    ),
    "stochastic": Case(_vaal(vae__hidden=(6,), rule=Stochastic(temperature=0.5)), ROWS),
    "no_discriminator": Case(_vaal(vae__hidden=(6,), net="no_discriminator", **OF_FORMAT_2), ROWS),
    "pseudo_label": Case(_vaal(vae__hidden=(6,), net="pseudo_label", **OF_FORMAT_2), ROWS, True),
    "task_loss": Case(_vaal(vae__hidden=(6,), net="task_loss", **OF_FORMAT_2), ROWS, True),
    # Of format 3.
    "vaal_herding": Case(_vaal(vae__hidden=(6,), **OF_FORMAT_3), ROWS),
    "vaal_herding_n_labeled": Case(
        _vaal(vae__hidden=(6,), rule=Herding(score_power="n_labeled", uncertainty_power=1.0)), ROWS
    ),
    "vaal_herding_proba": Case(_vaal(vae__hidden=(6,), **OF_FORMAT_3), ROWS, True),
    # Of format 4.
    "vaal_herding_trusting": Case(
        _vaal(vae__hidden=(6,), rule=Herding(uncertainty_power=2.5)), ROWS, True
    ),
    "herding_trusting": Case(_herding(n_components=4, uncertainty_power=3.0), ROWS, True),
}


def fitted(name: str) -> Any:
    """The strategy of a case, fitted."""
    strategy, X, reads_proba = CASES[name].make(), CASES[name].X, CASES[name].reads_proba
    y = np.where(np.arange(X.shape[0]) < N_LABELED, 0, -1)
    with warnings.catch_warnings():
        # Of a discriminator that is not trained, but saved.
        warnings.simplefilter("ignore", UnusedParameterWarning)
        return strategy.fit(X, y, **({"proba": PROBA[: X.shape[0]]} if reads_proba else {}))


def choose(name: str, strategy: Any) -> tuple[list[int], list[float]]:
    """What a strategy chooses of the samples of its case: rows, and what they were chosen by."""
    case = CASES[name]
    proba = PROBA[: case.X.shape[0]] if case.reads_proba else None
    with warnings.catch_warnings():
        # Few labels cover few samples wholly.
        warnings.simplefilter("ignore", ArbitraryChoiceWarning)
        indices, scores = strategy.query(case.X, N_CHOSEN, proba=proba, return_scores=True)
    return indices.tolist(), scores.astype(float).tolist()


def main(names: list[str]) -> None:
    """Write the files of some cases."""
    FOLDER.mkdir(exist_ok=True)
    choices = json.loads(CHOICES.read_text())
    for name in names:
        strategy = fitted(name)
        strategy.save(FOLDER / f"{name}.safetensors")
        indices, scores = choose(name, strategy)
        choices[name] = {"indices": indices, "scores": scores}
    CHOICES.write_text(json.dumps(choices, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
