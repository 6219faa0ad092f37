"""Networks of timm by name; the package is imported when one is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from torch import nn

from skvaal._features.weights import fit_in, read_weights

_N_NEAR = 3


def build_timm_model(name: str, checkpoint: str | Path | None, image_size: int | None) -> nn.Module:
    """A network of timm without its classifier, with weights that it loads or that a file holds."""
    timm = _import_timm()
    _check_name(timm, name, needs_weights=checkpoint is None)
    if checkpoint is None:
        module = _download(timm, name)
    else:
        weights = read_weights(checkpoint)  # before anything is built
        module = _create(timm, name, pretrained=False)
        fit_in(module, weights, checkpoint, _names_of_head(module))
    own_size = _config_of(module).get("input_size", (3, 0, 0))[-1]
    # A transformer knows where its patches lie, and moves them to another size.
    move = getattr(module, "set_input_size", None)
    if callable(move) and image_size not in (None, own_size):
        move(img_size=(image_size, image_size))
    return module


def _import_timm() -> Any:
    try:
        import timm
    except ImportError as error:
        raise ImportError(
            f"features of timm's models need timm ({error}): run pip install 'skvaal[features]', "
            "or pass a torch.nn.Module as model"
        ) from error
    return timm


def _check_name(timm: Any, name: str, *, needs_weights: bool) -> None:
    known = set(timm.list_models())
    architecture, _, tag = name.partition(".")
    if architecture not in known:
        raise ValueError(
            f"model={name!r} is no model of timm; {_nearest(architecture, sorted(known))}"
            "timm.list_models() lists all"
        )
    with_weights = [each for each in timm.list_pretrained() if each.split(".")[0] == architecture]
    if tag and name not in with_weights:
        raise ValueError(
            f"model={name!r}: timm has no weights {tag!r} of {architecture}; it has "
            f"{', '.join(with_weights) or 'none'}"
        )
    if needs_weights and not with_weights:
        raise ValueError(
            f"model={name!r} has no pretrained weights in timm; pass checkpoint=<file>, or a model "
            "of timm.list_models(pretrained=True)"
        )


def _nearest(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name.lower(), known, n=_N_NEAR, cutoff=0.5)
    return f"did you mean {' or '.join(map(repr, near))}? " if near else ""


def _download(timm: Any, name: str) -> nn.Module:
    try:
        return _create(timm, name, pretrained=True)
    # Of the network's, the hub's and the file system's there are all kinds.
    except Exception as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise OSError(
            f"model={name!r}: its weights cannot be loaded ({reason}). Without a network, fetch "
            f"them elsewhere, for example from https://huggingface.co/timm, and pass "
            "checkpoint='model.safetensors'"
        ) from error


def _create(timm: Any, name: str, *, pretrained: bool) -> nn.Module:
    module: nn.Module = timm.create_model(name, pretrained=pretrained, num_classes=0)
    return module


def _config_of(module: nn.Module) -> dict[str, Any]:
    return dict(getattr(module, "pretrained_cfg", None) or {})


def _names_of_head(module: nn.Module) -> tuple[str, ...]:
    names = _config_of(module).get("classifier") or ()
    return (names,) if isinstance(names, str) else tuple(names)
