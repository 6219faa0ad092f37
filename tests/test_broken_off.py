"""Fits that end before their end leave the strategy as it was."""

from __future__ import annotations

import copy
import signal
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from skorch.callbacks import Callback

from skvaal import (
    ActiveLearningClassifier,
    HerdingQuery,
    HerdingQueryStrategy,
    TrainingDivergedError,
    VAALQueryStrategy,
)

from .conftest import SMALL, interrupt

# A learning rate that no weight survives.
WILD = {"optimizer_vae": torch.optim.SGD, "optimizer_vae__lr": 1e30}


class Failing(Callback):
    """Raises an error in each second epoch."""

    def __init__(self, error):
        self.error = error

    def on_epoch_begin(self, net, **kwargs):
        if net.history[-1, "epoch"] % 2 == 0:
            raise self.error


class Stopping(Callback):
    """Stops training before it begins."""

    def on_train_begin(self, net, **kwargs):
        raise KeyboardInterrupt


def press_ctrl_c(*args, **kwargs):
    signal.raise_signal(signal.SIGINT)


# What breaks a fit off: parameters to set, and what is done to X.
FAILURES = {
    "bad samples": ({}, lambda X: np.full_like(X, np.nan)),
    "no samples": ({}, lambda X: X[:0]),
    "other columns": ({}, lambda X: X.reshape(-1, 2, 8, 4)[:, :, :2]),
    "parameter": ({"uncertainty": "margn"}, None),
    "diverges": (WILD, None),
    "callback": ({"callbacks": [Failing(ZeroDivisionError("no"))]}, None),
    "another callback": ({"callbacks": [Failing(LookupError("no"))], "rule": "topk"}, None),
    "optimizer": ({"optimizer_vae": torch.optim.LBFGS}, None),
    "stopped": ({"callbacks": [Stopping()]}, None),
}


@pytest.fixture(scope="module")
def fitted(digits) -> VAALQueryStrategy:
    """A fitted strategy, to be copied."""
    X, y = digits
    return VAALQueryStrategy(**SMALL).fit(X[:200], y[:200])


def answers(strategy, X) -> list:
    """All that a fitted strategy says."""
    asked = [strategy.query(X, 5), strategy.transform(X), strategy.labeled_coordinates_]
    asked += [strategy.n_labeled_, strategy.n_unlabeled_, strategy.input_shape_]
    if isinstance(strategy, VAALQueryStrategy):
        asked += [strategy.score_samples(X), strategy.score(X), strategy.n_iter_]
        asked += [len(strategy.history_), strategy.components_.components]
    return asked


def check_same(found: list, expected: list) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_diverging_training_says_what_to_change(digits, quick):
    X, y = digits
    strategy = VAALQueryStrategy(**quick, **WILD)
    with pytest.raises(TrainingDivergedError, match="training diverged in epoch .* lower lr"):
        strategy.fit(X, y)
    assert not hasattr(strategy, "net_")


@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.slow
def test_a_refit_that_fails_leaves_the_last_fit(digits, fitted, warm_start, failure):
    X, y = digits
    strategy = copy.copy(fitted)
    strategy.warm_start = warm_start
    before, expected, params = dict(vars(strategy)), answers(strategy, X), strategy.get_params()
    changed, spoil = FAILURES[failure]
    with pytest.raises((ValueError, TypeError)):
        strategy.set_params(**changed).fit(X if spoil is None else spoil(X), y)
    for name in changed:
        delattr(strategy, name) if "__" in name else strategy.set_params(**{name: params[name]})
    assert vars(strategy) == before
    check_same(answers(strategy, X), expected)


def test_so_does_a_fit_query_and_a_fit_of_two_pools(digits, fitted):
    X, y = digits
    strategy = copy.copy(fitted)
    expected = answers(strategy, X)
    with pytest.raises(ValueError, match="n="):
        strategy.fit_query(X[:40], X[40:], n=1000)
    with pytest.raises(ValueError, match="X_unlabeled"):
        strategy.fit_pools(X[:40], np.full_like(X[40:], np.inf))
    check_same(answers(strategy, X), expected)


def test_a_warm_fit_that_fails_changes_nothing_of_the_next(digits):
    X, y = digits
    twice = VAALQueryStrategy(**SMALL, warm_start=True).fit(X, y)
    once = copy.deepcopy(twice)
    with pytest.raises(ValueError, match="callbacks"):
        twice.set_params(callbacks=[Failing(ZeroDivisionError("no"))]).fit(X, y)
    twice.set_params(callbacks=None).fit(X, y)
    once.fit(X, y)
    assert twice.n_iter_ == 4
    check_same(answers(twice, X), answers(once, X))


def test_two_strategies_go_on_from_one(digits, fitted):
    X, y = digits
    found = []
    for _ in range(2):
        strategy = VAALQueryStrategy(**SMALL, warm_start=True).continue_from(fitted)
        found.append(answers(strategy.fit(X, y), X))
    check_same(*found)


@pytest.mark.parametrize("step", ["_locate_labeled", "_fit", "_check"])
@pytest.mark.usefixtures("listens_to_ctrl_c")
def test_so_does_ctrl_c(digits, fitted, monkeypatch, step):
    X, y = digits
    strategy = copy.copy(fitted)
    expected = answers(strategy, X)
    with monkeypatch.context() as patched:
        patched.setattr(type(strategy), step, press_ctrl_c)
        with pytest.raises(KeyboardInterrupt):
            strategy.fit(X, y)
    check_same(answers(strategy, X), expected)


def test_herding_keeps_its_last_fit_too(digits, monkeypatch):
    X, y = digits
    strategy = HerdingQueryStrategy(random_state=0).fit(X, y)
    expected = answers(strategy, X)
    with pytest.raises(ValueError, match="NaN"):
        strategy.fit(np.full_like(X, np.nan), y)
    with monkeypatch.context() as patched:
        patched.setattr(type(strategy), "_project", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            strategy.fit(X[:100], y[:100])
    check_same(answers(strategy, X), expected)


def test_an_active_classifier_keeps_its_last_fit_too(digits):
    X, y = digits
    query = HerdingQuery()
    model = ActiveLearningClassifier(LogisticRegression(), query, n_rounds=1, random_state=0)
    model.fit(X[:40], y[:40])
    before = dict(vars(model))
    with pytest.raises(ValueError, match="at least one sample of each"):
        model.set_params(initial_size=2).fit(X[:40, :9], y[:40])
    assert vars(model) == {**before, "initial_size": 2}
    assert model.predict(X).shape == (240,)


@pytest.mark.parametrize("failure", FAILURES)
def test_a_first_fit_that_fails_leaves_the_strategy_unfitted(digits, failure):
    X, y = digits
    changed, spoil = FAILURES[failure]
    strategy = VAALQueryStrategy(**{**SMALL, **changed})
    before = set(vars(strategy))
    with pytest.raises((ValueError, TypeError)):
        strategy.fit(X if spoil is None else spoil(X), y)
    assert set(vars(strategy)) == before
    for ask in (
        strategy.query,
        strategy.score_samples,
        strategy.transform,
        strategy.score,
        lambda X: strategy.diagnose(X, X),
        lambda X: strategy.save("never written"),
    ):
        with pytest.raises(NotFittedError):
            ask(X)


def test_a_fit_forgets_what_it_does_not_learn_again(digits):
    X, y = digits
    frame = pd.DataFrame(X).add_prefix("pixel")
    strategy = VAALQueryStrategy(**SMALL).fit(frame, y)
    assert hasattr(strategy, "feature_names_in_")
    strategy.set_params(rule="topk").fit(X, y)
    assert not hasattr(strategy, "feature_names_in_")
    assert not hasattr(strategy, "labeled_coordinates_")
    wide = sparse.random(60, 200, 0.05, format="csr", random_state=0)
    strategy.fit(wide, y[:60])
    assert hasattr(strategy, "sparse_reduction_")
    assert not hasattr(strategy.fit(X, y), "sparse_reduction_")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for child processes")
@pytest.mark.usefixtures("listens_to_ctrl_c")  # and so does the child
def test_ctrl_c_ends_a_query_and_leaves_the_strategy_unfitted():
    program = """
        import numpy as np
        from skvaal import VAALQueryStrategy
        from skorch.callbacks import Callback

        class Tell(Callback):
            def on_epoch_end(self, net, **kwargs):
                print("training", flush=True)

        strategy = VAALQueryStrategy(max_epochs=100_000, callbacks=[Tell()])
        try:
            strategy.fit(np.random.rand(200, 5), np.repeat([0, -1], 100))
        except KeyboardInterrupt:
            print("interrupted", hasattr(strategy, "net_"), flush=True)
    """
    assert interrupt(program)[-1] == "interrupted False"
