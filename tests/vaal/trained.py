"""Small trained nets, built as the strategy builds them."""

from __future__ import annotations

import numpy as np
import torch

from skvaal._engine.batches import PairedPools
from skvaal._engine.generators import isolated_seed
from skvaal._pool.components import PrincipalComponents
from skvaal._pool.pool import Pool
from skvaal._predictions.predictions import Predictions
from skvaal._vaal.fitting import NetRecipe
from skvaal._vaal.lookup import resolve_net
from skvaal._vaal.net import VAALNet

CPU = torch.device("cpu")


def build(
    net, input_shape, *, extra=None, callbacks=None, max_epochs=2, pools=None, **params
) -> VAALNet:
    """A net, not initialised; keywords are parameters of the net.

    Without `pools`, a linear path is not fitted, and adds nothing to the layers.
    """
    nested = {"discriminator": {"hidden": (16,)}, "vae": {"latent_dim": 3}}
    if len(input_shape) == 3:
        nested["vae"]["width"] = 2
    for key in [key for key in params if "__" in key]:
        prefix, _, name = key.partition("__")
        nested.setdefault(prefix, {})[name] = params.pop(key)
    recipe = NetRecipe(
        resolve_net(net),
        vae=params.pop("vae", "auto"),
        discriminator=params.pop("discriminator", "auto"),
        sample_shape=input_shape,
        params={"batch_size": 32, **params},
        nested=nested,
        callbacks=callbacks,
    )
    components = None
    if pools is not None and recipe.may_have_linear_path:
        components = PrincipalComponents.fitted_on(pools.labeled, pools.unlabeled, 0)
    return recipe.build(CPU, extra, components, max_epochs=max_epochs)


def paired(net, X, y, proba=None, uncertainty=None) -> tuple[PairedPools, object]:
    """Pools with what a net of this name reads beside the samples, and its Extra."""
    cls = resolve_net(net)
    rows = np.flatnonzero(y != -1), np.flatnonzero(y == -1)
    predictions = [
        Predictions() if proba is None else Predictions.of(proba[each], len(each)) for each in rows
    ]
    extra = cls.learn_extra(*predictions, uncertainty)
    pools = Pool(X, rows[0]), Pool(X, rows[1])
    attached = build(net, X.shape[1:], extra=extra)
    for pool, each in zip(pools, predictions, strict=True):
        attached.attach_extra(pool, each)
    return PairedPools(*pools), extra


def train(net, X, y, *, proba=None, uncertainty=None, seed=0, **params) -> VAALNet:
    """A trained net; y is -1 where a sample is not labelled."""
    pools, extra = paired(net, X, y, proba, uncertainty)
    built = build(net, X.shape[1:], extra=extra, pools=pools, **params)
    with isolated_seed(seed, CPU):
        return built.initialize().partial_fit(pools)


def draw_proba(n_samples: int, n_classes: int = 3) -> np.ndarray:
    """Class probabilities."""
    return np.random.RandomState(0).dirichlet(np.ones(n_classes), n_samples)
