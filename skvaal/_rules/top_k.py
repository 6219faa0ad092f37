"""The smallest scores, as the VAAL paper takes them."""

from __future__ import annotations

from numpy.random import RandomState

from skvaal._rules.arbitrary import warn_of_equal_scores
from skvaal._rules.measures import smallest
from skvaal._rules.rule import Batch, Candidates, Reads, Rule, Utilities


class TopK(Rule):
    """Take the samples that look least like the labelled ones (Algorithm 2 of VAAL).

    These are the samples with the smallest log-odds of being labelled [1]_. A batch may hold
    samples that are like each other. Values of a choice are the log-odds, smallest first; utilities
    are their opposites. If all scores are equal, an :class:`ArbitraryChoiceWarning` says so.

    References
    ----------
    .. [1] Sinha, Ebrahimi, Darrell, "Variational Adversarial Active Learning", ICCV 2019,
           arXiv 1904.00370.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal import TopK
    >>> from skvaal._rules.rule import Candidates
    >>> candidates = Candidates(3, scores=np.array([3.0, 1.0, 2.0]))
    >>> choice = TopK().choose(candidates, 2, np.random.RandomState(0))
    >>> choice.indices, choice.values
    (array([1, 2]), array([1., 2.]))
    """

    @property
    def reads(self) -> Reads:
        """Scores only."""
        return Reads(scores=True)

    def _choose(
        self, candidates: Candidates, n: int, random_state: RandomState, utilities: Utilities
    ) -> Batch:
        scores = candidates.read_lowest_scores(n) if utilities is None else candidates.read_scores()
        indices = smallest(scores, n, random_state)
        warn_of_equal_scores(scores, n)
        if utilities is not None:
            utilities[:] = -scores
        return indices, scores[indices]
