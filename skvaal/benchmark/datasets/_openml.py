"""Data sets of openml.org, through scikit-learn and its cache."""

import re
from urllib.error import URLError

import numpy as np
from scipy.sparse import issparse
from sklearn.datasets import fetch_openml
from sklearn.utils import Bunch

from skvaal.benchmark.datasets._bundled import scaled
from skvaal.benchmark.datasets._dataset import Dataset

PREFIX = "openml:"


def openml(text: str) -> Dataset:
    """Load a data set of openml.org.

    Parameters
    ----------
    text : str
        ``openml:NAME``, or ``openml:NAME@VERSION`` for one version of it.

    Returns
    -------
    Dataset
        Of rows, each feature brought to [0, 1].

    Raises
    ------
    ValueError
        If there is no such data set, or its features are not numbers.
    ConnectionError
        If openml.org cannot be reached and the data are not in scikit-learn's cache.
    """
    name, _, version = text.removeprefix(PREFIX).partition("@")
    if not name or (version and not version.isdecimal()):
        raise ValueError(f"data={text!r} must have the form {PREFIX}NAME or {PREFIX}NAME@VERSION.")
    try:
        bunch = fetch_openml(name, version=int(version) if version else "active", as_frame=False)
    except (URLError, TimeoutError, ConnectionError) as error:
        raise ConnectionError(
            f"data={text!r} is not in scikit-learn's cache, and openml.org cannot be reached "
            f"({error}); load it once with a network, or use data that need none, such as 'digits'."
        ) from error
    _check_numeric(bunch, text)
    try:
        # The name becomes part of file names.
        return Dataset.from_arrays(
            scaled(bunch.data), bunch.target, name=re.sub(r"[^\w.-]+", "_", name)
        )
    except ValueError as error:
        raise ValueError(f"data={text!r}: {error}") from error


def _check_numeric(bunch: Bunch, text: str) -> None:
    if bunch.target is None:
        raise ValueError(f"data={text!r} has no column of classes; choose other data.")
    if issparse(bunch.data):
        raise ValueError(f"data={text!r} is sparse; only dense features can be used.")
    categorical = [name for name in bunch.feature_names if name in (bunch.categories or {})]
    if categorical:
        shown = ", ".join(categorical[:3]) + (", ..." if len(categorical) > 3 else "")
        raise ValueError(
            f"data={text!r} has features that are not numbers: {shown}; encode them by "
            "scikit-learn's OneHotEncoder and pass the arrays to Dataset.from_arrays."
        )
    if np.asarray(bunch.data).dtype.kind not in "biuf":
        raise ValueError(f"data={text!r} has features that are not numbers; choose other data.")
