"""The task models of the comparison, by name."""

from collections.abc import Callable

from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skvaal.benchmark._lookup import lookup
from skvaal.benchmark.estimators._rows import as_rows
from skvaal.benchmark.estimators._svm import SoftmaxSVC
from skvaal.benchmark.estimators._torch import TorchClassifier

EstimatorFactory = Callable[[int], ClassifierMixin]


def get_estimator(name: str) -> EstimatorFactory:
    """Return the factory of a task model.

    Those that want rows flatten images themselves, as the first step of a Pipeline. None
    standardises them: features should be on a common scale, as those of the data sets here are,
    and pixels that hardly vary among a few labelled images would only be blown up.

    Parameters
    ----------
    name : {"random_forest", "gradient_boosting", "logistic_regression", "svm", "mlp", \
            "small_cnn", "resnet18"}
        Which one. The last three are :class:`TorchClassifier`; "small_cnn" and "resnet18" take
        images only. The probabilities of "svm" are not calibrated. A leaf of "gradient_boosting"
        holds five samples or more.

    Returns
    -------
    callable
        Takes a random state (int), returns an unfitted classifier of rows (n, features) or
        images (n, channels, height, width).

    Raises
    ------
    ValueError
        If the name is not known.

    Examples
    --------
    >>> get_estimator("random_forest")(0)[-1].n_estimators
    100
    >>> get_estimator("small_cnn")(0).network
    'small_cnn'
    """
    make_classifier = lookup(ESTIMATORS, name, argument="estimator")
    if name in IMAGE_ESTIMATORS:
        return make_classifier
    return lambda random_state: make_pipeline(
        FunctionTransformer(as_rows), make_classifier(random_state)
    )


def _random_forest(random_state: int) -> ClassifierMixin:
    # On a few hundred labels starting more processes costs more than growing the trees.
    return RandomForestClassifier(n_estimators=100, n_jobs=1, random_state=random_state)


def _gradient_boosting(random_state: int) -> ClassifierMixin:
    # The default, 20 samples in each leaf, splits nothing while fewer than 40 are labelled.
    return HistGradientBoostingClassifier(
        min_samples_leaf=5, early_stopping=False, random_state=random_state
    )


def _logistic_regression(random_state: int) -> ClassifierMixin:
    return LogisticRegression(max_iter=1000, random_state=random_state)


def _svm(random_state: int) -> ClassifierMixin:
    return SoftmaxSVC()


def _mlp(random_state: int) -> ClassifierMixin:
    return TorchClassifier("mlp", random_state=random_state)


def _small_cnn(random_state: int) -> ClassifierMixin:
    return TorchClassifier("small_cnn", random_state=random_state)


def _resnet18(random_state: int) -> ClassifierMixin:
    return TorchClassifier("resnet18", random_state=random_state)


ESTIMATORS: dict[str, Callable[[int], ClassifierMixin]] = {
    "random_forest": _random_forest,
    "gradient_boosting": _gradient_boosting,
    "logistic_regression": _logistic_regression,
    "svm": _svm,
    "mlp": _mlp,
    "small_cnn": _small_cnn,
    "resnet18": _resnet18,
}
TORCH_ESTIMATORS = ("mlp", "small_cnn", "resnet18")
IMAGE_ESTIMATORS = ("small_cnn", "resnet18")
# Those that two random states make two different models of.
SEEDED_ESTIMATORS = ("random_forest", *TORCH_ESTIMATORS)
