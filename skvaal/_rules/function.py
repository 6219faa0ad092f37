"""A user's own function as a rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import RandomState

from skvaal._rules.rule import SPACES, Batch, Candidates, Reads, Rule, Utilities, check_batch
from skvaal._utils.params import accepted_names, naming


class FunctionRule(Rule):
    """Let a function choose: ``function(scores, Z, Z_labeled, n, random_state)``.

    It gets the log-odds of being labelled, the coordinates of the pool and of the labelled samples,
    the size of the batch and a RandomState, and returns n different rows of the pool. If it has a
    parameter `uncertainty`, it also gets the task model's, or None without a task model.

    Values of a choice are the log-odds, whatever the function chose by. Utilities are their
    opposites, and -inf for all that it did not choose at that moment.
    """

    _parameter_constraints: dict = {"function": [callable], "space": [SPACES]}

    def __init__(self, function: Callable[..., Any], space: str = "latent") -> None:
        self.function = function
        self.space = space

    @property
    def reads(self) -> Reads:
        """Everything; uncertainty where the function has a parameter of that name."""
        uncertainty = "uncertainty" in (accepted_names(self.function) or ())
        return Reads(True, coordinates=True, labeled_coordinates=True, uncertainty=uncertainty)

    def _choose(
        self, candidates: Candidates, n: int, random_state: RandomState, utilities: Utilities
    ) -> Batch:
        scores = candidates.read_scores()
        options = {"uncertainty": candidates.uncertainty} if self.reads.uncertainty else {}
        # Copies: a function may work in place.
        Z, Z_labeled = candidates.read_coordinates().copy(), candidates.labeled_coordinates.copy()
        name = f"rule={getattr(self.function, '__name__', self.function)}, a function as the rule,"
        with naming(f"{name} fails"):
            answer = self.function(scores.copy(), Z, Z_labeled, n, random_state, **options)
        indices = check_batch(answer, n, candidates.n_samples, name)
        if utilities is not None:
            utilities[np.arange(n), indices] = -scores[indices]
        return indices, scores[indices]
