"""Strategies of modAL.

They break ties by the order of the pool: modAL's `random_tie_break` draws from numpy's global
generator.
"""

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal.benchmark.estimators import as_rows
from skvaal.benchmark.strategies._called_once import Strategy, StrategyFactory
from skvaal.benchmark.strategies._committee import bagged_copies
from skvaal.benchmark.strategies._phased import Fit, Phased


def margin(random_state: int) -> Strategy:
    """Return margin sampling."""
    from modAL.uncertainty import classifier_margin
    from modAL.utils.selection import multi_argmin

    return _sampling(classifier_margin, multi_argmin, random_state)


def entropy(random_state: int) -> Strategy:
    """Return entropy sampling."""
    from modAL.uncertainty import classifier_entropy
    from modAL.utils.selection import multi_argmax

    return _sampling(classifier_entropy, multi_argmax, random_state)


def uncertainty(random_state: int) -> Strategy:
    """Return sampling by the least confident prediction."""
    from modAL.uncertainty import classifier_uncertainty
    from modAL.utils.selection import multi_argmax

    return _sampling(classifier_uncertainty, multi_argmax, random_state)


def ranked_batch(random_state: int) -> Strategy:
    """Return ranked batch-mode sampling: uncertain, and far from what is labelled or chosen."""
    from modAL.batch import ranked_batch
    from modAL.uncertainty import classifier_uncertainty

    def score(learner: Any, X_pool: NDArray) -> tuple[Any, NDArray, NDArray]:
        # Its uncertainty_batch_sampling, but with distances between rows in [0, 1]: it weighs
        # 1 / (1 + distance), which is next to 0 between any two images of uint8.
        in_rows = copy(learner)
        in_rows.X_training = as_rows(learner.X_training)
        return in_rows, as_rows(X_pool), classifier_uncertainty(learner, X_pool)

    def pick(scored: tuple[Any, NDArray, NDArray], n_instances: int) -> tuple[NDArray, NDArray]:
        return ranked_batch(*scored, n_instances=n_instances, metric="euclidean", n_jobs=None)

    return _sampling(score, pick, random_state)


def information_density(random_state: int) -> Strategy:
    """Return sampling by uncertainty times information density, with Euclidean distances."""
    from modAL.density import information_density
    from modAL.uncertainty import classifier_uncertainty
    from modAL.utils.selection import multi_argmax

    def score(learner: Any, X_pool: NDArray) -> NDArray:
        density = information_density(as_rows(X_pool), "euclidean")
        return classifier_uncertainty(learner, X_pool) * density

    return _sampling(score, multi_argmax, random_state)


def vote_entropy(random_state: int) -> Strategy:
    """Return query by committee: the entropy of the members' votes."""
    from modAL.disagreement import vote_entropy

    return _by_committee(vote_entropy, random_state)


def consensus_entropy(random_state: int) -> Strategy:
    """Return query by committee: the entropy of the members' mean probabilities."""
    from modAL.disagreement import consensus_entropy

    return _by_committee(consensus_entropy, random_state)


def max_disagreement(random_state: int) -> Strategy:
    """Return query by committee: the largest divergence of a member from the mean."""
    from modAL.disagreement import KL_max_disagreement

    return _by_committee(KL_max_disagreement, random_state)


def _by_committee(score: Callable[..., Any], random_state: int) -> Strategy:
    from modAL.models import ActiveLearner, Committee
    from modAL.utils.selection import multi_argmax

    def fit(learner: Any, rng: np.random.Generator) -> Any:
        members = bagged_copies(learner, int(rng.integers(2**31)))
        return Committee([ActiveLearner(estimator=member) for member in members])

    return _sampling(score, multi_argmax, random_state, fit=fit)


def _sampling(
    score: Callable[..., Any],
    pick: Callable[..., tuple[NDArray, NDArray]],
    random_state: int,
    fit: Fit | None = None,
) -> Strategy:
    """Put functions of modAL's form, which take no generator, into phases."""

    def score_(model: Any, X_pool: NDArray, rng: np.random.Generator) -> Any:
        return score(model, X_pool)

    def select(scores: Any, n_instances: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        return pick(scores, n_instances=n_instances)

    return Phased(score_, select, fit=fit, random_state=random_state)


STRATEGIES: dict[str, StrategyFactory] = {
    "margin": margin,
    "entropy": entropy,
    "uncertainty": uncertainty,
    "ranked_batch": ranked_batch,
    "information_density": information_density,
    "vote_entropy": vote_entropy,
    "consensus_entropy": consensus_entropy,
    "max_disagreement": max_disagreement,
}
