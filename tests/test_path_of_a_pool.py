"""The way of a pool from a query to indices is short, and the pool is validated once."""

from __future__ import annotations

import sys
from types import FrameType, SimpleNamespace

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

import skvaal._pool.validation
from skvaal import HerdingQuery, VAALQuery
from skvaal._pool.pool import Pool
from skvaal._rules.rule import Candidates

from .conftest import SMALL

X = np.random.RandomState(0).rand(120, 6).astype(np.float32)
QUERIES = {
    "HerdingQuery": HerdingQuery(random_state=0),
    "VAALQuery": VAALQuery(**SMALL),
    "topk": VAALQuery(**SMALL, rule="topk"),
}


class Learner(SimpleNamespace):
    """As much of a learner of modAL as a query reads."""

    X_training = X[:20]
    y_training = np.arange(20) % 2

    def predict_proba(self, X):
        return GaussianNB().fit(self.X_training, self.y_training).predict_proba(X)


class Path:
    """Modules that a pool is handed through: those of the functions that get it as an argument.

    A chain is what a reader follows: the modules of the calls that are not over yet. Methods of the
    pool itself are the end of it.
    """

    def __init__(self, X_pool: np.ndarray) -> None:
        self.X_pool = X_pool
        self.chains: set[tuple[str, ...]] = set()

    def __call__(self, frame: FrameType | None, event: str, arg: object) -> None:
        if event != "call" or not self._gets_pool(frame):
            return
        modules: list[str] = []
        while frame is not None:
            if self._gets_pool(frame):
                modules.insert(0, frame.f_globals["__name__"])
            frame = frame.f_back
        self.chains.add(tuple(dict.fromkeys(modules)))

    def _gets_pool(self, frame: FrameType) -> bool:
        module = frame.f_globals.get("__name__", "")
        if not module.startswith("skvaal.") or module == Pool.__module__:
            return False
        code = frame.f_code
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        return any(self._is_pool(frame.f_locals.get(name)) for name in names)

    def _is_pool(self, value: object) -> bool:
        if isinstance(value, tuple | list) and len(value) == 2:
            return any(map(self._is_pool, value))
        if isinstance(value, Pool):
            return getattr(value, "X", None) is self.X_pool
        return value is self.X_pool or isinstance(value, Candidates)


def follow(query):
    X_pool = X[20:].copy()
    path = Path(X_pool)
    sys.setprofile(path)
    try:
        query(Learner(), X_pool, 3)
    finally:
        sys.setprofile(None)
    return path.chains


@pytest.mark.parametrize("name", QUERIES)
def test_a_pool_is_handed_through_few_modules(name):
    chains = follow(QUERIES[name])
    longest = max(chains, key=len)
    assert len(longest) <= 8, longest
    # A room is a module of skvaal/, or a package, whatever the number of its files.
    rooms = {module.split(".")[1] for chain in chains for module in chain}
    assert len(rooms) <= 8, rooms


@pytest.mark.parametrize("name", QUERIES)
def test_each_pool_is_validated_once(name, monkeypatch):
    names = []
    check_samples = skvaal._pool.validation.check_samples
    monkeypatch.setattr(
        skvaal._pool.validation,
        "check_samples",
        lambda X, **params: names.append(params["name"]) or check_samples(X, **params),
    )
    QUERIES[name](Learner(), X[20:], 3)
    assert names == ["X_labeled", "X_unlabeled"]
