"""VAAL as a query strategy of modAL, which is not imported: a learner is whatever acts like one."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from skvaal._fitting import adopt_state
from skvaal._learner import read_for_fit, read_pool
from skvaal._pipelines import as_last_step_sees, fit_on_pools, last_step
from skvaal._presets import preset_params
from skvaal._side import fit_wants
from skvaal._sources import as_samples
from skvaal._strategy import VAALQueryStrategy
from skvaal._validation import check_n


class VAALQuery(BaseEstimator):
    """Callable for ``modAL.ActiveLearner(estimator, query_strategy=VAALQuery())``.

    Each query fits a :class:`VAALQueryStrategy` on the learner's labelled samples and the pool, and
    asks it. By default that is the setting that was measured to choose best: the samples that cover
    what the learner is unsure of. It reads neither VAE nor discriminator, so that none is trained.
    ``VAALQuery(selection='topk', uncertainty=None)`` trains both, once a query, and takes the
    samples that the discriminator is surest are unlabelled, as the paper does.

    Parameters
    ----------
    strategy : VAALQueryStrategy, Pipeline or None, default=None
        A strategy, or a Pipeline that ends in one; its transformers are fitted on both pools. None
        stands for ``VAALQueryStrategy(**params)``.
    **params : dict
        Parameters of :class:`VAALQueryStrategy`, if no `strategy` is given. With
        ``warm_start=True`` a query goes on from the weights of the last one.

    Attributes
    ----------
    strategy_ : VAALQueryStrategy or Pipeline
        Fitted in the last query; without a net, where the choice does not read one.
    seconds_ : dict of str to float
        Where the time of the last query went: fit, score and select.

    Notes
    -----
    The labelled pool is ``learner.X_training``, or the union of it over a ``Committee``'s learners.
    A ``DeepActiveLearner`` keeps no data: hand it over in ``learner.query(X_pool, n_instances=10,
    X_labeled=X_labeled)``. Where the learner has ``on_transformed=True``, both pools pass
    ``learner.transform_without_estimating`` first.

    With `uncertainty`, `condition` or `relabel_states` the learner is asked for its class
    probabilities, once for each pool that they are needed of, on X as the learner was given it:
    ``predict_proba``, of a ``Committee`` ``vote_proba``; for ``uncertainty='disagreement'`` and a
    single learner, the ``predict_proba`` of its estimator's members, such as a forest's trees. With
    ``condition='task_loss'`` and an estimator (or last step of a Pipeline) that has ``embed(X)``,
    the features of a net, a small perceptron on them learns to rank the labelled samples' losses
    and predicts those of both pools (Yoo and Kweon, CVPR 2019, arXiv 1905.03677).

    modAL calls a strategy again after any exception, Ctrl-C included. The error of the first call
    is then raised at once, without a second training.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from sklearn.datasets import load_digits
    >>> from skvaal import VAALQuery
    >>> X, y = load_digits(return_X_y=True)
    >>> learner = SimpleNamespace(X_training=X[:50])  # in earnest: modAL.ActiveLearner
    >>> query = VAALQuery(random_state=0)
    >>> indices, scores = query(learner, X[50:], n_instances=3)
    >>> indices.shape, scores.shape
    ((3,), (3,))
    """

    def __init__(self, strategy: VAALQueryStrategy | Pipeline | None = None, **params: Any) -> None:
        self.strategy = strategy
        if strategy is not None and params:
            raise TypeError(
                f"VAALQuery takes a strategy or parameters for one, not both: got {strategy!r} and "
                f"{', '.join(params)}"
            )
        # Held by an estimator, so that names, defaults and errors are the strategy's own.
        self._inline = VAALQueryStrategy(**params) if strategy is None else None

    @classmethod
    def from_preset(cls, name: str, **overrides: Any) -> VAALQuery:
        """Make a query strategy with a named set of parameters.

        Parameters
        ----------
        name : str
            As in :meth:`VAALQueryStrategy.from_preset`.
        **overrides : dict
            Parameters to replace or add.

        Returns
        -------
        VAALQuery

        Examples
        --------
        >>> from skvaal import VAALQuery
        >>> VAALQuery.from_preset("paper-segmentation").get_params()["lambda2"]
        25.0
        """
        return cls(**{**preset_params(name), **overrides})

    def __call__(
        self, learner: Any, X_pool: Any, n_instances: int = 1, *, X_labeled: Any = None
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Choose samples of the pool.

        Parameters
        ----------
        learner : modAL learner or committee
            Anything with `X_training` will do.
        X_pool : array-like of shape (n_samples, n_features) or 4-D array
        n_instances : int, default=1
            How many, from 1 to n_samples.
        X_labeled : array-like, default=None
            The labelled samples, where the learner does not keep them, or others than it keeps.

        Returns
        -------
        indices : array of int of shape (n_instances,)
        scores : array of float of shape (n_instances,)
            Log-odds of being labelled; with ``selection='topk'``, the lower, the sooner a sample is
            chosen. NaN where no discriminator was trained.

        Raises
        ------
        ValueError, TypeError
            If something cannot be used, or probabilities are needed that the learner has not;
            before any training.
        NotFittedError
            If probabilities are wanted of a learner that is not fitted.
        """
        _raise_again_within_modal()
        try:
            return self._query(learner, X_pool, n_instances, X_labeled)
        except BaseException as error:
            error._raised_by_vaal_query = True  # type: ignore[attr-defined]
            raise

    def _query(
        self, learner: Any, X_pool: Any, n: int, X_labeled: Any
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        strategy = self._new_strategy()
        last = last_step(strategy)
        samples = as_samples(X_pool, "X_pool")
        n_pool = samples.shape[0] if hasattr(samples, "shape") else len(samples)
        if n_pool == 0:
            raise ValueError(f"X_pool is empty, so that n_instances={n!r} cannot be chosen from it")
        n = check_n(n, n_pool, "n_instances")
        # Before all else: the learner may not be able to say what is wanted of it.
        pool_view = read_pool(learner, last, X_pool)
        X_labeled = labeled_pool(learner) if X_labeled is None else X_labeled
        views: Any = read_for_fit(learner, last, X_labeled, X_pool, pool_view)
        in_fit = views if fit_wants(last) else None
        if getattr(learner, "on_transformed", False):
            X_labeled = learner.transform_without_estimating(X_labeled)
            X_pool = learner.transform_without_estimating(X_pool)

        began = perf_counter()
        fit_on_pools(strategy, X_labeled, X_pool, in_fit, for_query=True)
        fit_seconds = perf_counter() - began
        self.strategy_ = strategy
        X_pool = as_last_step_sees(strategy, X_pool)
        indices, scores = last.query(X_pool, n, proba=views[1], return_scores=True)
        self.seconds_ = {"fit": fit_seconds, **last.query_seconds_}
        return indices, scores

    def _new_strategy(self) -> VAALQueryStrategy | Pipeline:
        """A fresh strategy; if it is to be warm-started, with the net of the last query."""
        parameter = self._inline if self.strategy is None else self.strategy
        strategy = clone(parameter)
        if last_step(parameter).warm_start and hasattr(self, "strategy_"):
            adopt_state(last_step(strategy), last_step(self.strategy_))
        return strategy

    # The parameters are those of the strategy, with or without a prefix.

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters of the strategy; ``strategy__*`` where one was passed.

        Parameters
        ----------
        deep : bool, default=True

        Returns
        -------
        dict
        """
        if self._inline is not None:
            return {"strategy": None, **self._inline.get_params(deep=deep)}
        nested = self.strategy.get_params() if deep and self.strategy is not None else {}
        return {"strategy": self.strategy, **{f"strategy__{k}": v for k, v in nested.items()}}

    def set_params(self, **params: Any) -> VAALQuery:
        """Set parameters as :meth:`get_params` names them.

        Parameters
        ----------
        **params : dict

        Returns
        -------
        self : VAALQuery
        """
        if "strategy" in params:
            self.strategy = params.pop("strategy")
            self._inline = VAALQueryStrategy() if self.strategy is None else None
        if self._inline is not None:
            self._inline.set_params(**params)
        elif params:
            super().set_params(**params)
        return self


def labeled_pool(learner: Any) -> Any:
    """Labelled samples of a learner, or of a committee of learners.

    Parameters
    ----------
    learner : modAL learner or committee

    Returns
    -------
    array-like of shape (n_labeled, ...)

    Raises
    ------
    ValueError
        If the learner keeps none.
    """
    X = getattr(learner, "X_training", None)
    if X is not None:
        return X
    learners = getattr(learner, "learner_list", [])
    kept = [getattr(each, "X_training", None) for each in learners]
    pools: list[Any] = [np.asarray(pool) for pool in kept if pool is not None]
    if not pools:
        raise ValueError(
            f"{type(learner).__name__} keeps no labelled samples (X_training); pass them: "
            "learner.query(X_pool, n_instances=..., X_labeled=...)"
        )
    if all(np.array_equal(pool, pools[0]) for pool in pools):
        return pools[0]
    # teach() hands a sample to every learner: counted once, not once a learner.
    return np.unique(np.concatenate(pools), axis=0)


def _raise_again_within_modal() -> None:
    """Raise the error of the call before, if modAL is handling it by calling again.

    While an ``except`` block runs, its exception is what ``sys.exc_info`` tells even in functions
    called from there, and the first entry of its traceback is the frame of that block. So this
    does not fire when a caller retries a query on purpose, after modAL has let the error out.
    """
    error = sys.exc_info()[1]
    if not getattr(error, "_raised_by_vaal_query", False):
        return
    assert error is not None
    assert error.__traceback__ is not None
    if error.__traceback__.tb_frame.f_globals.get("__name__", "").startswith("modAL."):
        raise error
