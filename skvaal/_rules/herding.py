"""A batch that covers what is still uncertain: uncertainty herding."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from numbers import Real

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray

from skvaal._rules.arbitrary import warn_of_no_gain
from skvaal._rules.coverage import Coverage, count_within
from skvaal._rules.measures import (
    find_centre,
    iterate_squared_distances,
    perturb,
    ranks,
    smallest,
    squared_distances_to,
)
from skvaal._rules.rule import SPACES, Batch, Candidates, Reads, Rule, Utilities, count_choices
from skvaal._utils.float_errors import allowing_underflow
from skvaal._utils.params import Interval, StrOptions

# Coverage is measured on so many samples for each that is labelled or to be chosen, within limits;
# the width of the kernel, on so many of these.
_REFERENCE_FACTOR = 4
_MIN_REFERENCE = 8_000
_MAX_REFERENCE = 100_000
_MAX_PROBES = 500
# Of a larger pool so many are candidates, or as many times the batch.
_MAX_CANDIDATES = 50_000
_CANDIDATES_FACTOR = 10
# A kernel narrower than this, in units of the squared extent of the pool, is lost in the rounding
# of float32. In float64, it is no narrower than that, in units of the median squared distance from
# the centre.
_NARROW, _LEAST_WIDTH = 1e-5, 1e-10
# Largest exponent of the scores; the inverse of the share of the pool without a label at which it
# is reached; labels for each coordinate at half of it.
_LIMIT, _PER_SHARE, _LABELS_PER_DIM = 0.5, 10, 10
# Largest exponent of the uncertainty; labels that a part of the pool without any would have had.
_MOST_TRUST, _MISSED_LABELS = 4, 3
_POWER = [Interval(Real, 0, None, closed="left"), StrOptions({"missing_share", "n_labeled"})]
_TINY = np.finfo(np.float32).tiny
# Smaller weights count as much: samples without any would be taken at random. Its square is above
# 0, too.
_LEAST_WEIGHT = 1e-150
# What an uncovered sample gains by covering itself alone, times this, may be rounding.
_NO_GAIN = 1e-4


class Herding(Rule):
    """Take, again and again, the sample that covers most of what is uncertain and uncovered.

    A sample x of the pool has the weight ``w(x) = max(u(x), rank(u(x))) ** b * rank(-score(x)) **
    a``, where a is `score_power`, and b is `uncertainty_power`. Here u is its uncertainty as a
    share of the largest, and ranks are in (0, 1]. Each base is divided by the largest of the
    pool, and a weight is at least 1e-150. Without a task model, the factor of the uncertainty is 1.
    Labelled and chosen samples S cover x to the degree ``max(k(x, s) for s in S)``, with the kernel
    ``k(x, s) = exp(-d(x, s) ** 2 / (2 * h))``. The next sample c has the largest gain ``w(c) *
    sum(w(x) * max(0, k(x, c) - cover(x)) for x in pool)``. This is greedy maximisation of the
    uncertainty coverage of [1]_, with the factor w(c) added so that a chosen sample is itself
    uncertain.

    The authors of [1]_ weigh by a calibrated u. An over-confident network has u near 0 nearly
    everywhere; then the rank gives the rest of the pool a weight, too.

    For each sample of the pool, take the squared distance within which a share of ``1 / (n_labeled
    + n)`` of the pool lies. h is `bandwidth` times the median of these: as many balls of that size
    as there will be labels would just hold the pool. With more labels, h is smaller, and the
    uncertainty decides more.

    In a pool of at most ``m = min(max(8,000, 4 * (n_labeled + n)), 100,000)`` samples, every sum
    is exact. In a larger pool, it is an estimate from a reference of m samples, drawn without
    replacement in proportion to w. Each of these counts its w divided by its probability of being
    drawn, so the estimate is unbiased [3]_. A candidate's own part is exact, whether it is in the
    reference or not. So the reference has no advantage, and gains stay above 0 while anything is
    uncovered.

    Measured on 20,000 Gaussian samples of 16 dimensions, with batches of 100 to 4,000: halfway
    through a batch, estimated gains are off by 9 to 28 % (root mean square; at most 10 % where half
    of the pool is certain), with a bias below 3 %. The batch covers at least 98.9 % of what the
    exact rule covers (99.8 %). Samples of the reference are chosen 0.6 to 1 times as often as
    others, since the best estimates are found beside them.

    h is measured on at most 500 samples of the pool. Where it is small beside the extent of the
    pool, as with equal rows or an outlier, float32 cannot tell samples apart. Then all is computed
    in float64, and h is at least 1e-10 times the median squared distance from the centre. In a pool
    of more than 50,000 samples, ``max(50,000, 10 * n)`` are candidates, drawn as the reference is.

    Gains only fall, so each choice computes few of them again (lazy greedy [2]_).

    Uncertainty may be in any unit; if some is below 0, the least is subtracted from all. Values of
    a choice are the gains at the moment of choosing. They are 0 once nothing is left that is both
    uncertain and uncovered; the rest is drawn at random, with an :class:`ArbitraryChoiceWarning`.
    In the first row, utilities are gains; in later rows, they are the upper bounds known by then,
    exact for the sample that is chosen.

    Parameters
    ----------
    space : {'components', 'decoded', 'latent'}, default='components'
        Where distances are measured: among principal components, among the principal components of
        decoded means, or among latent means.
    score_power : {'missing_share', 'n_labeled'} or float, default='missing_share'
        Exponent a of the discriminator's scores, at least 0; at 0, the rule does not read them.

        'missing_share' is ``0.5 * min(1, 10 * share)``, where share is how much of the pool lies
        where few labels are, or none. To estimate it, discriminators are trained on part of the
        samples' coordinates, as in [4]_. Of the samples held out, the share counts the unlabelled
        ones that look less labelled than nine tenths of the labelled ones. If both pools are alike,
        these are about a tenth, too; the rule takes off what one in a hundred such pairs exceeds.
        So the scores count if there is something to find, and are seldom read if there is not.
        After several queries with many labels, what the rule itself left out counts, too.

        'n_labeled' is ``0.5 * n_labeled / (n_labeled + 10 * n_dims)``, with the number of
        coordinates n_dims. A discriminator memorises few labelled samples, and its scores are
        noise. The more labels, the more its scores count: at 10 labels for each coordinate, a is
        half its limit of 0.5.
    uncertainty_power : {'missing_share', 'n_labeled'} or float, default='missing_share'
        Exponent b of the uncertainty, at least 0: how far to trust the task model. At 0, the
        uncertainty has no part. At 1, the batch covers all that is uncertain; the larger it is, the
        more it follows the few samples that the model is least sure of, as margin sampling does.

        'missing_share' is ``4 - 3 * min(1, 10 * missing)``, where missing is the larger of two
        numbers: the share of the pool without a label, as `score_power` finds it, and ``3 /
        n_labeled``. The latter is the largest share that a part of the pool may have if none of
        n_labeled random labels lies there, with a confidence of 95 % (rule of three [6]_). A model
        cannot know what it is wrong about where no label is. So it is trusted the more, the more
        labels there are, and less if a part of the pool has none. 'n_labeled' leaves out the first
        of the two numbers: b is 1 with up to 30 labels, and then ``4 - 90 / n_labeled``.
    bandwidth : float, default=1.0
        Above 0. A wider kernel covers more of the pool with each sample.
    class_balance : float, default=0.0
        From 0 to 1. How far classes that are rare in the pool count as much as frequent ones. The
        weight of a sample is multiplied by ``sum over classes c of p[c] / share[c] **
        class_balance``, divided by the largest such sum. Here p are its class probabilities, the
        mean of a committee's members; share is their mean over the pool, at least one sample's. At
        1, these factors have the same sum over all classes, as if these were equally frequent
        where the model will be used (weights of a label shift [5]_). That holds as far as the
        probabilities are right: a model that is trained on a few labels of each class takes rare
        classes for more frequent than they are. It has no effect, and a warning says so, with
        ``uncertainty=None``, several labels or outputs, pixels, or a regressor.

    See Also
    --------
    TopK : The smallest scores alone, as in the VAAL paper.

    References
    ----------
    .. [1] Bae, Sutherland, Oliveira, "Uncertainty Herding: One Active Learning Method for All
           Label Budgets", ICLR 2025, arXiv 2412.20644.
    .. [2] Minoux, "Accelerated Greedy Algorithms for Maximizing Submodular Set Functions", 1978.
    .. [3] Cohen, Kaplan, "Summarizing Data using Bottom-k Sketches", PODC 2007.
    .. [4] Gissin, Shalev-Shwartz, "Discriminative Active Learning", 2019, arXiv 1907.06347.
    .. [5] Lipton, Wang, Smola, "Detecting and Correcting for Label Shift with Black Box
           Predictors", ICML 2018, arXiv 1802.03916, section 3.
    .. [6] Hanley, Lippman-Hand, "If Nothing Goes Wrong, Is Everything All Right?", JAMA 249, 1983.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal import Herding
    >>> from skvaal._rules.rule import Candidates
    >>> Z = np.float32([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2], [9.0]])
    >>> rule = Herding(score_power=0, bandwidth=0.1)
    >>> no_label = Candidates(7, coordinates=Z, labeled_coordinates=Z[:0])
    >>> sorted(rule.choose(no_label, 2, np.random.RandomState(0)).indices.tolist())
    [1, 4]
    >>> one_label = Candidates(7, coordinates=Z, labeled_coordinates=Z[1:2])
    >>> rule.choose(one_label, 1, np.random.RandomState(0)).indices.tolist()
    [4]
    """

    _parameter_constraints: dict = {
        "space": [SPACES],
        "score_power": _POWER,
        "uncertainty_power": _POWER,
        "bandwidth": [Interval(Real, 0, None, closed="neither")],
        "class_balance": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(
        self,
        space: str = "components",
        score_power: str | float = "missing_share",
        uncertainty_power: str | float = "missing_share",
        bandwidth: float = 1.0,
        class_balance: float = 0.0,
    ) -> None:
        self.space = space
        self.score_power = score_power
        self.uncertainty_power = uncertainty_power
        self.bandwidth = bandwidth
        self.class_balance = class_balance

    @property
    def reads(self) -> Reads:
        """Coordinates and uncertainty; scores and probabilities where they may count."""
        return Reads(
            scores=self.score_power != 0,
            coordinates=True,
            labeled_coordinates=True,
            uncertainty=True,
            proba=self.class_balance != 0,
        )

    def exponent(self, candidates: Candidates) -> float:
        """Exponent of the scores, given what is known of the candidates."""
        if self.score_power == "missing_share":
            return _LIMIT * min(1.0, _PER_SHARE * candidates.read_missing_share())
        if self.score_power == "n_labeled":
            return self.exponent_by_labels(*candidates.labeled_coordinates.shape)
        return float(self.score_power)

    @staticmethod
    def exponent_by_labels(n_labeled: int, n_dims: int) -> float:
        """What 'n_labeled' stands for, given the numbers of labelled samples and of coordinates."""
        return _LIMIT * n_labeled / (n_labeled + _LABELS_PER_DIM * n_dims)

    def uncertainty_exponent(self, candidates: Candidates) -> float:
        """Exponent of the uncertainty, given what is known of the candidates."""
        if not isinstance(self.uncertainty_power, str):
            return float(self.uncertainty_power)
        finds_missing = self.uncertainty_power == "missing_share"
        share = candidates.read_missing_share() if finds_missing else 0.0
        return self.uncertainty_exponent_by_labels(len(candidates.labeled_coordinates), share)

    @staticmethod
    def uncertainty_exponent_by_labels(n_labeled: int, missing_share: float = 0.0) -> float:
        """Exponent of the uncertainty, given labels, and the share of the pool without any."""
        missing = max(missing_share, _MISSED_LABELS / max(n_labeled, 1))
        return _MOST_TRUST - (_MOST_TRUST - 1) * min(1.0, _PER_SHARE * missing)

    @allowing_underflow
    def measure(
        self, candidates: Candidates, indices: NDArray[np.intp], random_state: RandomState
    ) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Gains that samples have in a given order, and how many others lie near each.

        Parameters
        ----------
        candidates : Candidates
        indices : array of int of shape (n,)
            Different rows of the pool, in the order of taking.
        random_state : RandomState
            With the seed of a choice, gains are the values of that choice if `indices` are its.

        Returns
        -------
        gains : array of shape (n,)
        covers : array of int of shape (n,)
            How many other samples of the pool lie at most the width of the kernel away, ``d ** 2 <=
            h``, exact for every size of pool.
        """
        self._validate_params()
        indices = np.asarray(indices, dtype=np.intp)
        rows, _, coverage = self._prepare(candidates, len(indices), random_state, also=indices)
        order = np.argsort(rows)
        gains = np.empty(len(indices))
        for i, row in enumerate(order[np.searchsorted(rows, indices, sorter=order)]):
            gains[i] = coverage.gains(row[None])[0]
            coverage.add(row)
        Z = candidates.read_coordinates().astype(coverage.h.dtype, copy=False)
        return gains, count_within(Z, indices, coverage.h)

    def _choose(
        self, candidates: Candidates, n: int, random_state: RandomState, utilities: Utilities
    ) -> Batch:
        rows, n_candidates, coverage = self._prepare(candidates, n, random_state)
        rows = rows[:n_candidates]
        bounds = _Bounds(coverage, n_candidates)
        chosen: list[int] = []
        values = np.zeros(n)
        for i in count_choices(n, candidates):
            best = bounds.find_best(i)
            if best is None:
                break
            values[i] = bounds.gains[best]
            if utilities is not None:
                utilities[i, rows] = bounds.gains
            chosen.append(best)
            coverage.add(best)
            bounds.gains[best] = -np.inf
        if len(chosen) < n:
            if utilities is not None:
                utilities[len(chosen) :, rows] = bounds.gains
            others = np.setdiff1d(np.arange(n_candidates), chosen)
            chosen += random_state.permutation(others)[: n - len(chosen)].tolist()
        if n < candidates.n_samples:
            warn_of_no_gain(_count_without_gain(values, coverage.weights[chosen]), n)
        return rows[chosen], values

    def _prepare(
        self, candidates: Candidates, n: int, random_state: RandomState, also: ArrayLike = ()
    ) -> tuple[NDArray[np.intp], int, Coverage]:
        """Rows of the pool, the number of candidates among them, which are first, and coverage.

        The rows hold those in `also`.
        """
        Z, Z_labeled = candidates.read_coordinates(), candidates.labeled_coordinates
        weights = self._weigh(candidates)
        n_samples, n_labels = len(Z), len(Z_labeled) + n
        wanted = min(max(_MIN_REFERENCE, _REFERENCE_FACTOR * n_labels), _MAX_REFERENCE)
        n_reference = min(wanted, n_samples)
        n_candidates = min(max(_MAX_CANDIDATES, _CANDIDATES_FACTOR * n), n_samples)
        # Shuffled, so that of equal gains the first is any; the first of them are a random draw.
        rows = random_state.permutation(n_samples)
        h = self.bandwidth * _measure_radius(Z[rows[:n_reference]], 1 / n_labels)
        if h < _NARROW * _squared_extent(Z):
            Z, Z_labeled = Z.astype(np.float64), Z_labeled.astype(np.float64)
            h = self._measure_narrow(Z[rows[:n_reference]], 1 / n_labels)
        shares = np.ones(n_reference)
        if min(n_reference, n_candidates) < n_samples:
            drawn, shares = _draw(weights[rows], n_reference, n_candidates, random_state)
            rows = rows[drawn]
        rows = np.concatenate([rows, np.setdiff1d(also, rows).astype(np.intp)])
        weights = weights[rows]
        counted = weights[:n_reference] / shares
        is_part = n_reference < n_samples
        return (
            rows,
            n_candidates,
            Coverage(Z[rows], weights, counted, Z_labeled, h, is_part=is_part),
        )

    def _measure_narrow(self, reference: NDArray[np.floating], share: float) -> float:
        """Width of a kernel that float32 is too coarse for, but that covers equal samples."""
        norms = squared_distances_to(reference, find_centre(reference))
        least = _LEAST_WIDTH * np.median(norms[norms > 0]) if norms.any() else 0.0
        return max(self.bandwidth * _measure_radius(reference, share), float(least))

    def _weigh(self, candidates: Candidates) -> NDArray[np.float64]:
        """Weight of every sample of the pool."""
        weights = np.ones(candidates.n_samples)
        uncertainty = candidates.uncertainty
        if uncertainty is not None:
            # A function of the user's may count from below. Halved, or the range may overflow.
            u = uncertainty / 2 - min(0.0, uncertainty.min() / 2)
            # Of equals the lowest rank: those of which a model is certain, often many, weigh least.
            shares = np.maximum(u / max(u.max(), _TINY), ranks(u, ties="min"))
            weights = _raise(shares, self.uncertainty_exponent(candidates))
        power = self.exponent(candidates)
        if power > 0:
            weights = weights * _raise(ranks(-candidates.read_scores()), power)
        if self.class_balance > 0 and candidates.proba is not None:
            weights = weights * _measure_rarity(candidates.proba, self.class_balance)
        return np.maximum(weights, _LEAST_WEIGHT)


def _raise(shares: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """Powers of positive numbers as shares of the largest: of equal ones, all are 1."""
    powers: NDArray[np.float64] = (shares / shares.max()) ** power
    return powers


def _measure_rarity(proba: NDArray[np.floating], power: float) -> NDArray[np.float64]:
    """Sum of p / share ** power over the classes of each sample, (n_samples,); 1 is the largest.

    A class of which less than one sample is expected in the pool counts as one sample.
    """
    shares = np.maximum(proba.mean(axis=0, dtype=np.float64), 1 / len(proba))
    rarity: NDArray[np.float64] = proba @ shares**-power
    return rarity / rarity.max()


def _count_without_gain(gains: NDArray[np.float64], weights: NDArray[np.float64]) -> int:
    """How many samples add not even themselves, whatever they were chosen for."""
    return int(np.count_nonzero(gains <= _NO_GAIN * weights**2))


class _Bounds:
    """Gains of candidates: upper bounds, since gains only fall, and exact where it matters."""

    def __init__(self, coverage: Coverage, n_candidates: int) -> None:
        self.gains = coverage.gains(np.arange(n_candidates))
        self._coverage = coverage
        # How many samples were taken when each was exact.
        self._computed_at = np.zeros(n_candidates, dtype=np.intp)
        # Of equal gains, the first candidate is first.
        self._heap = list(zip((-self.gains).tolist(), range(n_candidates), strict=True))
        heapify(self._heap)

    def find_best(self, n_chosen: int) -> int | None:
        """Take out the candidate with the largest gain; None if no gain is above 0."""
        while stale := self._take_stale(n_chosen):
            self.gains[stale] = self._coverage.gains(np.array(stale))
            self._computed_at[stale] = n_chosen
            for entry in zip((-self.gains[stale]).tolist(), stale, strict=True):
                heappush(self._heap, entry)
        if not self._heap or self._heap[0][0] >= 0:
            return None
        return heappop(self._heap)[1]

    def _take_stale(self, n_chosen: int) -> list[int]:
        """Take out the largest bounds down to the first that is exact; some at a time."""
        stale: list[int] = []
        while len(stale) < self._coverage.n_together and self._heap:
            negative, row = self._heap[0]
            # A gain of 0 stays 0; without the first condition, all would be computed again.
            if negative >= 0 or self._computed_at[row] == n_chosen:
                break
            stale.append(heappop(self._heap)[1])
        return stale


def _draw(
    weights: NDArray[np.float64], n_reference: int, n_candidates: int, random_state: RandomState
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Rows drawn without replacement in proportion to their weights, in the order of drawing.

    The first are the reference, and the first are the candidates. Also the probability of each in
    the reference to be there, given the first draw after it.
    """
    n_samples = len(weights)
    with np.errstate(divide="ignore"):
        scores = perturb(-np.log(weights), 1.0, random_state)
    n_drawn = min(max(n_reference + 1, n_candidates), n_samples)
    drawn = smallest(scores, n_drawn, random_state)
    if n_reference == n_samples:
        return drawn, np.ones(n_samples)
    # Such scores are logarithms of exponential variables with the weights as their rates.
    with np.errstate(invalid="ignore", over="ignore"):
        expected = weights[drawn[:n_reference]] * np.exp(scores[drawn[n_reference]])
    # A weight of 0 is drawn only where no other is left.
    return drawn, np.where(expected > 0, -np.expm1(-expected), 1.0)


def _squared_extent(Z: NDArray[np.floating]) -> float:
    """Squared diagonal of the box around the samples; no array of their size is made."""
    extent = Z.max(axis=0).astype(np.float64) - Z.min(axis=0)
    return float(extent @ extent)


def _measure_radius(reference: NDArray[np.floating], share: float) -> float:
    """Median of the squared distance within which a share of the reference lies."""
    blocks = iterate_squared_distances(reference[:_MAX_PROBES], reference)
    quantiles = [
        np.quantile(distances, share, axis=1, overwrite_input=True) for _, distances in blocks
    ]
    return float(np.median(np.concatenate(quantiles)))
