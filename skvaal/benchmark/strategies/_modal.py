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


def margin(random_state: int) -> Strategy:
    """Return margin sampling."""
    from modAL.uncertainty import margin_sampling

    return margin_sampling


def entropy(random_state: int) -> Strategy:
    """Return entropy sampling."""
    from modAL.uncertainty import entropy_sampling

    return entropy_sampling


def uncertainty(random_state: int) -> Strategy:
    """Return sampling by the least confident prediction."""
    from modAL.uncertainty import uncertainty_sampling

    return uncertainty_sampling


def ranked_batch(random_state: int) -> Strategy:
    """Return ranked batch-mode sampling: uncertain, and far from what is labelled or chosen."""
    from modAL.batch import ranked_batch
    from modAL.uncertainty import classifier_uncertainty

    def ranked_batch_sampling(
        learner: Any, X_pool: NDArray, n_instances: int = 1
    ) -> tuple[NDArray, NDArray]:
        # Its uncertainty_batch_sampling, but with distances between rows in [0, 1]: it weighs
        # 1 / (1 + distance), which is next to 0 between any two images of uint8.
        in_rows = copy(learner)
        in_rows.X_training = as_rows(learner.X_training)
        return ranked_batch(
            in_rows,
            as_rows(X_pool),
            classifier_uncertainty(learner, X_pool),
            n_instances=n_instances,
            metric="euclidean",
            n_jobs=None,
        )

    return ranked_batch_sampling


def information_density(random_state: int) -> Strategy:
    """Return sampling by uncertainty times information density, with Euclidean distances."""
    from modAL.density import information_density
    from modAL.uncertainty import classifier_uncertainty
    from modAL.utils.combination import make_product
    from modAL.utils.selection import multi_argmax

    def density(learner: Any, X_pool: NDArray) -> NDArray:
        return information_density(as_rows(X_pool), "euclidean")

    utility = make_product(classifier_uncertainty, density)

    def information_density_sampling(
        learner: Any, X_pool: NDArray, n_instances: int = 1
    ) -> tuple[NDArray, NDArray]:
        return multi_argmax(utility(learner, X_pool), n_instances=n_instances)

    return information_density_sampling


def vote_entropy(random_state: int) -> Strategy:
    """Return query by committee: the entropy of the members' votes."""
    from modAL.disagreement import vote_entropy_sampling

    return _by_committee(vote_entropy_sampling, random_state)


def consensus_entropy(random_state: int) -> Strategy:
    """Return query by committee: the entropy of the members' mean probabilities."""
    from modAL.disagreement import consensus_entropy_sampling

    return _by_committee(consensus_entropy_sampling, random_state)


def max_disagreement(random_state: int) -> Strategy:
    """Return query by committee: the largest divergence of a member from the mean."""
    from modAL.disagreement import max_disagreement_sampling

    return _by_committee(max_disagreement_sampling, random_state)


def _by_committee(sampling: Callable[..., Any], random_state: int) -> Strategy:
    from modAL.models import ActiveLearner, Committee

    rng = np.random.default_rng(random_state)

    def committee_sampling(
        learner: Any, X_pool: NDArray, n_instances: int = 1
    ) -> tuple[NDArray, NDArray]:
        members = bagged_copies(learner, int(rng.integers(2**31)))
        committee = Committee([ActiveLearner(estimator=member) for member in members])
        return sampling(committee, X_pool, n_instances=n_instances)

    return committee_sampling


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
