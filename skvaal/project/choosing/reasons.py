"""Why a sample was chosen, in words: what about it is out of the ordinary.

A measure is out of the ordinary beyond a quantile that is stated here; `Reasons.thresholds` tells
what the quantiles came to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal.project.choosing.predicted import Predicted

# Farther from its nearest label than so many of the samples that it is compared with.
UNLIKE = 0.9
# Less sure than so many samples of the pool.
UNSURE = 0.75
# A score below that of so many samples of the pool.
UNLABELED = 0.1
_GAP = "covers a region that no pick above it covers"


@dataclass(frozen=True)
class Facts:
    """What is known of picks, and of the samples that they are compared with; None if nothing.

    Parameters
    ----------
    n : int
        Number of picks.
    distances, usual_distances : array or None
        To the nearest label: of picks, and of samples whose distances are ordinary.
    uncertainty, usual_uncertainty : array or None
        Of picks, and of the pool.
    scores, usual_scores : array or None
        Log-odds of being labelled, of picks, and of the pool.
    covers, usual_covers : array or None, and float
        How many samples are like each pick, and like a typical one.
    predicted : Predicted or None
        The task model.
    usual_of : str
        Whose distances are ordinary.
    rows : array of int
        The picks.
    """

    n: int
    rows: NDArray[np.intp]
    distances: NDArray[np.float64] | None = None
    usual_distances: NDArray[np.float64] | None = None
    uncertainty: NDArray[np.float64] | None = None
    usual_uncertainty: NDArray[np.float64] | None = None
    scores: NDArray[np.float64] | None = None
    usual_scores: NDArray[np.float64] | None = None
    covers: NDArray[np.intp] | None = None
    usual_covers: float = 1.0
    predicted: Predicted | None = None
    usual_of: str = "the pool"


@dataclass(frozen=True)
class Reasons:
    """Reasons in words, and the thresholds behind them.

    Parameters
    ----------
    texts : tuple of n str
        One for each pick.
    thresholds : dict of str to str
        What each phrase means, with its number.
    """

    texts: tuple[str, ...]
    thresholds: dict[str, str] = field(default_factory=dict)


def give_reasons(facts: Facts, how: str) -> Reasons:
    """Say of each pick what about it is out of the ordinary.

    Parameters
    ----------
    facts : Facts
        What is known.
    how : {'coverage', 'scores', 'model', 'random'}
        What the choice was made by; it is what remains to be said of a sample of which nothing is
        out of the ordinary.

    Returns
    -------
    Reasons

    Examples
    --------
    >>> facts = Facts(2, np.arange(2), covers=np.array([43, 1]), usual_covers=8)
    >>> for text in give_reasons(facts, "coverage").texts:
    ...     print(text)
    43 like it in the pool
    covers a region that no pick above it covers; 1 like it in the pool
    """
    limits = _limits(facts)
    texts = [_say(facts, i, limits, how) for i in range(facts.n)]
    return Reasons(tuple(texts), _in_words(limits, facts.usual_of))


def _limits(facts: Facts) -> dict[str, float]:
    limits = {}
    if facts.distances is not None and facts.usual_distances is not None:
        limits["unlike"] = float(np.quantile(facts.usual_distances, UNLIKE))
    if facts.uncertainty is not None and facts.usual_uncertainty is not None:
        limits["unsure"] = float(np.quantile(facts.usual_uncertainty, UNSURE))
    if facts.scores is not None and facts.usual_scores is not None:
        limits["unlabeled"] = float(np.quantile(facts.usual_scores, UNLABELED))
    if facts.covers is not None:
        limits["many"] = max(1.0, facts.usual_covers)
    return limits


def _say(facts: Facts, i: int, limits: Mapping[str, float], how: str) -> str:
    said = []
    if "unlike" in limits and _at(facts.distances, i) > limits["unlike"]:
        said.append("unlike any label")
    if "unsure" in limits and _at(facts.uncertainty, i) >= max(limits["unsure"], 1e-9):
        said.append(_waver(facts, i))
    if "unlabeled" in limits and _at(facts.scores, i) <= limits["unlabeled"]:
        said.append(_of_score(facts, i))
    if "many" in limits and _at(facts.covers, i) >= limits["many"]:
        said.append(_of_covers(facts, i))
    if how == "random":
        return "; ".join(["drawn at random", *said])
    return "; ".join(said) or _fall_back(facts, i, how)


def _fall_back(facts: Facts, i: int, how: str) -> str:
    """What is to be said of a pick of which nothing is out of the ordinary."""
    if how == "model":
        return _waver(facts, i)
    if how == "scores" and facts.scores is not None:
        return _of_score(facts, i)
    if facts.covers is None:
        return _GAP
    return f"{_GAP}; {_of_covers(facts, i)}"


def _waver(facts: Facts, i: int) -> str:
    if facts.predicted is None:
        return "the model is unsure of it"
    first, second = facts.predicted.likeliest(int(facts.rows[i]))
    return f"the model wavers between {first} and {second}"


def _of_score(facts: Facts, i: int) -> str:
    if facts.usual_scores is None:
        return "the discriminator takes it for unlabelled"
    share = 100 * float(np.mean(facts.usual_scores < _at(facts.scores, i)))
    lowest = "1" if share < 1 else f"{share:.0f}"
    return f"the discriminator takes it for unlabelled (lowest {lowest} %)"


def _of_covers(facts: Facts, i: int) -> str:
    n = int(_at(facts.covers, i))
    return f"{n:,} like it in the pool" if n else "none like it in the pool"


def _at(values: NDArray[Any] | None, i: int) -> float:
    assert values is not None
    return float(values[i])


def _in_words(limits: Mapping[str, float], usual_of: str) -> dict[str, str]:
    words = {
        "unlike": (
            "unlike any label",
            f"farther from the nearest label than {UNLIKE:.0%} of {usual_of}",
        ),
        "unsure": ("the model wavers", f"less sure than {UNSURE:.0%} of the pool"),
        "unlabeled": (
            "the discriminator takes it for unlabelled",
            f"among the {UNLABELED:.0%} of the pool with the lowest score",
        ),
        "many": ("like it in the pool", "at least as many as are like a typical sample"),
    }
    return {
        words[name][0]: f"{words[name][1].replace('%', ' %')} ({limit:.3g})"
        for name, limit in limits.items()
    }
