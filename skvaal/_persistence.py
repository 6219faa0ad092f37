"""Fitted strategies in one file: safetensors for the weights, JSON in its header for the rest.

No code is stored and none is run on loading: classes are looked up by name among torch's
optimizers and skvaal's modules only.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skvaal import _modules
from skvaal._building import check_names, make_net
from skvaal._device import isolated_seed, resolve_device
from skvaal._exceptions import ModelFileError
from skvaal._space import InputSpace
from skvaal._task import Condition, is_explicit
from skvaal._version import __version__

FORMAT_VERSION = 1

_FITTED = (
    "input_shape_",
    "image_kind_",
    "n_features_in_",
    "n_labeled_",
    "n_unlabeled_",
    "n_iter_",
)
# Arrays that only some parameters leave behind, of the strategy and of its net.
_STRATEGY_ARRAYS = ("labeled_means_",)
_NET_ARRAYS = ("centroid_",)
# Of the condition, if there is one; its values are an array.
_OF_CONDITION = ("kind", "n_classes", "of_loss")
# Of the principal components, if distances are measured there.
_OF_SPACE = ("mean", "components", "labeled")
# Where classes may be named from, by the key that marks them in the file.
_NAMESPACES = {"torch.optim": torch.optim, "skvaal": _modules}
# What training alone needs, and may be left out.
_NOT_SAVED = {"callbacks": None, "random_state": None}


def save_strategy(strategy: Any, path: str | Path) -> None:
    """Write a fitted strategy.

    Parameters
    ----------
    strategy : VAALQueryStrategy
    path : str or path
    """
    from safetensors.torch import save_file

    net = strategy.net_
    tensors = _state(net)
    for name, array in _fitted_arrays(strategy).items():
        tensors[f"fitted.{name}"] = torch.from_numpy(array)
    fitted = {name: getattr(strategy, name) for name in _FITTED}
    if hasattr(strategy, "feature_names_in_"):
        fitted["feature_names_in_"] = list(strategy.feature_names_in_)
    condition: Condition | None = getattr(strategy, "condition_", None)
    header = {
        "params": {k: _encode(k, v) for k, v in strategy.get_params(deep=False).items()},
        "fitted": fitted,
        "seed": strategy._seed,
        "variance": getattr(net, "variance_", None),
    }
    if condition is not None:
        header["condition"] = {name: getattr(condition, name) for name in _OF_CONDITION}
        if condition.values is not None:
            tensors["fitted.condition_values"] = torch.from_numpy(condition.values)
    space: InputSpace | None = getattr(strategy, "input_space_", None)
    if space is not None:
        for name in _OF_SPACE:
            tensors[f"fitted.input_{name}"] = torch.from_numpy(getattr(space, name)).contiguous()
    strategy_json = json.dumps(header)
    metadata = {
        "format": "skvaal",
        "format_version": str(FORMAT_VERSION),
        "skvaal_version": __version__,
        "strategy": strategy_json,
        "checksum": str(_checksum(strategy_json, tensors)),
    }
    if not Path(path).parent.is_dir():
        raise FileNotFoundError(f"no such folder: {Path(path).parent}")
    save_file(tensors, str(path), metadata=metadata)


def load_strategy(cls: type, path: str | Path, overrides: Mapping[str, Any]) -> Any:
    """Read a strategy that :func:`save_strategy` wrote.

    Parameters
    ----------
    cls : type
        VAALQueryStrategy or a subclass.
    path : str or path
    overrides : dict
        Parameters that replace the saved ones.

    Returns
    -------
    VAALQueryStrategy
    """
    header, tensors = _read(Path(path))
    params = {}
    for name, value in {**header["params"], **overrides}.items():
        params[name] = value if name in overrides else _decode(name, value, path)
    strategy = cls(**params)

    for name, value in header["fitted"].items():
        setattr(strategy, name, value)
    strategy.input_shape_ = tuple(strategy.input_shape_)
    if "feature_names_in_" in header["fitted"]:
        strategy.feature_names_in_ = np.array(strategy.feature_names_in_, dtype=object)
    strategy._seed = header["seed"]

    if header.get("condition") is not None:
        values = tensors.get("fitted.condition_values")
        strategy.condition_ = Condition(
            **header["condition"],
            uncertainty=strategy.uncertainty if is_explicit(strategy.uncertainty) else "margin",
            values=None if values is None else values.numpy(),
        )
    if "fitted.input_components" in tensors:
        strategy.input_space_ = InputSpace(
            **{name: tensors[f"fitted.input_{name}"].numpy() for name in _OF_SPACE}
        )
    check_names(strategy)
    device = resolve_device(strategy.device)
    net = make_net(strategy, device)
    # Initial weights, drawn to be overwritten, must not move the caller's generator.
    with isolated_seed(0, device):
        net.initialize()
    for prefix in ("vae", "discriminator"):
        module = getattr(net, f"{prefix}_")
        state = {
            k.removeprefix(f"{prefix}."): v
            for k, v in tensors.items()
            if k.startswith(f"{prefix}.")
        }
        try:
            module.load_state_dict(state)
        except RuntimeError as error:
            raise ModelFileError(
                f"{path} does not hold the weights of {prefix}: {error}"
            ) from error
    if header["variance"] is not None:
        net.variance_ = header["variance"]
    for owner, names in ((strategy, _STRATEGY_ARRAYS), (net, _NET_ARRAYS)):
        for name in names:
            if f"fitted.{name}" in tensors:
                setattr(owner, name, tensors[f"fitted.{name}"].numpy())
    strategy.net_ = net
    strategy.history_ = net.history
    return strategy


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and tensors of a file, or the error that says what is wrong with it."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ModelFileError(f"{path} is damaged, or no safetensors file: {error}") from error
    if metadata.get("format") != "skvaal":
        raise ModelFileError(f"{path} was not written by VAALQueryStrategy.save")
    if metadata.get("format_version") != str(FORMAT_VERSION):
        raise ModelFileError(
            f"{path} has format version {metadata.get('format_version')}, written by skvaal "
            f"{metadata.get('skvaal_version')}; skvaal {__version__} reads version "
            f"{FORMAT_VERSION}: load it with that release, or fit again"
        )
    strategy_json = metadata.get("strategy", "")
    if metadata.get("checksum") != str(_checksum(strategy_json, tensors)):
        raise ModelFileError(f"{path} is damaged: its content does not match its checksum")
    return json.loads(strategy_json), tensors


def _state(net: Any) -> dict[str, Tensor]:
    return {
        # A copy: the format refuses tensors that share memory.
        f"{prefix}.{name}": tensor.detach().cpu().clone().contiguous()
        for prefix in ("vae", "discriminator")
        for name, tensor in getattr(net, f"{prefix}_").state_dict().items()
    }


def _fitted_arrays(strategy: Any) -> dict[str, NDArray]:
    found = {name: getattr(strategy, name, None) for name in _STRATEGY_ARRAYS}
    found |= {name: getattr(strategy.net_, name, None) for name in _NET_ARRAYS}
    return {name: array for name, array in found.items() if array is not None}


def _checksum(strategy_json: str, tensors: Mapping[str, Tensor]) -> int:
    checksum = zlib.crc32(strategy_json.encode())
    for name in sorted(tensors):
        checksum = zlib.crc32(tensors[name].numpy().tobytes(), zlib.crc32(name.encode(), checksum))
    return checksum


def _encode(name: str, value: Any) -> Any:
    """Parameter as JSON; a class by name, anything else as a mark that it is missing."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if name in _NOT_SAVED and not isinstance(value, int):
        return _NOT_SAVED[name]
    if isinstance(value, torch.device):
        return str(value)
    for key, namespace in _NAMESPACES.items():
        class_name = getattr(value, "__name__", "")
        if isinstance(value, type) and getattr(namespace, class_name, None) is value:
            return {"class": [key, class_name]}
    if isinstance(value, tuple):
        return {"tuple": [_encode(name, item) for item in value]}
    if isinstance(value, list):
        return [_encode(name, item) for item in value]
    if isinstance(value, dict):
        return {"dict": {key: _encode(name, item) for key, item in value.items()}}
    try:
        json.dumps(value)
    except TypeError:
        return {"missing": f"{type(value).__name__} {getattr(value, '__name__', value)!s}"}
    return value


def _decode(name: str, value: Any, path: str | Path) -> Any:
    if isinstance(value, list):
        return [_decode(name, item, path) for item in value]
    if not isinstance(value, dict):
        return value
    if "dict" in value:
        return {key: _decode(name, item, path) for key, item in value["dict"].items()}
    if "tuple" in value:
        return tuple(_decode(name, item, path) for item in value["tuple"])
    if "class" in value:
        key, class_name = value["class"]
        return getattr(_NAMESPACES[key], class_name)
    raise ModelFileError(
        f"{path} was saved with {name} of your own ({value['missing']}), which no file holds; pass "
        f"it: VAALQueryStrategy.load(path, {name}=...)"
    )
