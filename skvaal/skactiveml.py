"""VAAL as a pool strategy of scikit-activeml: ``pip install skvaal[skactiveml]``."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skactiveml.base import SingleAnnotatorPoolQueryStrategy
from skactiveml.utils import MISSING_LABEL, is_labeled, simple_batch
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from skvaal._exceptions import EmptyPoolWarning
from skvaal._pipelines import as_last_step_sees, fit_on_pools, last_step
from skvaal._side import fit_wants, shown
from skvaal._strategy import VAALQueryStrategy
from skvaal._task import is_explicit

__all__ = ["VAALSampling"]


class VAALSampling(SingleAnnotatorPoolQueryStrategy):
    """Variational Adversarial Active Learning as a pool strategy of scikit-activeml.

    A :class:`skvaal.VAALQueryStrategy` is trained on the labelled and the unlabelled rows of X; the
    utility of a sample is the log-odds that it is unlabelled [1]_. No classifier is needed.

    Parameters
    ----------
    strategy : VAALQueryStrategy, Pipeline or None, default=None
        A strategy, or a Pipeline that ends in one; cloned for each query. None stands for
        ``VAALQueryStrategy()``. Its `missing_label` is not used.
    missing_label : scalar, str, nan or None, default=MISSING_LABEL
        Marks unlabelled rows of y.
    random_state : int, RandomState instance or None, default=None
        Seeds the ties, and the training where the `strategy` has no `random_state` of its own.

    Attributes
    ----------
    strategy_ : VAALQueryStrategy or Pipeline
        Fitted in the last query.

    References
    ----------
    .. [1] Sinha, Ebrahimi, Darrell, "Variational Adversarial Active Learning", ICCV 2019,
           arXiv 1904.00370.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from skvaal import VAALQueryStrategy
    >>> from skvaal.skactiveml import VAALSampling
    >>> X, y = load_digits(return_X_y=True)
    >>> y = np.where(np.arange(len(y)) < 50, y, np.nan)
    >>> sampling = VAALSampling(VAALQueryStrategy(max_epochs=2), random_state=0)
    >>> sampling.query(X / 16, y, batch_size=3).shape
    (3,)
    """

    def __init__(
        self,
        strategy: VAALQueryStrategy | Pipeline | None = None,
        missing_label: Any = MISSING_LABEL,
        random_state: Any = None,
    ) -> None:
        super().__init__(missing_label=missing_label, random_state=random_state)
        self.strategy = strategy

    def query(
        self,
        X: Any,
        y: ArrayLike,
        candidates: ArrayLike | None = None,
        batch_size: int = 1,
        return_utilities: bool = False,
    ) -> NDArray[np.intp] | tuple[NDArray[np.intp], NDArray[np.floating]]:
        """Choose the samples to label next.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or 4-D array of images
            Labelled and unlabelled samples.
        y : array-like of shape (n_samples,)
            Labels, `missing_label` where there is none.
        candidates : None or array-like of shape (n_candidates,) of int or \
                array-like of shape (n_candidates, ...), default=None
            None takes the unlabelled rows of X; integers are rows of X; anything else are samples.
        batch_size : int, default=1
            How many to choose.
        return_utilities : bool, default=False
            Whether to return the utilities as well.

        Returns
        -------
        query_indices : array of int of shape (batch_size,)
            Rows of X, or of `candidates` if these are samples.
        utilities : array of shape (batch_size, n_samples) or (batch_size, n_candidates)
            Log-odds of being unlabelled, higher is chosen sooner with ``selection='topk'``; nan
            where a sample is no candidate, or has been chosen in an earlier row. Only if
            `return_utilities`.

        Warns
        -----
        EmptyPoolWarning
            If no row is labelled: there is nothing to be unlike, and the choice is random.
        """
        X, y, candidates, batch_size, return_utilities = self._validate_data(
            X, y, candidates, batch_size, return_utilities, reset=True
        )
        X_candidates, mapping = self._transform_candidates(candidates, X, y)
        scores = self._utilities(X, is_labeled(y, self.missing_label_), X_candidates)
        if mapping is None:
            utilities = scores
        else:
            utilities = np.full(len(X), np.nan)
            utilities[mapping] = scores
        strategy = getattr(self, "strategy_", None)
        if is_labeled(y, self.missing_label_).any() and last_step(strategy).selection != "topk":
            X_last = as_last_step_sees(strategy, X_candidates)
            rows: Any = last_step(strategy).query(X_last, batch_size)
            indices = rows if mapping is None else mapping[rows]
            return (indices, _by_step(utilities, indices)) if return_utilities else indices
        return simple_batch(
            utilities,
            self.random_state_,
            batch_size=batch_size,
            return_utilities=return_utilities,
        )

    def _utilities(
        self, X: NDArray, labeled: NDArray[np.bool_], X_candidates: NDArray
    ) -> NDArray[np.floating]:
        if not labeled.any():
            warnings.warn(
                "y contains no labelled samples, so that there is nothing to be unlike: the choice "
                "is random",
                EmptyPoolWarning,
                stacklevel=3,
            )
            return np.zeros(len(X_candidates))
        strategy = VAALQueryStrategy() if self.strategy is None else clone(self.strategy)
        last = last_step(strategy)
        needed = fit_wants(last) or (
            shown(last.uncertainty) if is_explicit(last.uncertainty) else None
        )
        if needed:
            raise ValueError(
                f"{needed} needs class probabilities, and VAALSampling has no classifier; set "
                "uncertainty=None, condition=None, relabel_states=False, or use VAALQuery in an "
                "ActiveLearner"
            )
        if last.random_state is None:
            last.random_state = self.random_state_.randint(np.iinfo(np.int32).max)
        # Candidates from elsewhere are the pool where X itself has nothing unlabelled.
        X_unlabeled = X_candidates if labeled.all() else X[~labeled]
        fit_on_pools(strategy, X[labeled], X_unlabeled)
        self.strategy_ = strategy
        return -strategy.score_samples(X_candidates).astype(np.float64)


def _by_step(utilities: NDArray[np.floating], indices: NDArray[np.intp]) -> NDArray[np.floating]:
    """Utilities before each choice, (batch, n_samples), nan where a sample is chosen already."""
    steps = np.tile(utilities, (len(indices), 1))
    for step, index in enumerate(indices[:-1]):
        steps[step + 1 :, index] = np.nan
    return steps
