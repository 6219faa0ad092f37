"""How probable it is that one strategy is practically better than another, as good, or worse.

Written here and not taken from baycomp 1.0.3: its t test is for folds of a cross-validation, whose
correlation cannot be set to 0, and its last release is of 2023.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

ROPE = 0.005  # half the width of the region of practical equivalence: 0.5 points of accuracy

# Rounded so, or what should lie on an edge would be told from it by its 16th digit.
_DIGITS = 12


class Equivalence(NamedTuple):
    """Probabilities that sum to 1; nan where nothing is known."""

    better: float
    equivalent: float
    worse: float


_UNKNOWN = Equivalence(float("nan"), float("nan"), float("nan"))


def equivalence(
    differences: ArrayLike, *, rope: float = ROPE, correlation: float = 0.0
) -> Equivalence:
    """Return where the mean of paired differences lies, by the Bayesian correlated t test.

    With the prior of [1]_ that says nothing, the posterior of the mean is a Student t of n - 1
    degrees of freedom around the mean of the sample, of squared scale
    ``(1 / n + correlation / (1 - correlation)) * variance``.

    Parameters
    ----------
    differences : array-like of shape (n_seeds,)
        Paired differences, one for each seed; nan does not count.
    rope : float, default=0.005
        Differences up to it make no difference in practice.
    correlation : float, default=0.0
        Of the seeds, in [0, 1). With 0 the result is about these data: a seed draws split, pool
        and start anew. The share of the samples in the test set makes it one about other data of
        the same kind, too.

    Returns
    -------
    Equivalence
        Probabilities that the mean is above `rope`, within it, and below ``-rope``; nan for fewer
        than two seeds.

    Raises
    ------
    ValueError
        If `rope` is negative, or `correlation` not in [0, 1).

    References
    ----------
    .. [1] A. Benavoli, G. Corani, J. Demsar, M. Zaffalon. "Time for a Change: a Tutorial for
       Comparing Multiple Classifiers Through Bayesian Analysis", JMLR 18(77), 2017.

    Examples
    --------
    >>> found = equivalence([0.012, 0.009, 0.011, 0.010])
    >>> round(found.better, 3), round(found.worse, 3)
    (0.998, 0.0)
    """
    _check(rope)
    if not 0 <= correlation < 1:
        raise ValueError(f"correlation={correlation!r} must be at least 0 and below 1.")
    values = _finite(differences)
    n = len(values)
    if n < 2:
        return _UNKNOWN
    mean = values.mean()
    scale = np.sqrt((1 / n + correlation / (1 - correlation)) * values.var(ddof=1))
    if scale < 1e-12:  # all differ by the same
        return Equivalence(float(mean > rope), float(abs(mean) <= rope), float(mean < -rope))
    posterior = stats.t(n - 1, mean, scale)
    better, worse = float(posterior.sf(rope)), float(posterior.cdf(-rope))
    return Equivalence(better, max(0.0, 1 - better - worse), worse)


def equivalence_over_cases(
    differences: ArrayLike,
    *,
    rope: float = ROPE,
    n_samples: int = 50_000,
    random_state: int = 0,
) -> Equivalence:
    """Return which region most cases lie in, by the Bayesian signed-rank test.

    The posterior is a Dirichlet process [1]_: the cases have random weights, and a prior of weight
    0.5 lies at 0. A region has the weight of the pairs of cases whose mean difference lies in it.
    Half of a pair on an edge counts; without a width of the region, all of it is equivalent.

    Parameters
    ----------
    differences : array-like of shape (n_cases,)
        The mean difference in each case; nan does not count.
    rope : float, default=0.005
        Differences up to it make no difference in practice.
    n_samples : int, default=50_000
        Number of draws of the weights.
    random_state : int, default=0
        Seed of the draws.

    Returns
    -------
    Equivalence
        Shares of the draws in which each region has the most weight; nan for fewer than two cases.

    Raises
    ------
    ValueError
        If `rope` is negative.

    Notes
    -----
    The test takes cases as drawn independently. Two protocols on one data set are not.

    References
    ----------
    .. [1] A. Benavoli, F. Mangili, G. Corani, M. Zaffalon, F. Ruggeri. "A Bayesian Wilcoxon
       Signed-Rank Test Based on the Dirichlet Process", ICML 2014.

    Examples
    --------
    >>> equivalence_over_cases([0.001, 0.002, -0.001, 0.0, 0.003]).equivalent
    1.0
    """
    _check(rope)
    values = _finite(differences)
    if len(values) < 2:
        return _UNKNOWN
    points = np.append(values, 0.0)
    means = np.round((points[:, None] + points) / 2, _DIGITS)
    on_edge = 0.5 if rope > 0 else 0.0
    above, below = (np.heaviside(sign * means - rope, on_edge) for sign in (1, -1))
    strengths = np.append(np.ones(len(values)), 0.5)
    weights = np.random.default_rng(random_state).dirichlet(strengths, n_samples)
    better, worse = (((weights @ region) * weights).sum(axis=1) for region in (above, below))
    most = np.argmax([better, 1 - better - worse, worse], axis=0)
    return Equivalence(*(np.bincount(most, minlength=3) / n_samples).tolist())


def _check(rope: float) -> None:
    if not rope >= 0:
        raise ValueError(f"rope={rope!r} must be at least 0.")


def _finite(differences: ArrayLike) -> np.ndarray:
    values = np.asarray(differences, dtype=float)
    return np.round(values[np.isfinite(values)], _DIGITS)
