"""A random batch, in which small scores are more likely."""

from __future__ import annotations

from numbers import Real

from numpy.random import RandomState

from skvaal._rules.arbitrary import warn_of_equal_scores
from skvaal._rules.measures import perturb, smallest
from skvaal._rules.rule import Batch, Candidates, Reads, Rule, Utilities
from skvaal._utils.params import Interval


class Stochastic(Rule):
    """Draw without replacement, with probabilities proportional to exp(-score / temperature).

    Scores are log-odds of being labelled: at temperature 1, a sample is drawn in proportion to its
    odds of being unlabelled. The Gumbel top-k trick [1]_ draws the whole batch in one pass.
    Values of a choice are ``score / temperature`` less Gumbel noise, in the order of drawing;
    utilities are their opposites. If all scores are equal, an :class:`ArbitraryChoiceWarning` says
    so.

    Parameters
    ----------
    temperature : float, default=1.0
        In units of the scores. Near 0 the rule takes the smallest scores; infinity draws
        uniformly.

    References
    ----------
    .. [1] Kool, van Hoof, Welling, "Stochastic Beams and Where to Find Them: The Gumbel-Top-k
           Trick for Sampling Sequences Without Replacement", ICML 2019, arXiv 1903.06059.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal import Stochastic
    >>> from skvaal._rules.rule import Candidates
    >>> candidates = Candidates(3, scores=np.array([50.0, 0.0, 90.0]))
    >>> Stochastic().choose(candidates, 2, np.random.RandomState(0)).indices
    array([1, 0])
    """

    _parameter_constraints: dict = {"temperature": [Interval(Real, 0, None, closed="right")]}

    def __init__(self, temperature: float = 1.0) -> None:
        self.temperature = temperature

    @property
    def reads(self) -> Reads:
        """Scores only."""
        return Reads(scores=True)

    def _choose(
        self, candidates: Candidates, n: int, random_state: RandomState, utilities: Utilities
    ) -> Batch:
        scores = candidates.read_scores()
        perturbed = perturb(scores, float(self.temperature), random_state)
        if self.temperature < float("inf"):  # else chance is what the user asks for
            warn_of_equal_scores(scores, n)
        indices = smallest(perturbed, n, random_state)
        if utilities is not None:
            utilities[:] = -perturbed
        return indices, perturbed[indices]
