"""What every rule is: parameters, a declaration of what it reads of candidates, and a choice."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from skvaal._utils.float_errors import allowing_underflow
from skvaal._utils.params import StrOptions, naming, naming_foreign
from skvaal._utils.progress import Verbose, progress_bar

# Indices of a batch in the order of choosing, and what each was chosen by.
Batch = tuple[NDArray[np.intp], NDArray[np.floating]]
# Table (n, n_samples) to be filled, or None if utilities are not kept.
Utilities = NDArray[np.float64] | None
SPACES = StrOptions({"decoded", "latent", "components"})


class Candidates:
    """Samples of a pool with what is known of them; a rule reads only what its `reads` declares.

    Scores are log-odds of being labelled, (n_samples,): lower is taken sooner. Coordinates are
    (n_samples, n_dims), `labeled_coordinates` None for no labelled sample. `uncertainty`,
    (n_samples,), is None without a task model, as is `proba`, its class probabilities, (n_samples,
    n_classes). `missing_share` is how much of the pool lies where no label is. A subclass may
    compute when it is first asked.
    """

    def __init__(
        self,
        n_samples: int,
        *,
        scores: NDArray[np.floating] | None = None,
        coordinates: NDArray[np.float32] | None = None,
        labeled_coordinates: NDArray[np.float32] | None = None,
        uncertainty: NDArray[np.floating] | None = None,
        proba: NDArray[np.floating] | None = None,
        missing_share: float | None = None,
        verbose: Verbose = False,
    ) -> None:
        self.n_samples = n_samples
        if labeled_coordinates is None:
            n_dims = 0 if coordinates is None else coordinates.shape[1]
            labeled_coordinates = np.empty((0, n_dims), dtype=np.float32)
        self.labeled_coordinates = labeled_coordinates
        self.uncertainty = uncertainty
        self.proba = proba
        self.verbose = verbose
        self._scores = scores
        self._coordinates = coordinates
        self._missing_share = missing_share

    def read_scores(self) -> NDArray[np.floating]:
        """Log-odds of being labelled, of every sample; a ValueError if there are none."""
        if self._scores is None:
            raise ValueError("these candidates have no scores")
        return self._scores

    def read_lowest_scores(self, n: int) -> NDArray[np.floating]:
        """Scores that are right for the `n` smallest and their equals; others may be infinite."""
        return self.read_scores()

    def read_coordinates(self, rows: NDArray[np.intp] | None = None) -> NDArray[np.float32]:
        """Coordinates of some samples, or of all; a ValueError if there are none."""
        if self._coordinates is None:
            raise ValueError("these candidates have no coordinates")
        return self._coordinates if rows is None else self._coordinates[rows]

    def read_missing_share(self) -> float:
        """How much of the pool lies where no label is, from 0 to 1; a ValueError if unknown."""
        if self._missing_share is None:
            raise ValueError("of these candidates, the share without a label is not known")
        return self._missing_share


@dataclass(frozen=True)
class Reads:
    """What a rule reads of the candidates, coordinates in its `space`; no more is computed."""

    scores: bool = False
    coordinates: bool = False
    labeled_coordinates: bool = False
    uncertainty: bool = False
    proba: bool = False


@dataclass(frozen=True, eq=False)
class Choice:
    """A batch, and what it was chosen by.

    Parameters
    ----------
    indices : array of int of shape (n,)
        Positions among the candidates, in the order of choosing.
    values : array of shape (n,)
        What each was chosen by; each rule says what that is. Finite.
    utilities : array of shape (n, n_samples) or None, default=None
        What all candidates were worth when each was chosen. Higher is taken sooner:
        ``utilities[i, indices[i]]`` is the maximum of row i, and equals ``values[i]``, or
        ``-values[i]`` where the rule takes the smallest. NaN where a sample is chosen already,
        -inf where the rule does not consider it. Of :class:`Herding`, samples that are not chosen
        have upper bounds from row 1 on.
    """

    indices: NDArray[np.intp]
    values: NDArray[np.float64]
    utilities: NDArray[np.float64] | None = None


class Rule(BaseEstimator, ABC):
    """Chooses a batch from candidates.

    A subclass declares its parameters as scikit-learn estimators do, and overrides `reads` and
    `_choose`. If it reads coordinates, it has a parameter `space`: 'latent' for latent means,
    'components' for principal components, 'decoded' for the principal components of decoded means.
    """

    space: str
    _parameter_constraints: dict = {}

    @property
    @abstractmethod
    def reads(self) -> Reads:
        """What :meth:`choose` reads of the candidates, given the parameters."""

    @allowing_underflow
    def choose(
        self,
        candidates: Candidates,
        n: int,
        random_state: RandomState,
        *,
        keep_utilities: bool = False,
    ) -> Choice:
        """Choose `n` of the candidates, from 1 to all; a ValueError if a parameter is out of range.

        `random_state` breaks ties, and draws where the rule draws. With `keep_utilities`, the
        choice holds the utilities, n * n_samples numbers.
        """
        self._validate_params()
        utilities = np.full((n, candidates.n_samples), -np.inf) if keep_utilities else None
        name = f"rule={type(self).__name__}: _choose"
        with naming_foreign(self, f"{name} fails"):
            batch = self._choose(candidates, n, random_state, utilities)
        with naming(f"{name} must return indices and values"):
            answer, of_rule = batch
            values: NDArray[np.float64] = np.asarray(of_rule, dtype=np.float64)
        indices = check_batch(answer, n, candidates.n_samples, name)
        if values.shape != (n,) or not np.isfinite(values).all():
            raise ValueError(f"{name} must return {n} finite values, got {values}")
        if utilities is not None:
            for i, index in enumerate(indices):
                utilities[i + 1 :, index] = np.nan
        return Choice(indices, values, utilities)

    @abstractmethod
    def _choose(
        self, candidates: Candidates, n: int, random_state: RandomState, utilities: Utilities
    ) -> Batch:
        """Choose, and fill `utilities` if they are kept; they begin at -inf."""


def check_batch(answer: Any, n: int, n_samples: int, name: str) -> NDArray[np.intp]:
    """Raise unless these are `n` different rows of a pool; `name` is who returned them."""
    with naming(f"{name} must return {n} integers"):
        indices = np.asarray(answer)
    if indices.dtype.kind not in "iu" or indices.shape != (n,):
        raise ValueError(
            f"{name} must return {n} integers, an array of shape ({n},), got dtype {indices.dtype} "
            f"and shape {indices.shape}"
        )
    if indices.min() < 0 or indices.max() >= n_samples or len(np.unique(indices)) < n:
        raise ValueError(
            f"{name} must return different rows of the pool, from 0 to {n_samples - 1}, got "
            f"{indices.tolist()}"
        )
    return indices.astype(np.intp)


def count_choices(n: int, candidates: Candidates) -> Iterable[int]:
    """Count from 0 to n - 1, with a progress bar where the candidates ask for one."""
    counts: Iterable[int] = progress_bar(
        range(n), verbose=candidates.verbose, desc="choosing", unit="sample"
    )
    return counts
