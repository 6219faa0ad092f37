"""What may come in: samples, numbers of samples to query, and how an estimator checks them.

Everything fails before any training, with an error that names the argument, the value and the way
out.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from skvaal._pool.arrays import MappedSource, SparseSource
from skvaal._pool.conditioning import Conditioning, learn_conditioning
from skvaal._pool.frames import as_named, names_of_columns
from skvaal._pool.kinds import check_holds_samples, is_dataset, is_pyarrow
from skvaal._pool.pool import Pool, Positions
from skvaal._pool.samples import as_numbers, as_rows_or_images, open_samples
from skvaal._pool.scales import Scale, check_scales, measure_scale, warn_of_other_scale
from skvaal._pool.source import Samples, Source, check_finite, check_in_unit_interval
from skvaal._utils.exceptions import AmbiguousInputWarning, warn_user
from skvaal._utils.params import naming
from skvaal._utils.progress import Verbose, progress_bar

# Numbers that are checked at a time, so that no mask of a whole memmap is built.
_CHECK_CHUNK = 4_000_000
# A few numbers for each are in memory.
_MOST_SAMPLES = 2**31 - 1


def check_samples(
    X: Any,
    *,
    name: str = "X",
    data_format: str = "channels_first",
    estimator_name: str,
    verbose: Verbose = False,
    allow_empty: bool = False,
) -> Samples:
    """Validate feature rows, (n, n_features), or images, (n, channels, height, width).

    Numeric arrays are not copied; what is not in memory is not read.
    """
    X = open_samples(X, name)
    if not isinstance(X, Source):
        X = as_numbers(X, name, estimator_name)
    elif X.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} is of dtype {X.dtype}; it must hold booleans, integers or real numbers"
        )
    elif 0 in X.shape[1:]:
        raise ValueError(f"{name} has samples of shape {X.shape[1:]}, which hold no number")
    if len(X) == 0 and not allow_empty:
        raise ValueError(
            f"{name} is empty: found 0 sample(s) (shape={X.shape}); at least 1 is required"
        )
    if len(X) > _MOST_SAMPLES:
        raise ValueError(
            f"{name} has {len(X)} samples, but a pool has at most {_MOST_SAMPLES}; pass a part of "
            "it, such as a random draw"
        )
    X = as_rows_or_images(X, data_format, name)
    # Other sources check what they read, or have done so.
    if X.dtype.kind == "f" and isinstance(X, np.ndarray | MappedSource):
        _check_in_pieces(check_finite, X, name, verbose)
    return X


def kind_of(X: Samples) -> str:
    """'feature rows', 'uint8 images' or 'images of real numbers', of validated samples."""
    if X.ndim == 2:
        return "feature rows"
    return "uint8 images" if X.dtype == np.uint8 else "images of real numbers"


def check_like_fitted(
    X: Samples, input_shape: tuple[int, ...], image_kind: str, name: str, estimator_name: str
) -> None:
    """Raise if validated samples have another shape or kind than the fitted ones.

    The number of features of rows is left to scikit-learn's ``validate_data``, which also knows
    their names.
    """
    if X.ndim != 1 + len(input_shape) or (X.ndim == 4 and X.shape[1:] != input_shape):
        raise ValueError(
            f"{name} has samples of shape {X.shape[1:]}, but {estimator_name} was fitted on "
            f"samples of shape {input_shape}"
        )
    if kind_of(X) != image_kind:
        raise ValueError(
            f"{name} holds {kind_of(X)}, but {estimator_name} was fitted on {image_kind}; uint8 "
            "images are scaled by 1 / 255, others are not"
        )


def check_same_kind(X_labeled: Samples, X_unlabeled: Samples) -> None:
    """Raise if two validated pools differ in sample shape, or only one holds integers."""
    if X_labeled.shape[1:] != X_unlabeled.shape[1:]:
        raise ValueError(
            f"X_labeled has samples of shape {X_labeled.shape[1:]}, X_unlabeled of shape "
            f"{X_unlabeled.shape[1:]}; the pools must agree"
        )
    kinds = ["float" if X.dtype.kind == "f" else "integer" for X in (X_labeled, X_unlabeled)]
    if kinds[0] != kinds[1] or kind_of(X_labeled) != kind_of(X_unlabeled):
        raise ValueError(
            f"X_labeled is of dtype {X_labeled.dtype}, X_unlabeled of {X_unlabeled.dtype}; convert "
            "one, after making sure that both are on the same scale"
        )


def check_same_columns(
    X: Any, other: Any, names: tuple[str, str] = ("X_labeled", "X_unlabeled")
) -> None:
    """Raise if two frames have different columns, or the same ones in another order."""
    for each, name in zip((X, other), names, strict=True):
        if each is not None:
            check_holds_samples(each, name)
    columns = names_of_columns(X), names_of_columns(other)
    if None not in columns and columns[0] != columns[1]:
        way_out = f"{names[1]}[{names[0]}.columns]"
        if is_pyarrow(other):
            way_out = f"{names[1]}.select({columns[0]})"
        raise ValueError(
            f"{names[0]} and {names[1]} must have the same columns in the same order; reorder one: "
            + way_out
        )


def warn_of_lost_names(X_labeled: Any, X_unlabeled: Any) -> None:
    """Warn if only one pool has names of columns, so that those of the other are not compared."""
    pools = {"X_labeled": X_labeled, "X_unlabeled": X_unlabeled}
    have = {name: X is not None and _has_names(X) for name, X in pools.items()}
    for with_names, other in (("X_labeled", "X_unlabeled"), ("X_unlabeled", "X_labeled")):
        without = pools[other]
        if have[with_names] and not have[other] and without is not None and len(without):
            warn_user(
                f"{other} does not have valid feature names, but {with_names} has them: columns "
                "are matched by position; pass both pools as frames, or both as arrays",
                AmbiguousInputWarning,
            )


def _has_names(X: Any) -> bool:
    columns = names_of_columns(X) or ()
    return len(columns) > 0 and all(isinstance(each, str) for each in columns)


def check_transformable(X: Any, name: str) -> None:
    """Raise if the transformers of a Pipeline cannot read X."""
    if is_dataset(X):
        raise TypeError(
            f"{name} is a Dataset, which the transformers of a Pipeline cannot read; transform in "
            "the Dataset, and pass the strategy without a Pipeline"
        )


def check_n(n: Any, pool_size: int, name: str = "n") -> int:
    """Validate a number of samples to query."""
    if isinstance(n, bool | np.bool_) or not isinstance(n, Integral):
        raise TypeError(f"{name} must be an integer, got {n!r} of type {type(n).__name__}")
    n = int(n)
    if not 1 <= n <= pool_size:
        raise ValueError(
            f"{name}={n}, but it must be from 1 to the number of samples in the pool, {pool_size}"
        )
    return n


def check_unit_interval(X: Samples, name: str, verbose: Verbose = False) -> None:
    """Raise if X cannot have a Bernoulli likelihood; uint8 images are scaled to [0, 1] later.

    A Source that is not checked yet is checked as it is read.
    """
    if kind_of(X) == "uint8 images":
        return
    if isinstance(X, SparseSource):
        check_in_unit_interval(X.X.data[:, None], name, X.X.tocoo().row)
    elif isinstance(X, Source) and not X.is_checked:
        X.in_unit_interval = True
    else:
        _check_in_pieces(check_in_unit_interval, X, name, verbose)


def _check_in_pieces(
    check: Callable[[NDArray, str, slice], None], X: Samples, name: str, verbose: Verbose
) -> None:
    """Have all of X checked, some rows at a time."""
    step = max(1, _CHECK_CHUNK // max(1, math.prod(X.shape[1:])))
    starts = range(0, len(X), step)
    for start in progress_bar(starts, verbose=verbose, desc=f"checking {name}"):
        rows = slice(start, start + step)
        check(X[rows], name, rows)


class PoolCheckingMixin(BaseEstimator):
    """Validates samples, and remembers in `fit` what later ones must look like."""

    data_format: str
    verbose: Verbose
    input_shape_: tuple[int, ...]
    image_kind_: str
    conditioning_: Conditioning | None
    _seed: int
    _scale: Scale | None

    @property
    def _may_be_conditioned(self) -> bool:
        """Whether samples keep their meaning when they are centred and scaled."""
        return True

    def _reduce(
        self, pools: dict[str, Any], *, reset: bool, rows: Sequence[Positions] | None = None
    ) -> list[Any]:
        """Validated samples, by name, as the estimator computes with them.

        `reset` is whether what is done to them is learned now, unless a warm start has kept it;
        `rows` are the two pools where all samples are in one array.
        """
        if reset and not hasattr(self, "conditioning_"):
            learns = self._may_be_conditioned
            self.conditioning_ = learn_conditioning(pools, self._seed, rows) if learns else None
        conditioning = getattr(self, "conditioning_", None)
        if conditioning is None:
            return list(pools.values())
        for name, X in pools.items() if reset else ():
            conditioning.check_shape(X, name)
        return [conditioning.on(X) for X in pools.values()]

    def _learn_scale(self, pools: tuple[Pool, Pool]) -> None:
        """Warn if a column or a pool outweighs the others; keep the scale for later pools."""
        self._scale = check_scales(pools, getattr(self, "feature_names_in_", None))

    def _pool_arrays(self) -> dict[str, NDArray]:
        """What a file holds of how pools are prepared, and of their scale."""
        learned = (self.conditioning_, getattr(self, "_scale", None))
        return {k: v for each in learned if each is not None for k, v in each.to_arrays().items()}

    def _restore_from_pool_arrays(self, arrays: dict[str, NDArray]) -> None:
        """Take these arrays out of those of a file; one of an earlier version has no scale."""
        self.conditioning_ = Conditioning.taken_from(arrays, self.input_shape_)
        self._scale = Scale.taken_from(arrays)

    def _open(self, X: Any, name: str = "X") -> Pool:
        """Pool of samples that must be like those that were fitted."""
        (X,) = self._reduce({name: self._check(X, reset=False, name=name)}, reset=False)
        pool = Pool(X)
        if (fitted := getattr(self, "_scale", None)) is not None:
            warn_of_other_scale((measure_scale(pool), fitted), (name, "the samples in fit"))
        return pool

    def _check_pools(self, X_labeled: Any, X_unlabeled: Any) -> tuple[Pool, Pool]:
        """Validated pools; no labelled samples are None or an array of none."""
        check_same_columns(X_labeled, X_unlabeled)
        labeled: Any = ()
        if X_labeled is not None:
            labeled = self._check(X_labeled, reset=True, name="X_labeled", allow_empty=True)
        unlabeled = self._check(X_unlabeled, reset=True, name="X_unlabeled")
        if not len(labeled):
            (unlabeled,) = self._reduce({"X_unlabeled": unlabeled}, reset=True)
            return Pool(unlabeled, np.empty(0, dtype=np.intp)), Pool(unlabeled)
        check_same_kind(labeled, unlabeled)
        warn_of_lost_names(X_labeled, X_unlabeled)
        pools = {"X_labeled": labeled, "X_unlabeled": unlabeled}
        labeled, unlabeled = self._reduce(pools, reset=True)
        return Pool(labeled), Pool(unlabeled)

    def _check_columns(self, columns: list[Any] | None, reset: bool, name: str) -> None:
        """Compare names of columns that are no texts, as integers are; `reset` keeps them."""
        if reset:
            self._columns = columns
        fitted = getattr(self, "_columns", None)  # a file holds none
        if None not in (columns, fitted) and columns != fitted:
            raise ValueError(
                f"{name} must have the columns that {type(self).__name__} was fitted on, in the "
                f"same order: {reprlib.repr(fitted)}, got {reprlib.repr(columns)}; reorder {name}"
            )

    def _check(self, X: Any, *, reset: bool, name: str = "X", allow_empty: bool = False) -> Samples:
        """Validated samples; `reset` is whether they define what later ones must look like."""
        own_name = type(self).__name__
        samples = check_samples(
            X,
            name=name,
            data_format=self.data_format,
            estimator_name=own_name,
            verbose=self.verbose,
            allow_empty=allow_empty,
        )
        if allow_empty and not len(samples):
            return samples
        if reset:
            self.input_shape_ = samples.shape[1:]
            self.image_kind_ = kind_of(samples)
        else:
            check_like_fitted(samples, self.input_shape_, self.image_kind_, name, own_name)
        if samples.ndim == 2:
            # A frame has names, which samples as numbers have not.
            named = as_named(X) if hasattr(X, "columns") else samples
            columns = None if _has_names(X) else names_of_columns(X)  # scikit-learn compares texts
            self._check_columns(columns, reset, name)
            with naming(f"{name} must have the columns that {own_name} was fitted on"):
                validate_data(self, named, reset=reset, skip_check_array=True)
        elif reset:
            # scikit-learn would count channels, or rows of pixels.
            self.n_features_in_ = math.prod(samples.shape[1:])
            self.__dict__.pop("feature_names_in_", None)
        return samples
