"""What the two estimators share: pools in, rows of the unlabelled one out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from time import perf_counter
from typing import Any, Literal, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from skvaal._pool.label_checks import check_labels_of
from skvaal._pool.labels import read_labels
from skvaal._pool.pool import Pool
from skvaal._pool.validation import check_n
from skvaal._predictions.outputs import (
    MULTILABEL,
    check_outputs_of_fit,
    check_same_outputs,
    count_columns,
    count_outputs,
    read_predictions,
)
from skvaal._predictions.pixels import UnsurePixels
from skvaal._predictions.predictions import (
    UNCERTAINTIES,
    PredictionNeeds,
    Predictions,
    describe_uncertainty,
    is_explicit,
    measure_uncertainty,
)
from skvaal._rules.explanation import ExplainingMixin
from skvaal._rules.function import FunctionRule
from skvaal._rules.herding import Herding
from skvaal._rules.rule import Candidates, Choice, Rule
from skvaal._utils.exceptions import EmptyPoolWarning, UnusedParameterWarning, warn_user
from skvaal._utils.float_errors import allowing_underflow
from skvaal._utils.model_file import Namespaces
from skvaal._utils.params import NestedParamsMixin, StrOptions, check_flag
from skvaal._utils.progress import VERBOSE_CONSTRAINT, Verbose
from skvaal._utils.saving import SavingMixin
from skvaal._utils.seeds import draw_seed
from skvaal._utils.undoing import undone_on_error

Self = TypeVar("Self", bound="BaseQueryStrategy")
Pools = tuple[Pool, Pool]
PairOfPredictions = tuple[Predictions, Predictions]


class BaseQueryStrategy(
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    SavingMixin,
    ExplainingMixin,
    NestedParamsMixin,
    BaseEstimator,
    ABC,
):
    """Base class of the strategies: it validates, calls what a subclass learned, and chooses.

    A subclass says how it learns (`_fit`), which rule chooses (`_make_rule`) and what the rule may
    read (`_make_candidates`). It has the parameters `uncertainty`, `multilabel`, `data_format`,
    `missing_label`, `random_state` and `verbose`. `seconds_` holds the times of the last 'fit' and
    'choose'.
    """

    _parameter_constraints: dict = {
        "uncertainty": [StrOptions({"auto", "std", *UNCERTAINTIES}), callable, None],
        "multilabel": [StrOptions(set(MULTILABEL))],
        "data_format": [StrOptions({"channels_first", "channels_last"})],
        "missing_label": "no_validation",
        "random_state": ["random_state"],
        "verbose": VERBOSE_CONSTRAINT,
    }

    uncertainty: Any
    multilabel: str
    data_format: str
    missing_label: Any
    random_state: Any
    verbose: Verbose
    n_labeled_: int
    n_unlabeled_: int
    _seed: int
    _n_outputs: int | None = None  # of a file that was loaded, nobody knows

    @abstractmethod
    def _fit(
        self,
        labeled: Pool,
        unlabeled: Pool,
        predictions: PairOfPredictions,
        names: tuple[str, str],
        previous: Any,
    ) -> None:
        """Learn from validated pools.

        `predictions` are on the labelled and on the unlabelled samples, `names` those of the
        arguments that they came in, `previous` is what `_forget` returned.
        """

    @abstractmethod
    def _make_rule(self) -> Rule:
        """The rule that chooses, a copy with its nested parameters."""

    @abstractmethod
    def _make_candidates(
        self, pool: Pool, rule: Rule, uncertainty: NDArray | None, predictions: Predictions
    ) -> Candidates:
        """What a rule may read of a pool, the argument `X_unlabeled`."""

    def _check_parameters(self, *, warns: bool = True) -> None:
        """Raise if a parameter cannot be used; warn, if `warns`, of one that has no effect."""
        self._validate_params()

    @classmethod
    def _namespaces(cls) -> Namespaces:
        return {"skvaal": {"UnsurePixels": UnsurePixels}}

    def _params_to_save(self) -> dict[str, Any]:
        params = super()._params_to_save()
        if params["multilabel"] == "auto":  # so that earlier versions, which lack it, open the file
            del params["multilabel"]
        return params

    def _forget(self) -> Any:
        """Drop all fitted attributes; a subclass returns what its next fit goes on from."""
        params = self._get_param_names()
        for name in [k for k in vars(self) if k.endswith("_") and k[0] != "_" and k not in params]:
            delattr(self, name)
        return None

    @undone_on_error
    @allowing_underflow
    def fit(self: Self, X: Any, y: ArrayLike | None = None, *, proba: Any = None) -> Self:
        """Learn from labelled and unlabelled samples in one array.

        After an error, or Ctrl-C, the strategy is as it was before: unfitted, or as it was fitted.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or array of shape \
                (n_samples, channels, height, width)
            Features (a sparse matrix, too), or images of at least 8x8 pixels, uint8 or real. A
            ``numpy.memmap``, an array of zarr, h5py or dask, or a map-style
            ``torch.utils.data.Dataset``, whose items are samples or begin with one, is read batch
            by batch.
        y : array-like of shape (n_samples,) or (n_samples, ...), default=None
            `missing_label` marks unlabelled rows. No other null may be in it, and other values are
            not looked at. None means that no row is labelled.
        proba : array-like of shape (n_samples, n_classes) or (n_members, n_samples, n_classes), \
                default=None
            Class probabilities of all rows, by a task model or by the members of a committee. Only
            variants of VAAL that learn from predictions read them here.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            If a parameter or X cannot be used; before anything is learned.
        TrainingDivergedError
            If a loss became NaN or infinite.
        """
        previous = self._begin_fit()
        samples = self._check(X, reset=True)
        labeled = np.zeros(len(samples), dtype=bool)
        if y is not None:
            check_labels_of(X, y)
            labeled = read_labels(y, self.missing_label, len(samples))
        predictions = self._read(proba, len(samples))
        n_columns = None if y is None else count_columns(y)
        check_outputs_of_fit(predictions, n_columns, "proba")
        rows = np.flatnonzero(labeled), np.flatnonzero(~labeled)
        (samples,) = self._reduce({"X": samples}, reset=True, rows=rows)
        pools = Pool(samples, rows[0]), Pool(samples, rows[1])
        views = predictions.rows(rows[0]), predictions.rows(rows[1])
        self._learn(pools, views, ("proba", "proba"), previous)
        self._n_outputs = self._n_outputs or n_columns
        return self

    @undone_on_error
    @allowing_underflow
    def fit_pools(
        self: Self,
        X_labeled: Any,
        X_unlabeled: Any,
        *,
        proba_labeled: Any = None,
        proba_unlabeled: Any = None,
    ) -> Self:
        """Learn from labelled and unlabelled samples in two arrays, without copying them into one.

        Parameters
        ----------
        X_labeled : array-like of shape (n_labeled, n_features) or 4-D array, or None
            None, or no row, where nothing is labelled yet.
        X_unlabeled : array-like of shape (n_unlabeled, n_features) or 4-D array
            As X in :meth:`fit`.
        proba_labeled, proba_unlabeled : array-like, default=None
            As `proba` in :meth:`fit`.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            As :meth:`fit`, and if the pools differ in shape or kind.
        """
        previous = self._begin_fit()
        pools = self._check_pools(X_labeled, X_unlabeled)
        names = "proba_labeled", "proba_unlabeled"
        views = (
            self._read(proba_labeled, len(pools[0]), names[0]),
            self._read(proba_unlabeled, len(pools[1]), names[1]),
        )
        self._learn(pools, views, names, previous)
        return self

    @overload
    def fit_query(
        self,
        X_labeled: Any,
        X_unlabeled: Any,
        n: int = 1,
        *,
        proba: Any = None,
        proba_labeled: Any = None,
        return_scores: Literal[False] = False,
    ) -> NDArray[np.intp]: ...

    @overload
    def fit_query(
        self,
        X_labeled: Any,
        X_unlabeled: Any,
        n: int = 1,
        *,
        proba: Any = None,
        proba_labeled: Any = None,
        return_scores: Literal[True],
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]: ...

    @overload
    def fit_query(
        self,
        X_labeled: Any,
        X_unlabeled: Any,
        n: int = 1,
        *,
        proba: Any = None,
        proba_labeled: Any = None,
        return_scores: bool,
    ) -> NDArray[np.intp] | tuple[NDArray[np.intp], NDArray[np.float64]]: ...

    @undone_on_error
    @allowing_underflow
    def fit_query(
        self,
        X_labeled: Any,
        X_unlabeled: Any,
        n: int = 1,
        *,
        proba: Any = None,
        proba_labeled: Any = None,
        return_scores: bool = False,
    ) -> NDArray[np.intp] | tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Fit on two arrays and choose from the second, which is validated once.

        Parameters
        ----------
        X_labeled, X_unlabeled
            As in :meth:`fit_pools`.
        n, proba
            As in :meth:`query`.
        proba_labeled
            As in :meth:`fit_pools`.
        return_scores
            As in :meth:`query`.

        Returns
        -------
        indices, or (indices, scores)
            As :meth:`query` returns them.
        """
        previous = self._begin_fit()
        check_flag(return_scores, "return_scores")
        pools = self._check_pools(X_labeled, X_unlabeled)
        n = check_n(n, len(pools[1]))
        views = (
            self._read(proba_labeled, len(pools[0]), "proba_labeled"),
            self._read(proba, len(pools[1])),
        )
        rule, uncertainty = self._decide(len(pools[0]), views[1])
        self._learn(pools, views, ("proba_labeled", "proba"), previous)
        choice = self._apply(rule, pools[1], n, uncertainty, views[1], keep_utilities=False)
        return (choice.indices, choice.values) if return_scores else choice.indices

    def _begin_fit(self) -> Any:
        previous = self._forget()
        self._check_parameters()
        self._seed = self._draw_seed()
        return previous

    def _draw_seed(self) -> int:
        return draw_seed(self.random_state)

    def _learn(
        self, pools: Pools, predictions: PairOfPredictions, names: tuple[str, str], previous: Any
    ) -> None:
        began = perf_counter()
        self.n_labeled_, self.n_unlabeled_ = len(pools[0]), len(pools[1])
        check_same_outputs(*predictions, names)
        self._n_outputs = count_outputs(predictions[0]) or count_outputs(predictions[1])
        self._learn_scale(pools)
        self._fit(*pools, predictions, names, previous)
        self.seconds_ = {"fit": perf_counter() - began}

    @overload
    def query(
        self,
        X_unlabeled: Any,
        n: int = 1,
        *,
        proba: Any = None,
        return_scores: Literal[False] = False,
    ) -> NDArray[np.intp]: ...

    @overload
    def query(
        self, X_unlabeled: Any, n: int = 1, *, proba: Any = None, return_scores: Literal[True]
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]: ...

    @overload
    def query(
        self, X_unlabeled: Any, n: int = 1, *, proba: Any = None, return_scores: bool
    ) -> NDArray[np.intp] | tuple[NDArray[np.intp], NDArray[np.float64]]: ...

    def query(
        self, X_unlabeled: Any, n: int = 1, *, proba: Any = None, return_scores: bool = False
    ) -> NDArray[np.intp] | tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Choose the samples to label next.

        Parameters
        ----------
        X_unlabeled : array-like of shape (n_samples, n_features) or 4-D array
            The pool to choose from. Of a dask array, each worker scores its own blocks.
        n : int, default=1
            How many, from 1 to n_samples.
        proba : array-like of shape (n_samples, n_classes), (n_members, n_samples, n_classes) or \
                (n_samples, n_classes, height, width), default=None
            Class probabilities of the pool by a task model, or by the members of a committee; or
            those of the pixels of images, by a segmentation model. The latter may be a
            ``numpy.memmap``, of which a block at a time is read. Of several labels or of a
            regressor, as the parameters `multilabel` and `uncertainty` say.
        return_scores : bool, default=False
            Whether to return what each sample was chosen by, too.

        Returns
        -------
        indices : array of int of shape (n,)
            Rows of `X_unlabeled`, in the order of choosing. Ties are broken by `random_state`.
        scores : array of float of shape (n,)
            Only if `return_scores`: what the rule chose by. :class:`TopK` gives the log-odds of
            being labelled (lower is chosen sooner), :class:`Herding` the gain at the moment of
            choosing. Never NaN; :meth:`explain` tells more.

        Raises
        ------
        ValueError, TypeError, NotFittedError
            If `n` is out of range, the pool does not fit what was fitted, a probability is needed
            and missing, or the strategy is not fitted.
        """
        check_flag(return_scores, "return_scores")
        choice = self.choose(X_unlabeled, n, proba=proba)
        return (choice.indices, choice.values) if return_scores else choice.indices

    @allowing_underflow
    def choose(
        self, X_unlabeled: Any, n: int = 1, *, proba: Any = None, keep_utilities: bool = False
    ) -> Choice:
        """Choose the samples to label next, and tell what they were chosen by.

        Parameters
        ----------
        X_unlabeled, n, proba
            As in :meth:`query`.
        keep_utilities : bool, default=False
            Whether to keep the utility of every sample at each choice, n * n_samples numbers.

        Returns
        -------
        Choice
            ``indices`` and ``values`` of shape (n,), ``utilities`` of shape (n, n_samples) or None.
        """
        check_is_fitted(self)
        self._check_parameters()
        check_flag(keep_utilities, "keep_utilities")
        pool = self._open(X_unlabeled, "X_unlabeled")
        n = check_n(n, len(pool))
        predictions = self._read(proba, len(pool))
        check_outputs_of_fit(predictions, self._n_outputs, "proba")
        rule, uncertainty = self._decide(self.n_labeled_, predictions)
        return self._apply(rule, pool, n, uncertainty, predictions, keep_utilities)

    def prediction_needs(self) -> PredictionNeeds:
        """What a task model should be asked for before `fit` and `query`."""
        self._check_parameters(warns=False)
        explicit = is_explicit(self.uncertainty)
        named = self.uncertainty if isinstance(self.uncertainty, str) else ""
        return PredictionNeeds(
            pool=self.uncertainty is not None and self._make_rule().reads.uncertainty,
            members=named == "disagreement",
            required_by=describe_uncertainty(self.uncertainty) if explicit else None,
            answer="std" if named == "std" else "proba" if named in UNCERTAINTIES else "any",
            multilabel=self.multilabel,
        )

    def _recall(self, pool: Pool, proba: Any) -> tuple[Rule, Candidates]:
        predictions = self._read(proba, len(pool))
        rule, uncertainty = self._decide(self.n_labeled_, predictions, warns=False)
        return rule, self._make_candidates(pool, rule, uncertainty, predictions)

    def _read(self, proba: Any, n_samples: int, name: str = "proba") -> Predictions:
        """What a model says of samples, as it was passed."""
        how = {"uncertainty": self.uncertainty, "multilabel": self.multilabel}
        return read_predictions(proba, n_samples, name, **how)

    def _decide(
        self, n_labeled: int, predictions: Predictions, *, warns: bool = True
    ) -> tuple[Rule, NDArray[np.float64] | None]:
        """The rule and the uncertainty that it is told; coverage where no sample is labelled."""
        rule = self._make_rule()
        if not n_labeled and not isinstance(rule, FunctionRule):
            if warns:
                what = "no sample is labelled yet, so that the batch covers the pool"
                warn_user(what, EmptyPoolWarning)
            space = getattr(rule, "space", "latent")
            bandwidth = rule.bandwidth if isinstance(rule, Herding) else 1.0
            return Herding(space=space, score_power=0.0, bandwidth=bandwidth), None
        if warns:
            self._warn_without_classes(rule, predictions)
            self._warn_without_uncertainty(rule)
        if not rule.reads.uncertainty:
            return rule, None
        if is_explicit(self.uncertainty) and predictions.are_missing:
            raise ValueError(
                f"{describe_uncertainty(self.uncertainty)} needs class probabilities, and "
                f"{type(self).__name__} has no learner: pass proba=..., or use VAALQuery or "
                "HerdingQuery in an ActiveLearner"
            )
        return rule, measure_uncertainty(self.uncertainty, predictions, self.multilabel)

    def _proba_for(self, rule: Rule, predictions: Predictions) -> NDArray[np.float64] | None:
        """Class probabilities, if a rule reads them; uncertainty=None ignores them."""
        return None if self.uncertainty is None or not rule.reads.proba else predictions.proba

    def _warn_without_classes(self, rule: Rule, predictions: Predictions) -> None:
        """Warn if class probabilities should balance a choice, and it gets none."""
        is_balanced = isinstance(rule, Herding) and rule.reads.proba
        if not is_balanced or self._proba_for(rule, predictions) is not None:
            return
        if self.uncertainty is None:
            reason = "uncertainty=None leaves out the model's class probabilities"
        elif predictions.are_missing:
            reason = (
                "there are no class probabilities; pass proba=..., or let a classifier be asked"
            )
        else:
            reason = "a model of several labels, of pixels or of numbers tells no class of a sample"
        warn_user(f"class_balance has no effect: {reason}", UnusedParameterWarning)

    def _warn_without_uncertainty(self, rule: Rule) -> None:
        """Warn if a power is set for the uncertainty that is left out."""
        power = rule.uncertainty_power if isinstance(rule, Herding) else ""
        if self.uncertainty is None and not isinstance(power, str):
            reason = "uncertainty=None leaves out what it is the exponent of"
            warn_user(f"uncertainty_power has no effect: {reason}", UnusedParameterWarning)

    def _check_uncertainty(self, rule: Rule) -> None:
        """Raise if the user names an uncertainty that the rule does not read."""
        if is_explicit(self.uncertainty) and not rule.reads.uncertainty:
            raise ValueError(
                f"{describe_uncertainty(self.uncertainty)} is given, but rule={rule!r} does not "
                "read it; Herding() and Greedy() do, and so does a function with a keyword "
                "parameter 'uncertainty'. Or set uncertainty=None"
            )

    def _apply(
        self,
        rule: Rule,
        pool: Pool,
        n: int,
        uncertainty: NDArray | None,
        predictions: Predictions,
        keep_utilities: bool,
    ) -> Choice:
        began = perf_counter()
        candidates = self._make_candidates(pool, rule, uncertainty, predictions)
        rng = np.random.RandomState(self._seed)
        choice = rule.choose(candidates, n, rng, keep_utilities=keep_utilities)
        self.seconds_["choose"] = perf_counter() - began
        return choice

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "seconds_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
