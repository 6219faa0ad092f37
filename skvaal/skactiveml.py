"""Pool strategies of scikit-activeml: ``pip install skvaal[skactiveml]``."""

from __future__ import annotations

from functools import partial
from numbers import Integral, Number, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skactiveml.base import SingleAnnotatorPoolQueryStrategy, SkactivemlClassifier
from skactiveml.utils import MISSING_LABEL, is_labeled
from sklearn.base import clone
from sklearn.utils import check_array, check_random_state

from skvaal._herding_strategy import HerdingQueryStrategy
from skvaal._pipelines import (
    StrategyOrPipeline,
    clone_strategy,
    fit_front,
    last_step,
    transform_front,
)
from skvaal._pool.containers import count_rows, take_rows
from skvaal._pool.conversion import as_array
from skvaal._pool.kinds import is_dataset
from skvaal._pool.label_checks import warn_of_other_order
from skvaal._pool.labels import as_entries, labeled_mask
from skvaal._pool.validation import check_same_columns
from skvaal._predictions.learner import ask_learner, warn_of_no_probabilities
from skvaal._predictions.predictions import PredictionNeeds, Predictions
from skvaal._query_strategy import BaseQueryStrategy
from skvaal._rules.rule import Choice
from skvaal._utils.params import Interval, check_flag, naming
from skvaal._vaal_strategy import VAALQueryStrategy

__all__ = ["HerdingSampling", "VAALSampling"]

_COUNT = Interval(Integral, 1, None, closed="left")


class _StrategySampling(SingleAnnotatorPoolQueryStrategy):
    """A strategy of `_strategy_class`, or a Pipeline that ends in one, for scikit-activeml."""

    _strategy_class: type[BaseQueryStrategy]
    strategy: StrategyOrPipeline | None

    def query(
        self,
        X: Any,
        y: ArrayLike,
        candidates: Any = None,
        batch_size: int = 1,
        return_utilities: bool = False,
        *,
        clf: Any = None,
        fit_clf: bool = True,
    ) -> NDArray[np.intp] | tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Choose the samples to label next.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or 4-D array of images
            Labelled and unlabelled samples; also a frame of pandas or polars, a sparse matrix or
            texts, if a Pipeline reads them.
        y : array-like of shape (n_samples,)
            Labels, `missing_label` where there is none.
        candidates : None or array-like of shape (n_candidates,) of int or \
                array-like of shape (n_candidates, ...), default=None
            None takes the unlabelled rows of X. Integers on one axis are rows of X. Anything with
            more axes, and texts, are samples.
        batch_size : int, default=1
            How many to choose.
        return_utilities : bool, default=False
            Whether to return the utilities, too.
        clf : classifier, default=None
            A classifier of scikit-activeml or scikit-learn, asked for class probabilities of the
            samples; or a regressor whose ``predict`` takes ``return_std=True``. None chooses
            without a model's uncertainty.
        fit_clf : bool, default=True
            Whether a copy of `clf` is fitted on the labelled rows first. For a classifier of
            several labels, which scikit-activeml does not know, fit `clf` yourself and pass False;
            y then only says which rows are labelled.

        Returns
        -------
        query_indices : array of int of shape (batch_size,)
            Rows of X, or of `candidates` if these are samples.
        utilities : array of shape (batch_size, n_samples) or (batch_size, n_candidates)
            Only if `return_utilities`: what the choice was made by, higher is chosen sooner; the
            largest of row i is that of choice i. NaN where a sample is no candidate, or is chosen
            in an earlier row.

        Warns
        -----
        EmptyPoolWarning
            If no row is labelled: the batch covers the candidates.

        Raises
        ------
        ValueError, TypeError
            If something cannot be used, or all of X is labelled and `candidates` is None; before
            any training.
        """
        check_flag(fit_clf, "fit_clf")
        warn_of_other_order(X, y)
        y = _as_labels(y, self.missing_label)
        n_samples = self._check_call(X, y, batch_size, clf)
        if candidates is None and is_labeled(y, self.missing_label).all():
            # The mark of skvaal's own estimators is the likeliest one.
            has_mark = -1 in np.asarray(y, dtype=object)
            raise ValueError(
                f"no row of y is missing_label={self.missing_label!r}, so that there is nothing to "
                "choose from; pass "
                + ("missing_label=-1" if has_mark else "the missing_label of y, or candidates=...")
            )
        rows = np.arange(n_samples)[:, None]  # in the place of X, which stays what it is
        are_samples = _are_samples(candidates)
        named = candidates
        if are_samples:
            check_same_columns(X, candidates, ("X", "candidates"))
            n_candidates = count_rows(candidates, "candidates")
            X_candidates, named = candidates, np.zeros((n_candidates, 1))
        elif candidates is not None:
            named = _as_different_rows(candidates, len(rows))
        _, labels, named, batch_size, return_utilities = self._validate_data(
            rows, y, named, batch_size, return_utilities, reset=True
        )
        self.__dict__.pop("n_features_in_", None)
        mapping = None
        if not are_samples:
            unlabeled = ~is_labeled(labels, self.missing_label_)
            mapping = np.flatnonzero(unlabeled) if named is None else named
            X_candidates = take_rows(X, mapping)
        choice = self._choose(
            X, labels, X_candidates, batch_size, return_utilities, clf=clf, fit_clf=fit_clf
        )
        indices = choice.indices if mapping is None else mapping[choice.indices]
        if choice.utilities is None:
            return indices
        if mapping is None:
            return indices, choice.utilities
        utilities = np.full((batch_size, len(rows)), np.nan)
        utilities[:, mapping] = choice.utilities
        return indices, utilities

    def _check_call(self, X: Any, y: Any, batch_size: Any, clf: Any) -> int:
        """Raise where scikit-activeml's own checks would not name the argument; count the rows."""
        n_samples = count_rows(X, "X")
        with naming("y cannot be used"):
            n_labels = len(check_array(y, ensure_2d=False, ensure_all_finite=False, dtype=None))
        if n_labels != n_samples or not n_samples:
            raise ValueError(f"X has {n_samples} rows and y {n_labels}; both need one for a sample")
        with naming("random_state cannot be used"):
            check_random_state(self.random_state)
        if isinstance(batch_size, Real) and not _COUNT.is_satisfied_by(batch_size):
            raise ValueError(f"batch_size={batch_size!r} must be a whole number from 1")
        if clf is not None and not (hasattr(clf, "fit") and hasattr(clf, "get_params")):
            raise TypeError(f"clf={clf!r} must be a classifier, or None")
        return n_samples

    def _choose(
        self,
        X: Any,
        y: NDArray,
        X_candidates: Any,
        n: int,
        keep_utilities: bool,
        *,
        clf: Any,
        fit_clf: bool,
    ) -> Choice:
        strategy = self._strategy_class() if self.strategy is None else self.strategy
        strategy = clone_strategy(strategy, self._strategy_class)
        last = last_step(strategy)
        if last.random_state is None:
            last.set_params(random_state=self.random_state_.randint(np.iinfo(np.int32).max))
        needs = last.prediction_needs()
        classifier, X_labeled, y_labeled = None, None, None
        labeled = is_labeled(y, self.missing_label_)
        if labeled.any():
            X_labeled = take_rows(X, np.flatnonzero(labeled))
            y_labeled = np.array(y[labeled].tolist())  # where None marks a row, y holds objects
            whole = (X, y) if isinstance(clf, SkactivemlClassifier) else (X_labeled, y_labeled)
            classifier = self._prepare_classifier(clf, fit_clf, *whole, needs)
        # Candidates from elsewhere are the pool where X itself has nothing unlabelled.
        is_full = labeled.all()
        X_unlabeled = X_candidates if is_full else take_rows(X, np.flatnonzero(~labeled))
        in_fit, of_candidates = (Predictions(), Predictions()), Predictions()
        if classifier is not None:
            warn_of_no_probabilities(classifier, needs)
            ask = partial(ask_learner, classifier, needs=needs, seed_source=last.random_state)
            in_fit = ask(X_labeled, X_unlabeled) if needs.in_fit else in_fit
            _, of_candidates = ask(None, X_candidates)
        X_labeled, X_unlabeled = fit_front(strategy, X_labeled, X_unlabeled, y_labeled)
        last.fit_pools(X_labeled, X_unlabeled, proba_labeled=in_fit[0], proba_unlabeled=in_fit[1])
        self.strategy_ = strategy
        X_candidates = transform_front(strategy, X_candidates)
        return last.choose(X_candidates, n, proba=of_candidates, keep_utilities=keep_utilities)

    def _prepare_classifier(
        self, clf: Any, fit_clf: bool, X: Any, y: NDArray, needs: PredictionNeeds
    ) -> Any:
        """The fitted classifier, or None where there is none."""
        if clf is None and needs.required_by is not None:
            raise ValueError(
                f"{needs.required_by} needs class probabilities, and {type(self).__name__} has no "
                f"classifier: pass clf=... to query, or {needs.way_out}"
            )
        return clone(clf).fit(X, y) if fit_clf and clf is not None else clf


class VAALSampling(_StrategySampling):
    """Variational Adversarial Active Learning as a pool strategy of scikit-activeml.

    A VAE and a discriminator are trained on the labelled and the unlabelled rows of X, and the rule
    reads them (:class:`skvaal.VAALQueryStrategy`). With
    ``strategy=VAALQueryStrategy(rule='topk')`` the utility of a sample is the log-odds that it is
    unlabelled [1]_. A classifier is not needed; with one, the default rule weighs by its
    uncertainty.

    Parameters
    ----------
    strategy : VAALQueryStrategy, Pipeline or None, default=None
        A strategy, or a Pipeline that ends in one; cloned for each query. None stands for
        ``VAALQueryStrategy()``. Its `missing_label` is not used.
    missing_label : scalar, str, nan or None, default=MISSING_LABEL
        Marks unlabelled rows of y.
    random_state : int, RandomState instance or None, default=None
        Seeds the training where the `strategy` has no `random_state` of its own.

    Attributes
    ----------
    strategy_ : VAALQueryStrategy or Pipeline
        Fitted in the last query. Its ``explain(X_candidates, positions, proba=...)`` tells why
        samples were chosen, given the candidates, positions among them, and what the fitted
        classifier says of the candidates, ``clf.predict_proba(X_candidates)``. Leave `proba` out
        where the query had no classifier: gains are then those of a choice without one. Of a
        Pipeline, ask the last step, with candidates that the others have transformed.

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

    _strategy_class = VAALQueryStrategy

    # In each class, so that Python's errors name it.
    def __init__(
        self,
        strategy: StrategyOrPipeline | None = None,
        missing_label: Any = MISSING_LABEL,
        random_state: Any = None,
    ) -> None:
        super().__init__(missing_label=missing_label, random_state=random_state)
        self.strategy = strategy


class HerdingSampling(_StrategySampling):
    """Uncertainty herding as a pool strategy of scikit-activeml; no network is trained.

    The utility of a sample is its gain in weighted coverage (:class:`skvaal.HerdingQueryStrategy`).
    A classifier is not needed; with one, samples that it is unsure of weigh more.

    Parameters
    ----------
    strategy : HerdingQueryStrategy, Pipeline or None, default=None
        As in :class:`VAALSampling`; None stands for ``HerdingQueryStrategy()``.
    missing_label, random_state
        As in :class:`VAALSampling`.

    Attributes
    ----------
    strategy_ : HerdingQueryStrategy or Pipeline
        Fitted in the last query, with ``explain`` as in :class:`VAALSampling`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from skvaal.skactiveml import HerdingSampling
    >>> X, y = load_digits(return_X_y=True)
    >>> y = np.where(np.arange(len(y)) < 50, y, np.nan)
    >>> sampling = HerdingSampling(random_state=0)
    >>> sampling.query(X, y, batch_size=3, clf=RandomForestClassifier(random_state=0)).shape
    (3,)
    """

    _strategy_class = HerdingQueryStrategy

    # In each class, so that Python's errors name it.
    def __init__(
        self,
        strategy: StrategyOrPipeline | None = None,
        missing_label: Any = MISSING_LABEL,
        random_state: Any = None,
    ) -> None:
        super().__init__(missing_label=missing_label, random_state=random_state)
        self.strategy = strategy


def _as_labels(y: Any, missing_label: Any) -> NDArray:
    """Labels as scikit-activeml reads them: of one type if they are, and one mark for all nulls."""
    entries = as_entries(y)
    unlabeled = ~labeled_mask(entries, missing_label)
    if entries.ndim != 1 or (entries.dtype != object and missing_label is not None):
        return entries
    entries = entries.astype(object)
    entries[unlabeled] = missing_label
    values = entries.tolist()
    if any(np.ndim(each) for each in values):
        return entries
    plain = np.array(values)
    is_text = plain.dtype.kind == "U" and all(isinstance(each, str) for each in values)
    return plain if plain.dtype.kind in "biuf" or is_text else entries


def _are_samples(candidates: Any) -> bool:
    """Whether candidates are samples themselves, and not rows of X."""
    if candidates is None:
        return False
    of_frame_or_matrix = hasattr(candidates, "columns") or hasattr(candidates, "tocsr")
    if of_frame_or_matrix or is_dataset(candidates) or getattr(candidates, "ndim", 1) != 1:
        return True
    array = as_array(candidates, "candidates")
    if array.ndim != 1 or not array.size:
        return array.ndim != 1
    if array.dtype == object:
        return not any(isinstance(each, Number) for each in array)
    if array.dtype.kind in "iu":
        return False
    if array.dtype.kind in "USTV":  # texts for a Pipeline
        return True
    raise TypeError(
        f"candidates has one axis and is of dtype {array.dtype}; pass integers, which are rows of "
        "X (np.flatnonzero of a mask), or samples: an array of shape (n_candidates, ...)"
    )


def _as_different_rows(candidates: Any, n: int) -> NDArray:
    """Rows of X without repetition, counted from the start."""
    rows = as_array(candidates, "candidates")
    if not rows.size:
        raise ValueError("candidates is empty, so that there is nothing to choose from")
    for position, row in enumerate(rows.tolist()):
        if isinstance(row, bool) or not isinstance(row, Integral):
            raise TypeError(f"candidates[{position}] is {row!r}; rows of X are integers")
        if not -n <= int(row) < n:
            raise ValueError(f"candidates[{position}] is {row}, but X has {n} rows")
    rows = rows.astype(np.intp)
    rows = np.where(rows < 0, rows + n, rows)
    _, first = np.unique(rows, return_index=True)
    return rows[np.sort(first)]
