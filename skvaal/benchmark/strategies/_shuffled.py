"""An ablation of VAAL herding: what the discriminator says is kept, of which sample is not."""

from __future__ import annotations

from copy import copy

from numpy.random import RandomState

from skvaal._rules.herding import Herding
from skvaal._rules.rule import Batch, Candidates, Utilities


class ShuffledHerding(Herding):
    """Herding that reads the discriminator's scores in random order.

    The scores have the same distribution as in :class:`skvaal.Herding`, but say nothing of the
    sample that they are assigned to. The order is drawn anew in each query.

    Parameters
    ----------
    space, score_power, uncertainty_power, bandwidth, class_balance
        As in :class:`skvaal.Herding`.

    Examples
    --------
    >>> import numpy as np
    >>> Z = np.float32([[0.0], [0.0], [0.0]])
    >>> candidates = Candidates(3, scores=np.float32([9, 0, 9]), coordinates=Z)
    >>> rule = ShuffledHerding(score_power=1.0)
    >>> seeds = range(20)
    >>> {int(rule.choose(candidates, 1, np.random.RandomState(i)).indices[0]) for i in seeds}
    {0, 1, 2}
    """

    def _choose(
        self, candidates: Candidates, n: int, random_state: RandomState, utilities: Utilities
    ) -> Batch:
        shuffled = copy(candidates)
        # Before the scores are replaced: a net may compute both at once.
        shuffled.read_coordinates()
        shuffled._scores = random_state.permutation(shuffled.read_scores())
        return super()._choose(shuffled, n, random_state, utilities)
