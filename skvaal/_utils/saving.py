"""`save` and `load` for an estimator that says what it has learned in plain values."""

from __future__ import annotations

from abc import abstractmethod
from numbers import Integral
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skvaal._utils.exceptions import ModelFileError
from skvaal._utils.model_file import (
    Namespaces,
    decode_param,
    encode_param,
    read_model_file,
    write_model_file,
)

Self = TypeVar("Self", bound="SavingMixin")

# Attributes of a fitted strategy that a file holds as JSON.
_FITTED = ("input_shape_", "image_kind_", "n_features_in_", "n_labeled_", "n_unlabeled_")
# Parameters that change no choice of a fitted strategy; a file holds them only if they are ints.
_NOT_SAVED = {"callbacks", "random_state"}


class SavingMixin:
    """Lets an estimator be written to a file and read from it, without pickling anything."""

    _seed: int

    @abstractmethod
    def _export_state(self) -> tuple[dict[str, Any], dict[str, NDArray]]:
        """JSON-able values and arrays of what was learned."""

    @abstractmethod
    def _restore_state(self, values: dict[str, Any], arrays: dict[str, NDArray]) -> None:
        """Inverse of `_export_state`, on an estimator whose parameters are set."""

    def _params_to_save(self) -> dict[str, Any]:
        params: dict[str, Any] = self.get_params(deep=False)  # type: ignore[attr-defined]
        for name in _NOT_SAVED & set(params):
            params[name] = params[name] if isinstance(params[name], Integral) else None
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
        FileNotFoundError
            If the folder does not exist.
        """
        check_is_fitted(self)
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
        """
        values, arrays = read_model_file(path, cls.__name__)
        namespaces = cls._namespaces()
        replaced = set(params) & set(getattr(cls, "_replaced_prefixes", ()))
        saved = {
            name: decode_param(name, value, namespaces, path, cls.__name__)
            for name, value in values["params"].items()
            if name not in params and name.partition("__")[0] not in replaced
        }
        made: Any = cls(**saved, **params)
        for name, value in values["fitted"].items():
            setattr(made, name, value)
        made.input_shape_ = tuple(made.input_shape_)
        if "feature_names_in_" in values["fitted"]:
            made.feature_names_in_ = np.array(made.feature_names_in_, dtype=object)
        made._seed = values["seed"]
        made.seconds_ = {}
        try:
            made._restore_state(values["learned"], arrays)
        except (KeyError, ModelFileError) as error:
            reason = f"it holds no {error}" if isinstance(error, KeyError) else error
            raise ModelFileError(f"{path} does not fit the parameters: {reason}") from error
        return made
