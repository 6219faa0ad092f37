"""How a net computes: in which precision, in which memory layout, compiled or not.

What is computed stays the same, up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from skvaal._convolutions import speed_up
from skvaal._modules import ConvVAE, DenseVAE

# What autocast computes in, by the parameter `precision`.
_AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}
PRECISIONS = ("auto", "float32", *_AUTOCAST)
# The first NVIDIA generation with units for bfloat16.
_BF16_CAPABILITY = (8, 0)
_FUSED_OPTIMIZERS = (torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD)


def resolve_precision(precision: str, device: torch.device) -> torch.dtype | None:
    """What autocast is to compute in.

    Parameters
    ----------
    precision : {'auto', 'float32', 'bf16', 'fp16'}
        'auto' takes bfloat16 on CUDA devices that have units for it, else float32.
    device : torch.device

    Returns
    -------
    torch.dtype or None
        None for float32, which needs no autocast.

    Raises
    ------
    ValueError
        For half precision on anything but CUDA: it is no faster there, and overflows.
    """
    if precision == "auto":
        has_units = (
            device.type == "cuda" and torch.cuda.get_device_capability(device) >= _BF16_CAPABILITY
        )
        return torch.bfloat16 if has_units else None
    if precision == "fp16" and device.type != "cuda":
        raise ValueError(
            f"precision='fp16' is for CUDA devices, and the device here is {str(device)!r}; use "
            "precision='float32', or 'bf16' where the processor has instructions for it"
        )
    return _AUTOCAST.get(precision)


class Engine:
    """Runs the modules of :class:`~skvaal.VAALNet`; everything that comes out is float32."""

    vae_: Any
    discriminator_: Any
    device: Any
    precision: str
    compile: bool
    decoder_reads_condition_: bool
    get_params_for: Callable[[str], dict[str, Any]]
    _set_training: Callable[[bool], None]

    def _autocast(self) -> AbstractContextManager[Any]:
        device = torch.device(self.device)
        dtype = resolve_precision(self.precision, device)
        return nullcontext() if dtype is None else torch.autocast(device.type, dtype)

    def _encode(self, x: Tensor, vae: Any = None) -> tuple[Tensor, Tensor]:
        """Mu and log-variance, each (n_samples, latent_dim); by another VAE, if one is given."""
        encode = self._run("encode", self.vae_.encode) if vae is None else vae.encode
        with self._autocast():
            mu, logvar = encode(x)
        return mu.float(), logvar.float()

    def _decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Mean, or logits, of p(x|z), of the shape of x."""
        z = _beside(z, condition if self.decoder_reads_condition_ else None)
        with self._autocast():
            return self._run("decode", self.vae_.decode)(z).float()

    def _logits(self, mu: Tensor, condition: Tensor | None = None) -> Tensor:
        """Log-odds of being labelled, (n_samples,)."""
        z = _beside(mu, condition)
        with self._autocast():
            logits = self._run("discriminator", self.discriminator_)(z)
        return logits.float().reshape(len(mu))

    def _scoring_vae(self) -> Any:
        """A VAE that scores what this one does, sooner; None for itself."""
        self._set_training(False)
        return None if self.compile else folded(self.vae_)

    def _begin_step(self) -> None:
        """Let CUDA graphs, if they are used, overwrite what they put out in the last step."""
        if self.compile and torch.device(self.device).type == "cuda":
            torch.compiler.cudagraph_mark_step_begin()

    def _run(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself or, with `compile`, what torch makes of it."""
        if not self.compile:
            return function
        compiled = vars(self).setdefault("_compiled", {})
        # The modules may have been built anew since.
        if compiled.get(name, (None, None))[0] != function:
            compiled[name] = function, torch.compile(function, **self.get_params_for("compile"))
        return compiled[name][1]

    def __getstate__(self) -> dict[str, Any]:
        # What was compiled cannot be pickled, and is compiled again where it is needed.
        state = dict(super().__getstate__())  # type: ignore[misc]
        state.pop("_compiled", None)
        return state


def fit_layout(vae: nn.Module) -> nn.Module:
    """Lay out the convolutions of a VAE, and compute their gradients, as is fastest.

    Parameters
    ----------
    vae : module
        Of skvaal's own, :class:`~skvaal.ConvVAE`, or another one, which is left alone: ``view`` in
        it would fail on tensors that are laid out otherwise.

    Returns
    -------
    module
        The same.
    """
    if type(vae) is not ConvVAE:
        return vae
    return speed_up(vae.to(memory_format=torch.channels_last))  # type: ignore[call-overload]


def folded(vae: nn.Module) -> nn.Module:
    """A VAE to score with: its encoder's batch normalisations are made part of its layers.

    Parameters
    ----------
    vae : module
        In evaluation mode. Of skvaal's own, or another one, which is returned as it is: what its
        ``encode`` does with the layers is not known.

    Returns
    -------
    module
        Without a decoder, where it is not the same.
    """
    if type(vae) not in (ConvVAE, DenseVAE):
        return vae
    encoder: Any = vae.encoder
    new = copy(vae)
    new._modules = {name: m for name, m in vae._modules.items() if name != "decoder"}
    new.encoder = nn.Sequential(*[_folded_stage(stage) for stage in encoder])
    return new


def _folded_stage(stage: Any) -> nn.Module:
    if not isinstance(stage, nn.Sequential):
        return stage
    layer, normalisation, activation = (cast(Any, each) for each in stage)
    if normalisation.running_var is None:  # it goes by each batch, on purpose
        return stage
    fuse = fuse_conv_bn_eval if isinstance(layer, nn.Conv2d) else fuse_linear_bn_eval
    return nn.Sequential(fuse(layer, normalisation), activation)


def optimizer_defaults(optimizer: Any, given: dict[str, Any], device: torch.device) -> dict:
    """Keyword arguments that make an optimizer faster and change nothing else.

    Parameters
    ----------
    optimizer : class
    given : dict
        What the user gives; a word on how it is run there stands.
    device : torch.device

    Returns
    -------
    dict
    """
    said = {"fused", "foreach", "capturable", "differentiable"} & set(given)
    can = optimizer in _FUSED_OPTIMIZERS and device.type in ("cpu", "cuda")
    return {"fused": True} if can and not said else {}


def _beside(z: Tensor, condition: Tensor | None) -> Tensor:
    return z if condition is None else torch.cat([z, condition], dim=1)
