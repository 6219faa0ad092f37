"""From a strategy's parameters to the net that they describe."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from sklearn.base import clone
from torch.utils.data import DataLoader

from skvaal._distributed import DistributedNet
from skvaal._modules import ConvVAE, DenseVAE, InputAsLatent, LatentDiscriminator
from skvaal._net import VAALNet
from skvaal._params import did_you_mean
from skvaal._progress import TrainingBar
from skvaal._selection import selection_function

# Parameters that the net has by the same name.
_TRAINING_PARAMS = (
    "likelihood",
    "variance",
    "beta",
    "lambda1",
    "lambda2",
    "n_vae_steps",
    "n_discriminator_steps",
    "joint_batches",
    "loss_weighting",
    "score_in_train_mode",
    "ablation",
    "precision",
    "augmentation",
    "compile",
    "batch_size",
)
_NET_PREFIXES = (
    "vae",
    "discriminator",
    "optimizer_vae",
    "optimizer_discriminator",
    "callbacks",
    "iterator_train",
    "compile",
)


def components(strategy: Any) -> dict[str, Any]:
    """The classes, instances or functions behind the prefixes of nested parameters.

    Parameters
    ----------
    strategy : VAALQueryStrategy
        It knows the shape of a sample.

    Returns
    -------
    dict of prefix to component
    """
    vae, discriminator = strategy.vae, strategy.discriminator
    # Modules are not compared with a string: they may answer `==` in their own way.
    if isinstance(vae, str):
        vae = ConvVAE if len(strategy.input_shape_) == 3 else DenseVAE
    return {
        "vae": vae,
        "discriminator": LatentDiscriminator if isinstance(discriminator, str) else discriminator,
        "optimizer_vae": strategy.optimizer_vae,
        "optimizer_discriminator": strategy.optimizer_discriminator,
        "iterator_train": DataLoader,
        "compile": torch.compile,
        "selection": selection_function(strategy.selection),
    }


def check_names(strategy: Any) -> None:
    """Raise if a parameter's name is unknown.

    Parameters
    ----------
    strategy : VAALQueryStrategy
    """
    strategy._check_nested_params(
        {
            prefix: type(component) if isinstance(component, torch.nn.Module) else component
            for prefix, component in components(strategy).items()
        }
    )


def check_callback_names(strategy: Any, net: VAALNet) -> None:
    """Raise if a ``callbacks__<name>`` names no callback; skorch would not say.

    Parameters
    ----------
    strategy : VAALQueryStrategy
    net : VAALNet
        Initialised.
    """
    known = [name for name, _ in net.callbacks_]
    for given in strategy._nested_params("callbacks"):
        name = given.partition("__")[0]
        if name not in known:
            raise ValueError(
                f"unknown parameter 'callbacks__{given}' (there is no callback {name!r}); "
                + did_you_mean(name, known, prefix="callbacks__")
            )


def make_net(
    strategy: Any, device: torch.device, max_epochs: int = 1, accelerator: Any = None
) -> VAALNet:
    """Build the net, not yet initialised.

    Parameters
    ----------
    strategy : VAALQueryStrategy
        It knows the shape of a sample.
    device : torch.device
    max_epochs : int, default=1
    accelerator : accelerate.Accelerator or None, default=None
        Of the processes that are to train it together.

    Returns
    -------
    VAALNet
    """
    known = components(strategy)
    nested = {
        f"{prefix}__{name}": value
        for prefix in _NET_PREFIXES
        for name, value in strategy._nested_params(prefix).items()
    }
    if strategy.ablation == "no_vae":
        known["vae"] = InputAsLatent
        nested = {name: value for name, value in nested.items() if not name.startswith("vae__")}
    # Copies: skorch's callbacks keep state, and a fit must not change a parameter.
    callbacks = [clone(callback, safe=False) for callback in strategy.callbacks or []]
    alone = accelerator is None or accelerator.is_main_process
    make = VAALNet if accelerator is None else partial(DistributedNet, accelerator=accelerator)
    return make(
        known["vae"],
        known["discriminator"],
        input_shape=strategy.input_shape_,
        optimizer_vae=strategy.optimizer_vae,
        optimizer_discriminator=strategy.optimizer_discriminator,
        lr=strategy.lr,
        condition_dim=strategy.condition_.dim if getattr(strategy, "condition_", None) else 0,
        device=device,
        callbacks=callbacks + ([TrainingBar()] if strategy.verbose and alone else []),
        verbose=int(strategy.verbose and alone),
        max_epochs=max_epochs,
        **{name: getattr(strategy, name) for name in _TRAINING_PARAMS},
        **nested,
    )


def go_on_from(previous: VAALNet, net: VAALNet) -> None:
    """Give a new net, made of today's parameters, the weights and history of the last one.

    Parameters
    ----------
    previous, net : VAALNet
        Trained, and initialised.

    Raises
    ------
    ValueError
        If the weights do not fit.
    """
    if previous.input_shape != net.input_shape:
        raise ValueError(
            f"X has samples of shape {net.input_shape}, but warm_start=True goes on from "
            f"weights for {previous.input_shape}; set warm_start=False to start anew"
        )
    if previous.condition_dim != net.condition_dim:
        raise ValueError(
            f"the condition has {net.condition_dim} columns, but warm_start=True goes on from "
            f"weights for {previous.condition_dim}; set warm_start=False to start anew"
        )
    try:
        net.take_over(previous)
    except RuntimeError as error:
        raise ValueError(
            "warm_start=True goes on from the weights of the last fit, which do not fit the "
            f"present vae or discriminator; set warm_start=False to start anew: {error}"
        ) from error
