"""skvaal against the published schedule at the published size, and against the machine's limits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import numpy as np
import torch
from published import N_VAE_STEPS, PublishedVAAL
from timing import interleaved, timed
from torch.utils.flop_counter import FlopCounterMode

from skvaal import ConvVAE, VAALQueryStrategy
from skvaal._engine.batches import PairedPools
from skvaal._engine.device import gains_in_bfloat16, resolve_precision
from skvaal._pool.pool import Pool

SHAPE = (3, 32, 32)
# Side of the square matrices, and bytes copied, that the machine's limits are measured with.
_SIDE = {"cpu": 2048, "cuda": 8192}
_BYTES = 2**28


def measure(
    *,
    batch_size: int = 128,
    width: int = 128,
    n_scored: int = 512,
    repeats: int = 3,
    precision: str = "float32",
    device: str,
) -> dict[str, Any]:
    """Time an iteration and a scoring of both, in turn, on images of 3x32x32 made of noise.

    Parameters
    ----------
    batch_size : int, default=128
        Images of each pool in a step.
    width : int, default=128
        Channels after the first stage of the VAE.
    n_scored : int, default=512
        Images that are scored.
    repeats : int, default=3
        After one that warms up.
    precision : {'float32', 'bf16', 'auto'}, default='float32'
        That skvaal computes in; the published schedule is in float32.
    device : str

    Returns
    -------
    dict
        ``precision``, what was computed in; ``seconds`` of each, lists; ``ratios``, medians of
        those of neighbours, of the published schedule's time over skvaal's;
        ``images_per_second``; ``machine``, its limits in the same run; ``flops``, what skvaal's
        iteration and scoring compute, as torch counts; and their
        ``share_of_peak``.
    """
    rng = np.random.default_rng(0)
    n_pool = batch_size * N_VAE_STEPS  # one iteration of skvaal's passes over it
    X = rng.integers(0, 256, (n_pool + max(n_pool, n_scored), *SHAPE), dtype=np.uint8)
    X_labeled, X_pool, scored = X[:n_pool], X[n_pool : 2 * n_pool], X[:n_scored]
    torch.manual_seed(0)
    published = PublishedVAAL(X_labeled, X_pool, batch_size=batch_size, width=width, device=device)
    params: dict[str, Any] = {"vae__width": width, "vae__latent_dim": 32, "rule": "topk"}
    params |= {"vae__linear_path": False, "engine__precision": precision}  # as published
    strategy = VAALQueryStrategy(
        n_vae_steps=N_VAE_STEPS, batch_size=batch_size, max_epochs=1, device=device, **params
    ).fit_pools(X_labeled, X_pool)
    pools = PairedPools(Pool(X_labeled), Pool(X_pool))
    pairs: dict[str, list[Callable[[], Any]]] = {
        "iteration": [published.iteration, lambda: strategy.net_.partial_fit(pools)],
        "scoring": [lambda: published.scores(scored), lambda: strategy.score_samples(scored)],
    }
    seconds: dict[str, dict[str, list[float]]] = {}
    for what, (bare, ours) in pairs.items():
        times = interleaved(
            bare, ours, repeats=repeats, device=device, title=f"{what} against the published one"
        )
        seconds[what] = dict(zip(("published", "skvaal"), times, strict=True))
    limits = measure_limits(device)
    flops = _flops(width, batch_size, n_scored)
    net: Any = strategy.net_
    device_of_net = torch.device(net.device)
    dtype = resolve_precision(precision, device_of_net, gains=gains_in_bfloat16(net.vae_))
    computed_in = "float32" if dtype is None else str(dtype).removeprefix("torch.")
    peak = limits[f"gflops_{computed_in}"]
    return {
        "precision": computed_in,
        "settings": {"batch_size": batch_size, "width": width, "scored": n_scored},
        "seconds": seconds,
        "ratios": {what: _ratio(times) for what, times in seconds.items()},
        "images_per_second": {
            "iteration": round(2 * n_pool / median(seconds["iteration"]["skvaal"]), 1),
            "scoring": round(n_scored / median(seconds["scoring"]["skvaal"]), 1),
        },
        "machine": limits,
        "flops": flops,
        "share_of_peak": {
            what: round(flops[what] / median(seconds[what]["skvaal"]) / 1e9 / peak, 3)
            for what in pairs
        },
    }


def measure_limits(device: str) -> dict[str, float]:
    """Fastest of some matrix products, and of some copies, on this machine now.

    Parameters
    ----------
    device : str

    Returns
    -------
    dict
        ``gflops_float32``, ``gflops_bfloat16``, and ``gigabytes_per_second``, read and written
        bytes both counted.

    Examples
    --------
    >>> sorted(measure_limits("cpu"))
    ['gflops_bfloat16', 'gflops_float32', 'gigabytes_per_second']
    """
    side = _SIDE["cuda" if device.startswith("cuda") else "cpu"]
    a, b = torch.rand(side, side, device=device), torch.rand(side, side, device=device)
    source = torch.ones(_BYTES // 4, device=device)
    target = torch.empty_like(source)
    products = {}
    for dtype in (torch.float32, torch.bfloat16):
        multiply = partial(torch.matmul, a.to(dtype), b.to(dtype))
        products[dtype] = min(timed(multiply, device) for _ in range(5))
    copy = min(timed(lambda: target.copy_(source), device) for _ in range(5))
    return {
        **{
            f"gflops_{str(dtype).removeprefix('torch.')}": round(2 * side**3 / seconds / 1e9, 1)
            for dtype, seconds in products.items()
        },
        "gigabytes_per_second": round(2 * _BYTES / copy / 1e9, 1),
    }


def summary(result: dict[str, Any]) -> str:
    """Ratios and shares in lines.

    Parameters
    ----------
    result : dict
        Of :func:`measure`.

    Returns
    -------
    str
    """
    limits, precision = result["machine"], result["precision"]
    lines = [
        f"{what}, {precision}: published schedule {result['ratios'][what]:.2f} times skvaal's, "
        f"{result['images_per_second'][what]:.0f} images/s, "
        f"{100 * result['share_of_peak'][what]:.0f} % of the matrix product's FLOP/s"
        for what in result["ratios"]
    ]
    return "\n".join(
        [
            *lines,
            f"machine: {limits[f'gflops_{precision}']:.0f} GFLOP/s, "
            f"{limits['gigabytes_per_second']:.0f} GB/s",
        ]
    )


def _ratio(times: dict[str, list[float]]) -> float:
    ratios = (p / s for p, s in zip(times["published"], times["skvaal"], strict=True))
    return round(median(ratios), 3)


def _flops(width: int, batch_size: int, n_scored: int) -> dict[str, float]:
    """What has to be computed, discriminators left out: they are a thousandth of it."""
    vae = ConvVAE(SHAPE, latent_dim=32, width=width, linear_path=False)
    x = torch.rand(2, *SHAPE)
    with FlopCounterMode(display=False) as encoding, torch.no_grad():
        vae.eval().encode(x)
    with FlopCounterMode(display=False) as training:
        mu, logvar = vae.train().encode(x)
        (vae.decode(mu).sum() + logvar.sum()).backward()
    return {
        "iteration": training.get_total_flops() / 2 * 2 * batch_size * N_VAE_STEPS,
        "scoring": encoding.get_total_flops() / 2 * n_scored,
    }
