"""Strategies on a neural network as the task model, those that VAAL was compared with.

The pool is scored a chunk at a time, so that the draws of a large one never lie in memory at once.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from skvaal.benchmark.estimators import TORCH_ESTIMATORS
from skvaal.benchmark.strategies._called_once import Strategy, StrategyFactory
from skvaal.benchmark.strategies._committee import seeded_copies
from skvaal.benchmark.strategies._information import (
    mutual_information,
    predictive_entropy,
    variation_ratio,
)
from skvaal.benchmark.strategies._phased import Phased, highest
from skvaal.benchmark.strategies._skactiveml import core_set

N_PASSES = 20
CHUNK = 1024

Measure = Callable[[NDArray], NDArray]


def mc_dropout(random_state: int) -> Strategy:
    """Return sampling by the entropy of the mean of 20 passes with dropout [1]_.

    References
    ----------
    .. [1] Gal, Ghahramani, "Dropout as a Bayesian Approximation", ICML 2016.
    """
    return _by_dropout("mc_dropout", predictive_entropy, random_state)


def dbal(random_state: int) -> Strategy:
    """Return deep Bayesian active learning: BALD over 20 passes with dropout [1]_.

    References
    ----------
    .. [1] Gal, Islam, Ghahramani, "Deep Bayesian Active Learning with Image Data", ICML 2017.
    """
    return _by_dropout("dbal", mutual_information, random_state)


def variation_ratios(random_state: int) -> Strategy:
    """Return sampling by the disagreement of an ensemble [1]_.

    Its five members are copies of the task model that differ by their seeds alone.

    References
    ----------
    .. [1] Beluch, Genewein, Nuernberger, Koehler, "The Power of Ensembles for Active Learning in
       Image Classification", CVPR 2018.
    """

    def fit(learner: Any, rng: np.random.Generator) -> list[Any]:
        return seeded_copies(learner, int(rng.integers(2**31)))

    def score(members: list[Any], X_pool: NDArray, rng: np.random.Generator) -> NDArray:
        def draw(X: NDArray) -> NDArray:
            return np.stack([member.predict_proba(X) for member in members])

        return _in_chunks(draw, variation_ratio, X_pool)

    return Phased(score, highest, fit=fit, random_state=random_state)


def core_set_features(random_state: int) -> Strategy:
    """Return the greedy core set among the task model's features of the samples [1]_.

    References
    ----------
    .. [1] Sener, Savarese, "Active Learning for Convolutional Neural Networks: A Core-Set
       Approach", ICLR 2018.
    """

    def score(learner: Any, X_pool: NDArray, rng: np.random.Generator) -> tuple[Any, NDArray]:
        embed = method_of(learner.estimator, "embed", strategy="core_set_features")
        embedded = SimpleNamespace(
            X_training=embed(learner.X_training), y_training=learner.y_training
        )
        return embedded, embed(X_pool)

    def select(
        scored: tuple[Any, NDArray], n_instances: int, rng: np.random.Generator
    ) -> tuple[NDArray, NDArray]:
        embedded, features = scored
        return core_set(int(rng.integers(2**31)))(embedded, features, n_instances=n_instances)

    return Phased(score, select, random_state=random_state)


def method_of(estimator: Any, method: str, *, strategy: str) -> Callable[..., NDArray]:
    """Return a method of the task model, behind the earlier steps of its Pipeline.

    Parameters
    ----------
    estimator : estimator
        The fitted task model, or a Pipeline that ends in it.
    method : str
        Takes samples as its first argument.
    strategy : str
        Whose it is, for errors.

    Returns
    -------
    callable
        Takes samples as the Pipeline does.

    Raises
    ------
    TypeError
        If the task model has no such method.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from skvaal.benchmark.estimators import TorchClassifier
    >>> network = TorchClassifier("mlp", n_iter=1, device="cpu")
    >>> model = make_pipeline(FunctionTransformer(), network).fit(np.eye(2), [0, 1])
    >>> method_of(model, "embed", strategy="core_set_features")(np.eye(2)).shape
    (2, 256)
    """
    earlier: list[Any] = []
    while isinstance(estimator, Pipeline):
        earlier += [step for _, step in estimator.steps[:-1] if step not in (None, "passthrough")]
        estimator = estimator.steps[-1][1]
    if not hasattr(estimator, method):
        raise TypeError(
            f"strategy {strategy!r} needs a task model with a method {method!r}, and "
            f"{type(estimator).__name__} has none; use one of the estimators "
            + ", ".join(map(repr, TORCH_ESTIMATORS))
        )

    def call(X: NDArray, **params: Any) -> NDArray:
        for step in earlier:
            X = step.transform(X)
        return getattr(estimator, method)(X, **params)

    return call


def _by_dropout(name: str, measure: Measure, random_state: int) -> Strategy:
    def score(learner: Any, X_pool: NDArray, rng: np.random.Generator) -> NDArray:
        draw = method_of(learner.estimator, "predict_proba_samples", strategy=name)

        def draw_anew(X: NDArray) -> NDArray:
            return draw(X, n_samples=N_PASSES, random_state=int(rng.integers(2**31)))

        return _in_chunks(draw_anew, measure, X_pool)

    return Phased(score, highest, random_state=random_state)


def _in_chunks(draw: Measure, measure: Measure, X_pool: NDArray) -> NDArray:
    starts = range(0, len(X_pool), CHUNK)
    return np.concatenate([measure(draw(X_pool[start : start + CHUNK])) for start in starts])


STRATEGIES: dict[str, StrategyFactory] = {
    "mc_dropout": mc_dropout,
    "dbal": dbal,
    "variation_ratios": variation_ratios,
}
