"""What a user's VAE and discriminator must do, tried on two samples of zeros."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from skvaal._utils.params import accepted_names, describe, naming

_NO_PARAMS: Mapping[str, Any] = MappingProxyType({})


def check_vae(
    vae: Any,
    input_shape: tuple[int, ...],
    condition_dim: int = 0,
    params: Mapping[str, Any] = _NO_PARAMS,
) -> int:
    """Find the latent size of a VAE, built with these parameters, or say what is wrong with it."""
    name = describe("vae", type(vae), params)
    for method in ("encode", "decode"):
        if not callable(getattr(vae, method, None)):
            raise TypeError(
                f"{name} has no method {method!r}; a VAE needs encode(x) -> (mu, logvar) and "
                "decode(z) -> x_hat"
            )
    with _on_trial(vae, f"{name}: encode fails on samples of shape {tuple(input_shape)}") as device:
        x = torch.zeros(2, *input_shape, device=device, dtype=torch.float32)
        encoded = vae.encode(x)
    if not (isinstance(encoded, tuple) and len(encoded) == 2):
        raise TypeError(f"{name}: encode(x) must return the pair (mu, logvar)")
    mu, logvar = encoded
    _check_tensors(name, "encode(x)", mu=mu, logvar=logvar)
    if mu.ndim != 2 or mu.shape != logvar.shape:
        raise ValueError(
            f"{name}: encode(x) must return mu and logvar of shape (n_samples, latent_dim), got "
            f"{tuple(mu.shape)} and {tuple(logvar.shape)}"
        )
    latent_dim = mu.shape[1]
    appended = f" with {condition_dim} columns of a condition" if condition_dim else ""
    with _on_trial(vae, f"{name}: decode fails on latent vectors of size {latent_dim}{appended}"):
        x_hat = vae.decode(torch.cat([mu, mu.new_zeros(len(mu), condition_dim)], dim=1))
    _check_tensors(name, "decode(z)", x_hat=x_hat)
    if x_hat.shape != x.shape:
        raise ValueError(
            f"{name}: decode(encode(x)) has shape {tuple(x_hat.shape)} for x of shape "
            f"{tuple(x.shape)}"
        )
    return latent_dim


def check_discriminator(
    discriminator: Any, latent_dim: int, params: Mapping[str, Any] = _NO_PARAMS
) -> None:
    """Raise if a discriminator does not give one logit for each sample."""
    name = describe("discriminator", type(discriminator), params)
    failure = f"{name} fails on latent vectors of size {latent_dim}"
    with _on_trial(discriminator, failure) as device:
        logits = discriminator(torch.zeros(2, latent_dim, device=device, dtype=torch.float32))
    _check_tensors(name, "forward(mu)", logits=logits)
    if logits.numel() != 2:
        raise ValueError(
            f"{name} must return one logit a sample, got shape {tuple(logits.shape)} for 2 samples"
        )


def condition_dim_of(vae: Any, component: Any, condition_dim: int) -> int:
    """Number of columns of a condition that the decoder of a VAE reads after z."""
    is_class = not isinstance(component, nn.Module)
    has_parameter = is_class and "condition_dim" in (accepted_names(component) or ())
    n_read = getattr(vae, "condition_dim", condition_dim if has_parameter else 0)
    if n_read not in (0, condition_dim):
        raise ValueError(
            f"vae={type(vae).__name__} has a decoder for a condition of {n_read} columns, but the "
            f"condition here has {condition_dim}; build it with condition_dim={condition_dim}, or "
            "pass the class"
        )
    return int(n_read)


def _check_tensors(name: str, method: str, **returned: Any) -> None:
    for each, value in returned.items():
        if not (isinstance(value, Tensor) and value.is_floating_point()):
            found = value.dtype if isinstance(value, Tensor) else type(value).__name__
            raise TypeError(
                f"{name}: {method} must return {each} as a tensor of floats, got {found}"
            )


@contextmanager
def _on_trial(module: nn.Module, failure: str) -> Iterator[torch.device]:
    """Run a module in evaluation mode on its own device, so that no statistic of it changes.

    What it raises begins with `failure`.
    """
    was_training = module.training
    module.eval()
    try:
        with torch.no_grad(), naming(failure):
            yield next(module.parameters(), torch.empty(0)).device
    finally:
        module.train(was_training)
