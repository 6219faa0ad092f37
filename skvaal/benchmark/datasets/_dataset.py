"""Samples with their classes."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skvaal._files.images import LazyImages
from skvaal._pool.label_checks import warn_of_marks, warn_of_other_order


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Samples with their classes.

    Parameters
    ----------
    name : str
        Name for tables and files.
    X : ndarray or LazyImages, shape (n, features) or (n, channels, height, width)
        Samples: rows of numbers of at most about 1 in size, or images of uint8. Images may stay
        encoded until they are asked for: ``X[indices]`` is an ndarray in either case.
    y : ndarray of shape (n,)
        Class of each sample, as an index into `classes`.
    kind : {"rows", "images"}
        What a sample is: a row of features or an image.
    classes : tuple of str
        Names of the classes.
    X_test, y_test : ndarray or None
        The official test split, of the same kind; None where the data have none.
    superclasses : ndarray of shape (n_classes,) or None
        Group of each class, for an oracle that confuses the classes of a group; None where the
        data have none.

    Examples
    --------
    >>> Dataset(name="two", X=np.eye(2), y=np.arange(2), kind="rows", classes=("a", "b")).name
    'two'
    """

    name: str
    X: NDArray | LazyImages
    y: NDArray
    kind: Literal["rows", "images"]
    classes: tuple[str, ...]
    X_test: NDArray | LazyImages | None = None
    y_test: NDArray | None = None
    superclasses: NDArray | None = None

    def checksum(self) -> int:
        """Number that changes when a sample or a label does.

        Returns
        -------
        int
            CRC-32 of the samples and the labels, of both splits.

        Examples
        --------
        >>> one, two = (Dataset.from_arrays([[0.0], [x]], [0, 1]) for x in (1.0, 2.0))
        >>> one.checksum() == two.checksum()
        False
        """
        total = 0
        for part in (self.X, self.y, self.X_test, self.y_test):
            if isinstance(part, LazyImages):
                total = zlib.crc32(str(part.checksum()).encode(), total)
            elif part is not None:
                total = zlib.crc32(np.ascontiguousarray(part).tobytes(), total)
        return total

    @classmethod
    def from_arrays(
        cls,
        X: ArrayLike | LazyImages,
        y: ArrayLike,
        *,
        name: str = "own data",
        X_test: ArrayLike | LazyImages | None = None,
        y_test: ArrayLike | None = None,
        classes: Sequence[Any] | None = None,
    ) -> Dataset:
        """Check arrays of your own, and number their classes.

        Parameters
        ----------
        X : array-like or LazyImages, shape (n, features) or (n, channels, height, width)
            Samples, taken as they are. Bring rows to [0, 1] first; images are of uint8, or of
            numbers in [0, 1].
        y : array-like of shape (n,)
            Class of each sample: any labels, or indices into `classes`. -1 beside two other
            classes is one too, with an :class:`~skvaal.AmbiguousInputWarning`: leave unlabelled
            samples out.
        name : str, default="own data"
            Name for tables and files.
        X_test, y_test : array-like or None, default=None
            A test split, of the same form; None leaves the split to the comparison.
        classes : sequence or None, default=None
            Names of the classes, in order; None takes the sorted labels.

        Returns
        -------
        Dataset
            With classes numbered from 0.

        Raises
        ------
        ValueError
            If lengths or shapes do not fit together, numbers are missing, there are fewer than
            two classes, or a class has no sample.

        Examples
        --------
        >>> data = Dataset.from_arrays([[0.0], [1.0], [0.9]], ["off", "on", "on"])
        >>> data.y, data.classes, data.kind
        (array([0, 1, 1]), ('off', 'on'), 'rows')
        """
        if (X_test is None) != (y_test is None):
            raise ValueError("X_test and y_test belong together; give both or neither.")
        warn_of_other_order(X, y)
        X = _checked_samples(X, "X")
        labels = _checked_labels(y, len(X), "y")
        samples_test, labels_test = None, None
        if X_test is not None and y_test is not None:
            warn_of_other_order(X_test, y_test, ("X_test", "y_test"))
            samples_test = _checked_samples(X_test, "X_test")
            _check_alike(X, samples_test)
            labels_test = _checked_labels(y_test, len(samples_test), "y_test")
        if classes is None:
            warn_of_marks(labels)
        known = _known_labels(labels, labels_test, classes)
        dataset = cls(
            name=name,
            X=X,
            y=_numbered(labels, known, "y"),
            kind="rows" if X.ndim == 2 else "images",
            classes=tuple(known),
            X_test=samples_test,
            y_test=None if labels_test is None else _numbered(labels_test, known, "y_test"),
        )
        _check_classes(dataset)
        return dataset


def _checked_samples(X: Any, argument: str) -> NDArray | LazyImages:
    if isinstance(X, LazyImages):
        return X
    X = np.asarray(X)
    if X.ndim not in (2, 4):
        hint = f" Grey images become so by {argument}[:, None]." if X.ndim == 3 else ""
        raise ValueError(
            f"{argument} has shape {X.shape}; it must be (n, features), or (n, channels, height, "
            f"width) for images.{hint}"
        )
    if X.ndim == 4 and X.shape[1] > 4 and X.shape[3] <= 4:
        raise ValueError(
            f"{argument} has shape {X.shape}, with the channels last; use "
            f"{argument}.transpose(0, 3, 1, 2)."
        )
    if X.dtype.kind not in "biuf":
        raise ValueError(f"{argument} has dtype {X.dtype}; encode it as numbers first.")
    if X.size == 0:
        raise ValueError(f"{argument} has shape {X.shape}, and so no sample.")
    if X.dtype.kind == "f" and np.isnan(X).any():
        raise ValueError(
            f"{argument} holds NaN; fill it in (scikit-learn's SimpleImputer) or leave those "
            "samples out."
        )
    if X.dtype.kind == "f" and np.isinf(X).any():
        raise ValueError(f"{argument} holds infinite numbers; leave those samples out.")
    if X.dtype.kind == "f" and np.abs(X).max() > np.finfo(np.float32).max:
        raise ValueError(
            f"{argument} holds {np.abs(X).max():g}, too large to be computed with in float32; "
            "bring it to a smaller scale."
        )
    return X.astype(np.uint8) if X.dtype.kind == "b" else X


def _checked_labels(y: Any, n_samples: int, argument: str) -> list[Any]:
    y = np.asarray(y)
    if y.ndim != 1 or len(y) != n_samples:
        raise ValueError(
            f"{argument} has shape {y.shape}; the {n_samples} samples need one label each, of "
            f"shape ({n_samples},)."
        )
    labels = y.tolist()
    if any(label is None or label != label for label in labels):
        raise ValueError(f"{argument} holds missing labels; leave those samples out.")
    if y.dtype.kind == "f":
        broken = y[~np.isfinite(y) | (y != np.round(y))]
        if len(broken):
            raise ValueError(
                f"{argument} holds numbers such as {broken[0]:g}, which are no classes; sort them "
                "into classes first."
            )
        labels = [int(label) for label in labels]
    return labels


def _check_alike(X: NDArray | LazyImages, X_test: NDArray | LazyImages) -> None:
    if X.shape[1:] != X_test.shape[1:] or (X.dtype == np.uint8) != (X_test.dtype == np.uint8):
        raise ValueError(
            f"X has samples of shape {X.shape[1:]} and dtype {X.dtype}, X_test of shape "
            f"{X_test.shape[1:]} and dtype {X_test.dtype}; they must be alike."
        )


def _known_labels(
    labels: list[Any], labels_test: list[Any] | None, classes: Sequence[Any] | None
) -> dict[str, Any]:
    """Name of each class, in order, with the label that stands for it."""
    seen = set(labels) | set(labels_test or ())
    if classes is not None:
        names = np.asarray(classes).tolist()
        if not isinstance(names, list):
            raise TypeError(f"classes={classes!r} must be a sequence of names.")
        by_index = all(isinstance(label, int) for label in seen) and all(
            isinstance(name, str) for name in names
        )
        known = {str(name): i if by_index else name for i, name in enumerate(names)}
        if len(known) < len(names):
            raise ValueError(f"classes={names} names a class twice.")
        return known
    alike = len({type(label) for label in seen}) == 1
    return {str(label): label for label in sorted(seen, key=None if alike else str)}


def _numbered(labels: list[Any], known: dict[str, Any], argument: str) -> NDArray[np.intp]:
    number_of = {label: i for i, label in enumerate(known.values())}
    try:
        return np.array([number_of[label] for label in labels], dtype=np.intp)
    except KeyError as error:
        raise ValueError(
            f"{argument} holds {error.args[0]!r}, which is neither one of the classes "
            f"{', '.join(known)} nor an index of theirs."
        ) from None


def _check_classes(dataset: Dataset) -> None:
    if len(dataset.classes) < 2:
        raise ValueError(
            f"{dataset.name} has the one class {dataset.classes[0]!r}; there must be at least 2."
        )
    counts = np.bincount(dataset.y, minlength=len(dataset.classes))
    if not counts.all():
        raise ValueError(
            f"the class {dataset.classes[int(np.argmin(counts))]!r} of {dataset.name} has no "
            "sample to learn from; add some, or leave the class out."
        )
