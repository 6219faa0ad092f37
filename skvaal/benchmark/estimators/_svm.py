"""A support vector machine with probabilities that need no samples to be held out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.svm import SVC
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted


class SoftmaxSVC(ClassifierMixin, BaseEstimator):
    """A support vector machine whose probabilities are the softmax of its decision function.

    scikit-learn's own probabilities come from an inner cross-validation, which multiplies the
    time, may contradict `predict`, and has nothing to go by for a class of one sample. These are
    not calibrated: they order samples by how far they are from the boundary, and `predict` is the
    most probable class.

    Parameters
    ----------
    C : float, default=1.0
        Inverse strength of the regularisation. The kernel is radial, its width that of
        ``SVC(gamma="scale")``: features on a common scale need no other standardisation.

    Attributes
    ----------
    svc_ : sklearn.svm.SVC
        The fitted machine.
    classes_ : ndarray of shape (n_classes,)
        Those in y, sorted.
    n_features_in_ : int
        Features of a row.

    Examples
    --------
    >>> X, y = np.array([[0.0], [0.2], [1.0]]), np.array(["a", "a", "b"])
    >>> SoftmaxSVC().fit(X, y).predict_proba(X).shape
    (3, 2)
    """

    def __init__(self, *, C: float = 1.0) -> None:
        self.C = C

    def fit(self, X: ArrayLike, y: ArrayLike) -> SoftmaxSVC:
        """Fit the machine to rows, (n, features), and their classes, (n,), at least two."""
        # Without `probability`, and the `random_state` that only it reads: scikit-learn 1.9 warns.
        self.svc_ = SVC(C=self.C).fit(X, y)
        self.classes_ = self.svc_.classes_
        self.n_features_in_ = self.svc_.n_features_in_
        return self

    def predict(self, X: ArrayLike) -> NDArray:
        """Return the most probable class of each row, (n,)."""
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of each class, (n, n_classes), not calibrated."""
        check_is_fitted(self)
        decision = self.svc_.decision_function(X)
        if decision.ndim == 1:
            second = expit(decision)
            return np.stack([1 - second, second], axis=1)
        return softmax(decision, axis=1)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
