"""Fits that end before their end leave the strategy unfitted."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skvaal import HerdingQueryStrategy, TrainingDivergedError, VAALQueryStrategy

from .conftest import SMALL, interrupt


def test_diverging_training_says_what_to_change(digits, quick):
    X, y = digits
    strategy = VAALQueryStrategy(**quick, lr=1e30)
    with pytest.raises(TrainingDivergedError, match="training diverged in epoch .* lower lr"):
        strategy.fit(X, y)
    assert not hasattr(strategy, "net_")


def fitted_attributes(strategy):
    return {name for name in vars(strategy) if name.endswith("_") and not name.startswith("_")}


@pytest.mark.parametrize("warm_start", [False, True])
def test_nothing_is_left_of_an_earlier_fit(digits, warm_start):
    X, y = digits
    strategy = VAALQueryStrategy(**SMALL, warm_start=warm_start).fit(X, y)
    assert {"net_", "labeled_coordinates_", "history_", "seconds_"} <= fitted_attributes(strategy)
    with pytest.raises(TrainingDivergedError):
        strategy.set_params(lr=1e30).fit(X, y)
    assert fitted_attributes(strategy) == set()
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
    strategy.set_params(lr=1e-3).fit(X, y)
    assert strategy.n_iter_ == 2


@pytest.mark.parametrize("strategy", [HerdingQueryStrategy(), VAALQueryStrategy(**SMALL)])
@pytest.mark.parametrize("problem", ["samples", "parameter", "after"])
def test_any_failure_leaves_the_strategy_unfitted(digits, monkeypatch, strategy, problem):
    X, y = digits
    strategy = clone(strategy).fit(X, y)
    if problem == "samples":
        X = np.full_like(X, np.nan)
    elif problem == "parameter":
        strategy.set_params(uncertainty="margn")
    else:  # once the components are known, or the net is trained
        is_herding = isinstance(strategy, HerdingQueryStrategy)
        last_step = "_project" if is_herding else "_locate_labeled"
        monkeypatch.setattr(type(strategy), last_step, press_ctrl_c)
    with pytest.raises((ValueError, KeyboardInterrupt)):
        strategy.fit(X, y)
    with pytest.raises(NotFittedError):
        strategy.query(digits[0])


def press_ctrl_c(*args, **kwargs):
    raise KeyboardInterrupt


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
