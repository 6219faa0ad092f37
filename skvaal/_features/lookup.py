"""What a name of features stands for: a transformer, or rows that a file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import FunctionTransformer

from skvaal._features.texts import TFIDF, TextFeatures
from skvaal._utils.progress import Verbose

PIXELS = "pixels"
_ARRAY_FILES = (".npy", ".npz")


def make_features(
    name: str | None,
    kind: str,
    *,
    device: Any = "auto",
    cache: Any = None,
    progress: Verbose = "auto",
) -> Any:
    """Make what turns samples of a kind into features, or read features that there are.

    Parameters
    ----------
    name : str or None
        'pixels'; 'tfidf'; a network of timm; a model of sentence-transformers; a .npy or .npz file
        with a row for each sample. None takes pixels of images, TF-IDF of texts, and the numbers of
        feature rows.
    kind : {'images', 'texts', 'features'}
        Of the samples.
    device, cache
        As in :class:`PretrainedFeatures`.
    progress : {'auto'} or int, default='auto'
        As `verbose` there.

    Returns
    -------
    transformer, or array of float32 of shape (n, n_features)

    Raises
    ------
    ValueError, OSError
        If the name means nothing for samples of that kind, or the file cannot be used.

    Examples
    --------
    >>> make_features(None, "texts")
    TextFeatures(random_state=0)
    """
    if name is not None and Path(name).suffix.lower() in _ARRAY_FILES:
        return read_features(name)
    if kind == "features":
        if name is not None:
            raise ValueError(
                f"features={name!r}, but the samples are feature rows already; leave it out, or "
                "name a .npy file with other rows"
            )
        return FunctionTransformer()
    options = {"device": device, "cache": cache, "verbose": progress}
    if kind == "texts":
        if name == PIXELS:
            raise ValueError(
                "features='pixels', but the samples are texts; take 'tfidf', a model of "
                "sentence-transformers, or a .npy file"
            )
        return TextFeatures(name or TFIDF, random_state=0, **options)
    if name == TFIDF:
        raise ValueError(
            "features='tfidf', but the samples are images; take 'pixels', a network of timm, or a "
            ".npy file"
        )
    if name in (None, PIXELS):
        return FunctionTransformer()
    from skvaal._features.pretrained import PretrainedFeatures

    return PretrainedFeatures(name, **options)


def read_features(path: str | Path) -> NDArray[np.float32]:
    """Read rows of features, (n, n_features), of a .npy or .npz file."""
    from skvaal._files.arrays import read_samples

    X = read_samples(path)
    if X.ndim != 2 or X.dtype.kind not in "biuf":
        raise ValueError(
            f"features={str(path)!r} holds {X.dtype} of shape {X.shape}; it must hold numbers of "
            "shape (n_samples, n_features)"
        )
    with np.errstate(over="ignore"):  # what becomes infinite is found below
        rows: NDArray[np.float32] = np.asarray(X, dtype=np.float32)
    if not np.isfinite(rows).all():
        row = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise ValueError(
            f"features={str(path)!r} holds NaN, infinity or a number beyond float32 in row {row}; "
            "put real numbers there"
        )
    return rows
