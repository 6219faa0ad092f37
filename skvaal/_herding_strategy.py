"""Uncertainty herding in principal components: a strategy that trains no network."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skvaal._pool.components import PrincipalComponents, check_coordinates
from skvaal._pool.pool import Pool
from skvaal._predictions.predictions import Predictions
from skvaal._query_strategy import BaseQueryStrategy, PairOfPredictions
from skvaal._rules.herding import Herding
from skvaal._rules.rule import Candidates, Rule
from skvaal._utils.float_errors import allowing_underflow
from skvaal._utils.params import Interval, StrOptions
from skvaal._utils.progress import Verbose
from skvaal._utils.schema import check_array, check_names, entries


class HerdingQueryStrategy(BaseQueryStrategy):
    """Choose samples that cover what a model is unsure of; no network is trained.

    `fit` learns the principal components of all samples. A sample covers those near it. `query`
    takes one sample after another: each time the one that covers most of what is uncertain and
    what no labelled or chosen sample covers yet (uncertainty herding [1]_, with a factor for the
    sample's own uncertainty). Without class probabilities every sample counts the same, and the
    batch covers the pool.

    :class:`VAALQueryStrategy` also reads a discriminator, if part of the pool lies where no label
    is.

    Features should be on a common scale: put a ``StandardScaler`` in front, or give images as
    uint8.

    Parameters
    ----------
    n_components : int, default=32
        Principal components that distances are measured in, at most; of a sparse matrix, the
        components of a truncated singular value decomposition.
    bandwidth : float, default=1.0
        How far a sample covers others: the width of the kernel, in units of the squared distance
        within which the share 1 / (n_labeled + n) of the pool lies. n samples are to be chosen.
    uncertainty_power : 'n_labeled' or float, default='n_labeled'
        How far to trust the task model: exponent of the uncertainty, at least 0, which leaves it
        out, see :class:`Herding`. 'n_labeled' is 1 with up to 30 labels, and then ``4 - 90
        / n_labeled``.
    class_balance : float, default=0.0
        From 0 to 1. How far classes that are rare in the pool count as much as frequent ones, see
        :class:`Herding`. Of pools with unequal classes, 0.5 made a linear model better on test
        samples with equal classes, and no worse on such as the pool has. With gradient boosting
        and few labels it gained nothing, and cost up to 0.8 points. Both were measured with
        ``uncertainty_power=1.0``.
    uncertainty : {'auto', 'margin', 'entropy', 'least_confident', 'disagreement', 'std'}, \
            callable or None, default='auto'
        How unsure a task model is of a sample, from its class probabilities. 'margin' is one minus
        the difference of the two largest, 'entropy' is in nats, 'least_confident' one minus the
        largest, 'disagreement' the mutual information of class and member of a committee. A
        callable gets probabilities of shape (n_samples, n_classes) and returns one number for each
        sample, higher for less sure. 'auto' is 'margin' where there are probabilities, and nothing
        where not; None ignores them. Of probabilities of pixels, an image has the mean of its
        pixels, or with :class:`UnsurePixels` the share of unsure ones; a callable gets blocks of
        images, (n_images, n_classes, height, width). 'std' is the standard deviation that a
        regressor predicts: `proba` is then of shape (n_samples,), or (n_samples, n_outputs).
        :class:`HerdingQuery` takes it by 'auto', too, and a callable then gets it; of a forest of
        regressors, 'disagreement' takes that of the trees.
    multilabel : {'auto', 'mean', 'max'}, default='auto'
        How the uncertainties of several labels, or outputs, become one of the sample. With 'mean'
        or 'max', `proba` is a list of arrays (n_samples, n_classes), one for each output, or an
        array (n_samples, n_labels) of probabilities that need not sum to 1, with members first if
        there are any. A label counts as two classes, (1 - p, p). 'auto' reads arrays as one label,
        and takes the mean over the list that a learner returns.
    data_format : {'channels_first', 'channels_last'}, default='channels_first'
        Layout of 4-D X: (n, channels, height, width) or (n, height, width, channels).
    missing_label : int, float, str or None, default=-1
        What marks an unlabelled row in y.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw of samples that components are fitted on, and breaks ties.
    verbose : {'auto'} or int, default='auto'
        1 shows progress bars, 0 none. 'auto' shows one for what takes longer than three seconds, on
        a terminal or in a notebook.

    Attributes
    ----------
    components_ : array of shape (n_components, n_features)
        Axes of the coordinates.
    mean_ : array of shape (n_features,)
        What is subtracted first; 0 for sparse X.
    labeled_coordinates_ : array of shape (n_labeled, n_components)
        Coordinates of the labelled samples.
    conditioning_ : Conditioning or None
        What is done to samples first, in float64, where float32 would not tell them apart: its
        ``offset`` is subtracted, then they are multiplied by its ``factor``. None where X needs
        nothing, which is the rule. What else is learned counts in the units after it.
    input_shape_ : tuple of int
        Shape of a sample.
    n_labeled_, n_unlabeled_ : int
        Sizes of the pools that were fitted.
    n_features_in_ : int
        Numbers in a sample.
    feature_names_in_ : array of shape (n_features,)
        If X was a DataFrame with string column names.
    uncertainty_exponent_ : float or None
        Exponent of the uncertainty in the weights of samples, by today's `uncertainty_power` and
        the labels of the last fit; None with ``uncertainty=None``.
    seconds_ : dict of str to float
        How long the last fit and the last choice took: 'fit' and 'choose'.

    See Also
    --------
    HerdingQuery : The same as a query strategy of modAL.
    VAALQueryStrategy : Trains a VAE and a discriminator, and reads its scores if labels lack.

    References
    ----------
    .. [1] Bae, Sutherland, Oliveira, "Uncertainty Herding: One Active Learning Method for All Label
           Budgets", ICLR 2025, arXiv 2412.20644.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skvaal import HerdingQueryStrategy
    >>> X, y = load_digits(return_X_y=True)
    >>> y[100:] = -1  # only the first hundred are labelled
    >>> strategy = HerdingQueryStrategy(random_state=0).fit(X, y)
    >>> strategy.query(X[100:], n=5).shape
    (5,)
    """

    _parameter_constraints = {
        **BaseQueryStrategy._parameter_constraints,
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "bandwidth": [Interval(Real, 0, None, closed="neither")],
        "uncertainty_power": [
            Interval(Real, 0, None, closed="left"),
            StrOptions({"n_labeled"}),
        ],
        "class_balance": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(
        self,
        *,
        n_components: int = 32,
        bandwidth: float = 1.0,
        uncertainty_power: str | float = "n_labeled",
        class_balance: float = 0.0,
        uncertainty: Any = "auto",
        multilabel: str = "auto",
        data_format: str = "channels_first",
        missing_label: Any = -1,
        random_state: Any = None,
        verbose: Verbose = "auto",
    ) -> None:
        self.n_components = n_components
        self.bandwidth = bandwidth
        self.uncertainty_power = uncertainty_power
        self.class_balance = class_balance
        self.uncertainty = uncertainty
        self.multilabel = multilabel
        self.data_format = data_format
        self.missing_label = missing_label
        self.random_state = random_state
        self.verbose = verbose

    @allowing_underflow
    def transform(self, X: Any) -> NDArray[np.float32]:
        """Coordinates of X in the principal components, (n_samples, n_components)."""
        check_is_fitted(self)
        return self._project(self._open(X), "X")

    @property
    def uncertainty_exponent_(self) -> float | None:
        """Exponent of the uncertainty in the weights of samples."""
        check_is_fitted(self)
        if self.uncertainty is None:
            return None
        known = Candidates(0, labeled_coordinates=self.labeled_coordinates_)
        return self._make_rule().uncertainty_exponent(known)

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)

    def _make_rule(self) -> Herding:
        return Herding(
            space="components",
            score_power=0.0,
            uncertainty_power=self.uncertainty_power,
            bandwidth=self.bandwidth,
            class_balance=self.class_balance,
        )

    def _fit(
        self,
        labeled: Pool,
        unlabeled: Pool,
        predictions: PairOfPredictions,
        names: tuple[str, str],
        previous: Any,
    ) -> None:
        space = PrincipalComponents.fitted_on(labeled, unlabeled, self._seed, self.n_components)
        self.mean_, self.components_ = space.mean, space.components
        self.labeled_coordinates_ = self._project(labeled, "X_labeled")

    def _make_candidates(
        self, pool: Pool, rule: Rule, uncertainty: NDArray | None, predictions: Predictions
    ) -> Candidates:
        return Candidates(
            len(pool),
            coordinates=self._project(pool, "X_unlabeled"),
            labeled_coordinates=self.labeled_coordinates_,
            uncertainty=uncertainty,
            proba=self._proba_for(rule, predictions),
            verbose=self.verbose,
        )

    def _project(self, pool: Pool, name: str) -> NDArray[np.float32]:
        space = PrincipalComponents(self.mean_, self.components_)
        return space.project(pool, name, verbose=self.verbose)

    @classmethod
    def _as_of_now(cls, saved: dict[str, Any], version: int) -> dict[str, Any]:
        reads_none = saved.get("uncertainty", "auto") is None
        return saved if version >= 4 or reads_none else {"uncertainty_power": 1.0, **saved}

    def _export_state(self) -> tuple[dict[str, Any], dict[str, NDArray]]:
        if (n_kept := len(self.components_)) > self.n_components:
            raise ValueError(
                f"n_components={self.n_components} was set after fit, which kept {n_kept}; fit "
                "again, or set it back"
            )
        arrays = {"mean": self.mean_, "components": self.components_}
        arrays |= self._pool_arrays()
        return {}, {**arrays, "labeled_coordinates": self.labeled_coordinates_}

    def _restore_state(self, values: dict[str, Any], arrays: dict[str, NDArray]) -> None:
        self._restore_from_pool_arrays(arrays)
        entries({}, others=False)(values, "learned")
        check_names(arrays, ("mean", "components", "labeled_coordinates"))
        n = self.n_features_in_
        self.mean_ = check_array(arrays, "mean", np.float32, (n,))
        self.components_ = check_array(arrays, "components", np.float32, (None, n))
        if len(self.components_) > self.n_components:
            raise ValueError(
                f"it holds {len(self.components_)} components, more than "
                f"n_components={self.n_components}"
            )
        shape = (self.n_labeled_, len(self.components_))
        Z = check_array(arrays, "labeled_coordinates", np.float32, shape)
        self.labeled_coordinates_ = check_coordinates(Z, Pool(Z), "labeled_coordinates")
