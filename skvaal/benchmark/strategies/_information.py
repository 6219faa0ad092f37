"""What several draws of a model's probabilities tell of its uncertainty, as pure functions."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr


def predictive_entropy(proba: NDArray) -> NDArray[np.float64]:
    """Return the entropy of the mean probabilities, in nats [1]_.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n, n_classes)
        Probabilities, drawn `n_samples` times.

    Returns
    -------
    ndarray of shape (n,)
        From 0 to ``log(n_classes)``.

    References
    ----------
    .. [1] Gal, Ghahramani, "Dropout as a Bayesian Approximation", ICML 2016.

    Examples
    --------
    >>> predictive_entropy(np.array([[[1.0, 0.0]], [[0.0, 1.0]]]))
    array([0.69314718])
    """
    return entr(proba.mean(axis=0, dtype=np.float64)).sum(axis=1)


def mutual_information(proba: NDArray) -> NDArray[np.float64]:
    """Return what the draw tells of the class: BALD, in nats [1]_.

    The entropy of the mean less the mean entropy. It is 0 where all draws agree, however
    uncertain each of them is.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n, n_classes)
        Probabilities, drawn `n_samples` times.

    Returns
    -------
    ndarray of shape (n,)
        From 0, but for rounding, to the predictive entropy.

    References
    ----------
    .. [1] Gal, Islam, Ghahramani, "Deep Bayesian Active Learning with Image Data", ICML 2017.

    Examples
    --------
    >>> mutual_information(np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]]))
    array([0.69314718, 0.        ])
    """
    mean_entropy = entr(proba).sum(axis=2, dtype=np.float64).mean(axis=0)
    return predictive_entropy(proba) - mean_entropy


def variation_ratio(proba: NDArray) -> NDArray[np.float64]:
    """Return the share of the draws that vote against the class with most votes [1]_.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n, n_classes)
        Probabilities, drawn `n_samples` times; each draw votes for its most probable class.

    Returns
    -------
    ndarray of shape (n,)
        1 - f_mode / n_samples, from 0 to ``1 - 1 / n_samples``.

    References
    ----------
    .. [1] Beluch, Genewein, Nuernberger, Koehler, "The Power of Ensembles for Active Learning in
       Image Classification", CVPR 2018.

    Examples
    --------
    >>> variation_ratio(np.array([[[0.9, 0.1]], [[0.6, 0.4]], [[0.3, 0.7]], [[0.8, 0.2]]]))
    array([0.25])
    """
    votes = proba.argmax(axis=2)  # (n_samples, n)
    most = np.max([(votes == one).sum(axis=0) for one in range(proba.shape[2])], axis=0)
    return 1 - most / len(proba)
