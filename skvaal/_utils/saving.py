"""`save` and `load` for an estimator that says what it has learned in plain values."""

from __future__ import annotations

import inspect
import math
from abc import abstractmethod
from numbers import Integral
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skvaal._utils.model_file import (
    Namespaces,
    decode_param,
    encode_param,
    naming_file,
    read_model_file,
    write_model_file,
)
from skvaal._utils.schema import (
    COUNT,
    NOTHING,
    POSITIVE,
    TABLE,
    TEXT,
    entries,
    list_of,
    maybe,
    one_of,
    whole,
)

Self = TypeVar("Self", bound="SavingMixin")

_IMAGES = ("uint8 images", "images of real numbers")
# Attributes of a fitted strategy that a file holds as JSON.
_FITTED = {
    "input_shape_": list_of(POSITIVE, [1, 3]),
    "image_kind_": one_of("feature rows", *_IMAGES),
    "n_features_in_": POSITIVE,
    "n_labeled_": COUNT,
    "n_unlabeled_": COUNT,
}
_SEED = whole(0, 2**32 - 1)
_CONTENT = entries(
    {"params": TABLE, "fitted": TABLE, "seed": _SEED, "learned": TABLE}, others=False
)
# Parameters that change no choice of a fitted strategy; a file holds them only if they are ints.
_NOT_SAVED = {"callbacks": NOTHING, "random_state": maybe(_SEED)}


class SavingMixin:
    """Lets an estimator be written to a file and read from it, without pickling anything."""

    _seed: int

    @abstractmethod
    def _export_state(self) -> tuple[dict[str, Any], dict[str, NDArray]]:
        """JSON-able values and arrays of what was learned.

        Raises a ValueError if a parameter, which is one that can be used, does not fit them.
        """

    @abstractmethod
    def _restore_state(self, values: dict[str, Any], arrays: dict[str, NDArray]) -> None:
        """Inverse of `_export_state`, on an estimator whose parameters are set and checked.

        Raises a ValueError if a value or an array is none that `_export_state` returns.
        """

    @abstractmethod
    def _check_parameters(self, *, warns: bool = True) -> None:
        """Raise if a parameter cannot be used; warn, if `warns`, of one that has no effect."""

    def _params_to_save(self) -> dict[str, Any]:
        params: dict[str, Any] = self.get_params(deep=False)  # type: ignore[attr-defined]
        for name in set(_NOT_SAVED) & set(params):
            params[name] = int(params[name]) if isinstance(params[name], Integral) else None
        return params

    @classmethod
    def _namespaces(cls) -> Namespaces:
        """Classes that a file of this estimator may name."""
        return {}

    def save(self, path: str | Path) -> None:
        """Write the fitted strategy to one file of safetensors, with parameters in its header.

        Nothing is pickled. Callbacks and a `random_state` that is no int are left out. Classes and
        modules of your own are named in the file and must be passed to :meth:`load`.

        Parameters
        ----------
        path : str or path
            The file to write.

        Raises
        ------
        ImportError
            If safetensors is not installed.
        ValueError, TypeError
            If a parameter was set after the fit, and does not fit what was learned, or cannot be
            used: :meth:`load` would refuse the file.
        OSError
            If the file cannot be written; the message names it. A file that was there is then as
            it was. FileNotFoundError if the folder does not exist.

        Notes
        -----
        The file is written beside its place and renamed, so that no reader and no crash finds a
        part of it. What a killed process left beside it is removed when the same file is saved
        again. A link is followed, and the mode of an existing file is kept. The same strategy
        always gives the same bytes.
        """
        check_is_fitted(self)
        self._check_parameters(warns=False)
        learned, arrays = self._export_state()
        params = self._params_to_save()
        namespaces = self._namespaces()
        fitted = {name: getattr(self, name) for name in _FITTED}
        if hasattr(self, "feature_names_in_"):
            fitted["feature_names_in_"] = list(self.feature_names_in_)
        values = {
            "params": {name: encode_param(params[name], namespaces) for name in params},
            "fitted": fitted,
            "seed": self._seed,
            "learned": learned,
        }
        write_model_file(path, type(self).__name__, values, arrays)

    @classmethod
    def load(cls: type[Self], path: str | Path, **params: Any) -> Self:
        """Read a fitted strategy that :meth:`save` wrote.

        Parameters
        ----------
        path : str or path
        **params : dict
            Parameters to replace, such as ``verbose=1`` or a class of your own.

        Returns
        -------
        fitted strategy

        Raises
        ------
        ModelFileError
            If the file is damaged, no saved strategy of this class, of another format version, or
            does not fit the parameters that are replaced.
        OSError
            If the file cannot be read, or is no regular file.
        """
        values, arrays, version = read_model_file(path, cls.__name__)
        with naming_file(path):
            _CONTENT(values, "")
            saved = cls._as_of_now(values["params"], version)
            made: Any = cls(**cls._saved_params(saved, params), **params)
            made._check_parameters()
            made._restore_fitted(values["fitted"])
            made._seed = values["seed"]
            made.seconds_ = {}
            made._restore_state(values["learned"], arrays)
        return made

    @classmethod
    def _as_of_now(cls, saved: dict[str, Any], version: int) -> dict[str, Any]:
        """Parameters of a file of an older format, in JSON, so that they mean the same now."""
        return saved

    @classmethod
    def _saved_params(cls, saved: dict[str, Any], replaced: dict[str, Any]) -> dict[str, Any]:
        """Parameters of a file, but for those that are replaced."""
        known = set(inspect.signature(cls).parameters) - {"net_params"}
        prefixes = {name for name in getattr(cls, "_replaced_prefixes", ()) if name in replaced}
        params = {}
        for name, value in saved.items():
            prefix, _, rest = name.partition("__")
            if name not in known and not (rest and prefix in getattr(cls, "_nested_prefixes", ())):
                raise ValueError(f"it holds a parameter {name!r}, which is unknown here")
            if name in replaced or prefix in prefixes:
                continue
            if name in _NOT_SAVED:
                _NOT_SAVED[name](value, f"params.{name}")
            params[name] = decode_param(name, value, cls._namespaces(), cls.__name__)
        return params

    def _restore_fitted(self, fitted: dict[str, Any]) -> None:
        names = {"feature_names_in_": list_of(TEXT)}
        entries(_FITTED, names, others=False)(fitted, "fitted")
        n_features = math.prod(fitted["input_shape_"])
        is_rows = len(fitted["input_shape_"]) == 1
        kinds = {
            "image_kind_": one_of("feature rows") if is_rows else one_of(*_IMAGES),
            "n_features_in_": one_of(n_features),
        }
        names = {"feature_names_in_": list_of(TEXT, [n_features])} if is_rows else {}
        entries({**_FITTED, **kinds}, names, others=False)(fitted, "fitted")
        for name, value in fitted.items():
            setattr(self, name, value)
        self.input_shape_ = tuple(fitted["input_shape_"])
        if "feature_names_in_" in fitted:
            self.feature_names_in_ = np.array(fitted["feature_names_in_"], dtype=object)
