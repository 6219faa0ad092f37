"""Query strategies for modAL; modAL is not imported: a learner is whatever acts like one."""

from __future__ import annotations

import sys
from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from skvaal._herding_strategy import HerdingQueryStrategy
from skvaal._pipelines import (
    StrategyOrPipeline,
    clone_strategy,
    fit_front,
    last_step,
    transform_front,
)
from skvaal._pool.containers import count_rows
from skvaal._pool.validation import check_n, check_same_columns
from skvaal._predictions.learner import (
    ask_learner,
    labeled_pool,
    labels_of,
    warn_of_no_probabilities,
)
from skvaal._predictions.predictions import Predictions
from skvaal._query_strategy import BaseQueryStrategy
from skvaal._rules.explanation import check_chosen
from skvaal._utils.params import accepted_names, did_you_mean, renaming

__all__ = ["HerdingQuery", "VAALQuery"]


class _StrategyQuery(BaseEstimator):
    """A callable as modAL wants it, around a strategy or a Pipeline that ends in one."""

    @classmethod
    @abstractmethod
    def _strategy_class(cls) -> type[BaseQueryStrategy]:
        """Class of the strategies that it takes."""

    # Each subclass has an __init__ of its own, so that Python's errors name the subclass.

    def _take(self, strategy: StrategyOrPipeline | None, params: dict[str, Any]) -> None:
        """Keep the arguments of ``__init__``."""
        self.strategy = strategy
        name, known = type(self).__name__, accepted_names(self._strategy_class())
        if strategy is not None and params:
            raise TypeError(
                f"{name} takes a strategy or parameters for one, not both: got "
                f"{strategy!r} and {', '.join(params)}"
            )
        if known is not None and (unknown := sorted(set(params) - known)):
            raise TypeError(
                f"{name} has no parameter {unknown[0]!r}; {did_you_mean(unknown[0], known)}"
            )
        # Held by an estimator, so that names, defaults and errors are the strategy's own.
        self._inline = self._strategy_class()(**params) if strategy is None else None

    def __call__(
        self, learner: Any, X_pool: Any, n_instances: int = 1, *, X_labeled: Any = None
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Choose samples of the pool.

        Parameters
        ----------
        learner : modAL learner or committee
            Anything with `X_training` will do. Where nothing is labelled yet, the batch covers the
            pool, with a warning; a net that reads predictions is then the plain one.
        X_pool : array-like of shape (n_samples, n_features) or 4-D array
            Also a frame of pandas or polars, a sparse matrix or texts, if a Pipeline reads them.
        n_instances : int, default=1
            How many, from 1 to n_samples.
        X_labeled : array-like, default=None
            The labelled samples, where the learner does not keep them, or others than it keeps.

        Returns
        -------
        indices : array of int of shape (n_instances,)
        scores : array of float of shape (n_instances,)
            What each was chosen by, as the strategy's ``query`` returns it.

        Raises
        ------
        ValueError, TypeError, NotFittedError
            If something cannot be used, or probabilities are needed that the learner has not, or
            cannot give before it is fitted; before any training.
        """
        _raise_again_within_modal()
        try:
            with renaming({"X_unlabeled": "X_pool"}):
                return self._query(learner, X_pool, n_instances, X_labeled)
        except BaseException as error:
            error._raised_by_skvaal = True  # type: ignore[attr-defined]
            raise

    def _query(
        self, learner: Any, X_pool: Any, n: int, X_labeled: Any
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        strategy = self._new_strategy()
        last = last_step(strategy, self._strategy_class())
        n_pool = count_rows(X_pool, "X_pool")
        if n_pool == 0:
            raise ValueError(f"X_pool is empty, so that n_instances={n!r} cannot be chosen from it")
        n = check_n(n, n_pool, "n_instances")
        needs = last.prediction_needs()
        X_labeled, y_labeled = _labeled_samples(learner, X_labeled)
        check_same_columns(X_labeled, X_pool, ("X_labeled", "X_pool"))
        predictions = Predictions(), Predictions()
        if X_labeled is not None:
            warn_of_no_probabilities(learner, needs)
            predictions = ask_learner(
                learner, X_labeled, X_pool, needs, seed_source=last.random_state
            )
        elif needs.in_fit:  # without labels there is no model for the net to read
            last.set_params(net="vaal", uncertainty=None)
        if getattr(learner, "on_transformed", False):
            if X_labeled is not None:
                X_labeled = learner.transform_without_estimating(X_labeled)
            X_pool = learner.transform_without_estimating(X_pool)
        if last is not strategy:
            X_labeled, X_pool = fit_front(strategy, X_labeled, X_pool, y_labeled)
        given = {"proba_labeled": predictions[0], "proba": predictions[1]}
        chosen = last.fit_query(X_labeled, X_pool, n, return_scores=True, **given)
        self.strategy_ = strategy
        self.seconds_ = dict(last.seconds_)
        return chosen

    def explain(
        self, learner: Any, X_pool: Any, indices: ArrayLike, *, X_labeled: Any = None
    ) -> Any:
        """Tell why the last query chose its samples, one row of a table for each.

        Call it between ``learner.query`` and ``learner.teach``: by then the pool and the learner
        are what the choice was made from.

        Parameters
        ----------
        learner, X_pool
            As in the last query.
        indices : array-like of int of shape (n_instances,)
            All that the query returned, in its order.
        X_labeled : array-like, default=None
            As in the last query.

        Returns
        -------
        pandas.DataFrame, or a table that reads like one where pandas is not installed
            As :meth:`HerdingQueryStrategy.explain` returns it, with the index into `X_pool` in the
            column ``row``. The learner is asked for probabilities again.

        Raises
        ------
        NotFittedError
            If there was no query yet.
        ValueError, TypeError
            If `indices` are not different rows of the pool, or the pools have other sizes than in
            the last query.

        Examples
        --------
        >>> from types import SimpleNamespace
        >>> from sklearn.datasets import load_digits
        >>> from skvaal import HerdingQuery
        >>> X, y = load_digits(return_X_y=True)
        >>> learner = SimpleNamespace(X_training=X[:50])  # in earnest: modAL.ActiveLearner
        >>> query = HerdingQuery(random_state=0)
        >>> indices, scores = query(learner, X[50:], n_instances=3)
        >>> list(query.explain(learner, X[50:], indices).columns)
        ['row', 'gain', 'covers', 'nearest_labeled', 'distance']
        """
        name = type(self).__name__
        if not hasattr(self, "strategy_"):
            raise NotFittedError(f"this {name} has chosen nothing yet; query first, then explain")
        last = last_step(self.strategy_)
        X_labeled, _ = _labeled_samples(learner, X_labeled)
        n_labeled = 0 if X_labeled is None else count_rows(X_labeled, "X_labeled")
        n_pool = count_rows(X_pool, "X_pool")
        if (n_labeled, n_pool) != (last.n_labeled_, last.n_unlabeled_):
            raise ValueError(
                f"there are {n_labeled} samples in X_labeled and {n_pool} in X_pool, but the last "
                f"query had {last.n_labeled_} and {last.n_unlabeled_}; explain before teach, with "
                "the pools of that query"
            )
        indices = check_chosen(indices, n_pool, "X_pool")
        predictions = Predictions()
        with renaming({"X_unlabeled": "X_pool"}):
            if X_labeled is not None:
                needs = last.prediction_needs()
                _, predictions = ask_learner(
                    learner, X_labeled, X_pool, needs, seed_source=last.random_state
                )
            if getattr(learner, "on_transformed", False):
                X_pool = learner.transform_without_estimating(X_pool)
            X_pool = transform_front(self.strategy_, X_pool)
            return last.explain(X_pool, indices, proba=predictions)

    def _new_strategy(self) -> Any:
        """A fresh strategy; with ``warm_start=True`` it goes on from that of the last query."""
        strategy = self._inline if self.strategy is None else self.strategy
        strategy = clone_strategy(strategy, self._strategy_class())
        last = last_step(strategy)
        if getattr(last, "warm_start", False) and hasattr(self, "strategy_"):
            previous = last_step(self.strategy_)
            # Before the first label, the net may have been the plain one.
            if previous.n_labeled_ or previous.net == last.net:
                last.continue_from(previous)
        return strategy

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters of the strategy: plain ones, or ``strategy__*`` where one was passed."""
        if self._inline is not None:
            return {"strategy": None, **self._inline.get_params(deep=deep)}
        nested = self.strategy.get_params() if deep and self.strategy is not None else {}
        return {"strategy": self.strategy, **{f"strategy__{k}": v for k, v in nested.items()}}

    def set_params(self, **params: Any) -> _StrategyQuery:
        """Set parameters as :meth:`get_params` names them, and return the query strategy."""
        if "strategy" in params:
            self.strategy = params.pop("strategy")
            self._inline = self._strategy_class()() if self.strategy is None else None
        if self._inline is not None:
            self._inline.set_params(**params)
        elif params:
            super().set_params(**params)
        return self


class VAALQuery(_StrategyQuery):
    """VAAL for modAL: ``ActiveLearner(estimator, query_strategy=VAALQuery())``.

    Each query trains a VAE and a discriminator on the learner's labelled samples and the pool
    (:class:`VAALQueryStrategy`). By default it takes the samples that cover what the learner is
    unsure of and, if part of the pool lies where no label is, what the discriminator calls
    unlabelled.
    ``VAALQuery(rule='topk', vae__linear_path=False)`` is plain VAAL, the paper's Algorithm 2: it
    takes the samples that look least like the labelled ones, and does not ask the learner.

    Parameters
    ----------
    strategy : VAALQueryStrategy, Pipeline or None, default=None
        A strategy, or a Pipeline that ends in one; its transformers are fitted on both pools, those
        that learn from y on the labelled samples. None stands for ``VAALQueryStrategy(**params)``.
    **params : dict
        Parameters of :class:`VAALQueryStrategy`, if no `strategy` is given. With
        ``warm_start=True`` a query goes on from the weights of the last one.

    Attributes
    ----------
    strategy_ : VAALQueryStrategy or Pipeline
        Fitted in the last query.
    seconds_ : dict of str to float
        Where the time of the last query went: 'fit' and 'choose'.

    See Also
    --------
    HerdingQuery : Trains no network and answers in a second.

    Notes
    -----
    The labelled pool is ``learner.X_training``, or the union of it over a ``Committee``'s learners.
    A ``DeepActiveLearner`` keeps no data: hand it over in ``learner.query(X_pool, n_instances=10,
    X_labeled=X_labeled)``. Where the learner has ``on_transformed=True``, both pools pass
    ``learner.transform_without_estimating`` first.

    The learner is asked for class probabilities where `uncertainty` or the net reads them. It gets
    X as it was handed over. A ``Committee`` answers by ``vote_proba``, another learner by
    ``predict_proba``; with ``uncertainty='disagreement'`` its estimator's members answer, such as a
    forest's trees. If a sample has several labels, ``multilabel`` says how their uncertainties
    become one. A regressor is asked for its standard deviation, ``predict(X, return_std=True)``, if
    it has one. With ``net='task_loss'`` or ``'ta_vaal'``, an estimator may have ``embed(X)``, the
    features of a net. A small perceptron on them then learns to rank the labelled samples'
    losses, and predicts those of both pools (Yoo and Kweon, CVPR 2019, arXiv 1905.03677).

    :meth:`explain` tells why the last query chose what it chose, before ``learner.teach``.

    modAL calls a strategy again after any exception, Ctrl-C included. The error of the first call
    is then raised at once, without a second training.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from sklearn.datasets import load_digits
    >>> from skvaal import VAALQuery
    >>> X, y = load_digits(return_X_y=True)
    >>> learner = SimpleNamespace(X_training=X[:50] / 16)  # in earnest: modAL.ActiveLearner
    >>> query = VAALQuery(max_epochs=2, random_state=0)
    >>> indices, scores = query(learner, X[50:] / 16, n_instances=3)
    >>> indices.shape, scores.shape
    ((3,), (3,))
    """

    def __init__(self, strategy: StrategyOrPipeline | None = None, **params: Any) -> None:
        self._take(strategy, params)

    @classmethod
    def _strategy_class(cls) -> type[BaseQueryStrategy]:
        # Here, so that HerdingQuery does not import torch.
        from skvaal._vaal_strategy import VAALQueryStrategy

        return VAALQueryStrategy

    @classmethod
    def from_preset(cls, name: str, **overrides: Any) -> VAALQuery:
        """Make a query strategy with a named set of parameters.

        Parameters
        ----------
        name, **overrides
            As in :meth:`VAALQueryStrategy.from_preset`.

        Returns
        -------
        VAALQuery

        Examples
        --------
        >>> from skvaal import VAALQuery
        >>> VAALQuery.from_preset("paper-segmentation").get_params()["lambda2"]
        25.0
        """
        make: Any = cls._strategy_class()
        return cls(**make.from_preset(name, **overrides).get_params())


class HerdingQuery(_StrategyQuery):
    """Uncertainty herding for modAL: ``ActiveLearner(estimator, query_strategy=HerdingQuery())``.

    Each query fits principal components to the learner's labelled samples and the pool, and takes
    the samples that cover most of what the learner is unsure of (:class:`HerdingQueryStrategy`). No
    network is trained.

    Parameters
    ----------
    strategy : HerdingQueryStrategy, Pipeline or None, default=None
        As in :class:`VAALQuery`; None stands for ``HerdingQueryStrategy(**params)``.
    **params : dict
        Parameters of :class:`HerdingQueryStrategy`, if no `strategy` is given.

    Attributes
    ----------
    strategy_, seconds_
        As in :class:`VAALQuery`.

    See Also
    --------
    VAALQuery : Trains a VAE and a discriminator; its notes on learners hold here, too.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from sklearn.datasets import load_digits
    >>> from skvaal import HerdingQuery
    >>> X, y = load_digits(return_X_y=True)
    >>> learner = SimpleNamespace(X_training=X[:50])  # in earnest: modAL.ActiveLearner
    >>> indices, scores = HerdingQuery(random_state=0)(learner, X[50:], n_instances=3)
    >>> indices.shape, scores.shape
    ((3,), (3,))
    """

    def __init__(self, strategy: StrategyOrPipeline | None = None, **params: Any) -> None:
        self._take(strategy, params)

    @classmethod
    def _strategy_class(cls) -> type[BaseQueryStrategy]:
        return HerdingQueryStrategy


def _labeled_samples(learner: Any, X_labeled: Any) -> tuple[Any, Any]:
    """Labelled samples, and their labels if the learner keeps them; None where there are none."""
    if X_labeled is not None:
        return (X_labeled, None) if count_rows(X_labeled, "X_labeled") else (None, None)
    X = labeled_pool(learner)
    return (None, None) if X is None or not count_rows(X) else (X, labels_of(learner))


def _raise_again_within_modal() -> None:
    """Raise the error of the call before, if modAL is handling it by calling again.

    While an ``except`` block runs, its exception is what ``sys.exc_info`` tells even in functions
    called from there, and the first entry of its traceback is the frame of that block. So this
    does not fire when a caller retries a query on purpose, after modAL has let the error out.
    """
    error = sys.exc_info()[1]
    if error is None or error.__traceback__ is None or not hasattr(error, "_raised_by_skvaal"):
        return
    if error.__traceback__.tb_frame.f_globals.get("__name__", "").startswith("modAL."):
        raise error
