"""A user's program: `mypy --strict` accepts it, tests/test_typing.py says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import skvaal
from skvaal import (
    Cluster,
    Diagnostics,
    Herding,
    HerdingQuery,
    HerdingQueryStrategy,
    StabilizedPredictions,
    VAALNet,
    VAALQuery,
    VAALQueryStrategy,
)
from skvaal.benchmark import Dataset, Plan, Results, get_strategies, load_dataset
from skvaal.benchmark import run as compare
from skvaal.project import LabeledSamples, Picks, Project, State, choose, read_labels, read_pool

Rows = NDArray[np.float32]


class OwnNet(VAALNet):
    """A net of the user's."""


def choose_by_herding(X_labeled: Rows, X_pool: Rows, proba: NDArray[np.float64]) -> list[int]:
    """Choose without a network."""
    strategy = HerdingQueryStrategy(n_components=4, random_state=0)
    strategy.fit_pools(X_labeled, X_pool)
    indices = strategy.query(X_pool, n=5, proba=proba)
    again, scores = strategy.query(X_pool, n=5, proba=proba, return_scores=True)
    best: float = float(scores.max())
    print(best, again.tolist())
    rows: list[int] = indices.tolist()
    return rows


def choose_by_vaal(X: Rows, y: NDArray[np.int64], path: Path) -> NDArray[np.intp]:
    """Train, look at what was learned, keep it, choose."""
    strategy = VAALQueryStrategy(
        net=OwnNet, rule=Cluster(), max_epochs=2, vae__latent_dim=4, random_state=0
    ).fit(X, y)
    latent: Rows = strategy.transform(X)
    report: Diagnostics = strategy.diagnose(X, y)
    print(latent.shape, report)
    strategy.save(path)
    loaded: VAALQueryStrategy = VAALQueryStrategy.load(path)
    preset: VAALQueryStrategy = VAALQueryStrategy.from_preset("paper-cifar")
    print(preset.get_params())
    return loaded.query(X, n=3)


def play(learner: object, X_pool: Rows) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Ask as modAL does."""
    for query in (HerdingQuery(random_state=0), VAALQuery(rule=Herding(), max_epochs=2)):
        indices, scores = query(learner, X_pool, n_instances=2)
        print(query.explain(learner, X_pool, indices))
    return indices, scores


def label(folder: Path, pool: Path, labels: Path) -> State:
    """Keep rounds in a folder."""
    known: LabeledSamples = read_labels(labels, read_pool(pool))
    picks: Picks = choose(known, 5, strategy="herding")
    print(picks)
    project = Project.start(folder, pool, labels=labels)
    asked = project.ask(5, strategy="herding")
    print(asked.round.names)
    project.tell(labels)
    return project.read_state()


def measure(out: Path) -> Results:
    """Compare strategies."""
    data: Dataset = load_dataset("digits")
    plan = Plan(initial=20, batch=10, rounds=2, n_seeds=2)
    strategies = {**get_strategies(["random", "margin"]), "own": HerdingQuery()}
    return compare(data, strategies, plan=plan, out=out)


def is_done(learner: object, X_stop: Rows) -> bool:
    """Ask a stopping rule."""
    return StabilizedPredictions().update(learner, X_stop)


version: str = skvaal.__version__
