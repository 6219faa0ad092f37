"""How fast VAAL is here: queries, the estimator's overhead, the published schedule, scaling.

Run it as ``python benchmarks/speed.py``; ``--help`` names the options.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from types import SimpleNamespace
from typing import Any

import against_published
import numpy as np
import scaling
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from timing import in_child, interleaved, make_parser, timed, write_result

from skvaal import ConvVAE, HerdingQuery, LatentDiscriminator, VAALQuery, VAALQueryStrategy
from skvaal._engine.device import has_bfloat16_units
from skvaal._vaal.losses import (
    adversarial_loss,
    bounded_logvar,
    discriminator_loss,
    evidence_lower_bound,
    gaussian_log_likelihood,
    optimal_variance,
    transductive_loss,
)
from skvaal._vaal.modules import reparameterize
from skvaal.benchmark.datasets import load_dataset
from skvaal.benchmark.machine import peak_memory_mib

# What a user may expect of a query of plain VAAL, and of the estimator's overhead.
TARGETS = {"query_seconds": 60.0, "peak_memory_gb": 1.5, "fit_over_bare": 1.15}
# The strategies that are queried, by name, with their parameters.
QUERIES: dict[str, tuple[type, dict[str, Any]]] = {
    "plain_query": (
        VAALQuery,
        {"rule": "topk", "uncertainty": None, "vae__linear_path": False},
    ),
    "vaal_query": (VAALQuery, {}),
    "herding_query": (HerdingQuery, {}),
}
N_FEATURES = 64
# Seconds that a query of images, and of feature rows, takes at most.
QUERY_TARGETS = {
    "images": {"vaal_query": 20.0, "herding_query": 0.4},
    "features": {"vaal_query": 2.5, "herding_query": 0.4},
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and save.

    Parameters
    ----------
    argv : sequence of str or None, default=None
        Arguments of the command line, see ``python benchmarks/speed.py --help``.

    Returns
    -------
    int
        0, the exit status.
    """
    parser = make_parser(__doc__)
    parser.add_argument("--data", default="fashion_mnist", help="images to take, or 'noise'")
    parser.add_argument("--pool-size", type=int, default=8000, help="unlabelled samples")
    parser.add_argument("--labeled", type=int, default=100, help="labelled samples")
    parser.add_argument("--batch-size", type=int, default=64, help="samples of each pool in a step")
    parser.add_argument("--repeats", type=int, default=5, help="epochs timed, of each kind in turn")
    parser.add_argument("--device", default="cpu", help="'cpu', 'cuda', ...")
    parser.add_argument(
        "--published-batch", type=int, default=128, help="samples of each pool in its step"
    )
    parser.add_argument("--width", type=int, default=128, help="of the published networks' VAE")
    parser.add_argument(
        "--part",
        choices=["all", "queries"],
        default="all",
        help="'queries' times each query --repeats times, of images and of feature rows",
    )
    parser.add_argument("--out", default="docs/results", help="folder of the file")
    args = parser.parse_args(argv)

    X_labeled, X_pool = _pools(args.data, args.labeled, args.pool_size)
    if args.part == "queries":
        result = measure_queries(X_labeled, X_pool, repeats=args.repeats, device=args.device)
        path = write_result("queries", args, result, not_settings={"out", "part"})
        print(f"{_query_summary(result)}\n\nWritten: {path}")
        return 0
    has_units = args.device != "cpu" or has_bfloat16_units()
    precisions = ("float32", "auto") if has_units else ("float32",)
    result = {
        "overhead": measure_overhead(
            X_labeled, X_pool, batch_size=args.batch_size, repeats=args.repeats, device=args.device
        ),
        # In processes of their own: the peak of their memory is then that of a query.
        **{
            name: in_child(_measure_query, X_labeled, X_pool, args.device, name) for name in QUERIES
        },
        **{
            _against(precision): against_published.measure(
                batch_size=args.published_batch,
                width=args.width,
                repeats=3,
                precision=precision,
                device=args.device,
            )
            for precision in precisions
        },
        "scaling": scaling.measure(device=args.device),
        "targets": TARGETS,
    }
    path = write_result("speed", args, result, not_settings={"out", "part"})
    print(_summary(result))
    print("\nThe published schedule, at its own size:")
    for precision in precisions:
        print(against_published.summary(result[_against(precision)]))
    print("\nImages a second, by the default networks:")
    print(scaling.summary(result["scaling"]))
    print(f"\nWritten: {path}")
    return 0


def _against(precision: str) -> str:
    return "against_published" + ("" if precision == "float32" else f"_{precision}")


def measure_queries(
    X_labeled: NDArray, X_pool: NDArray, *, repeats: int, device: str
) -> dict[str, Any]:
    """Time queries with their training, each in a process of its own.

    Parameters
    ----------
    X_labeled, X_pool : array of shape (n, channels, height, width)
        uint8 images. Their first 64 principal components are the feature rows.
    repeats : int
    device : str

    Returns
    -------
    dict
        By 'images' and 'features', and by the name of the query: ``seconds`` (list), ``median``,
        ``iterations`` and ``peak_memory_gb``, the highest. And the targets.
    """
    pools = {
        "images": (X_labeled, X_pool),
        "features": _reduced(X_labeled, X_pool),
    }
    result: dict[str, Any] = {"targets": QUERY_TARGETS}
    for kind, both in pools.items():
        result[kind] = {}
        for name in QUERIES:
            runs = [in_child(_measure_query, *both, device, name) for _ in range(repeats)]
            seconds = [run["query_seconds"] for run in runs]
            result[kind][name] = {
                "seconds": seconds,
                "median": median(seconds),
                "iterations": runs[0]["iterations"],
                "peak_memory_gb": max(run["peak_memory_gb"] for run in runs),
            }
    return result


def _reduced(X_labeled: NDArray, X_pool: NDArray) -> list[NDArray]:
    flat = [X.reshape(len(X), -1).astype(np.float32) / 255 for X in (X_labeled, X_pool)]
    n_components = min(N_FEATURES, *flat[1].shape)
    pca = PCA(n_components, svd_solver="randomized", random_state=0).fit(flat[1])
    return [pca.transform(X) for X in flat]


def _query_summary(result: dict[str, Any]) -> str:
    rows = [
        (f"{name}, {kind}", result[kind][name]["median"], result["targets"][kind].get(name))
        for kind in ("images", "features")
        for name in QUERIES
    ]
    return "\n".join(
        f"{name:28}{seconds:8.2f} s" + (f", at most {target:g}" if target else "")
        for name, seconds, target in rows
    )


def bare_epoch(
    labeled: torch.Tensor, unlabeled: torch.Tensor, modules: tuple, optimizers: tuple, batch: int
) -> None:
    """One epoch of VAAL in plain PyTorch, with skvaal's networks and losses and nothing else.

    Parameters
    ----------
    labeled, unlabeled : tensor of shape (n, channels, height, width)
        Images in [0, 1], in memory, on the device.
    modules : tuple (vae, discriminator)
    optimizers : tuple (of the vae, of the discriminator)
    batch : int
        Samples of each pool in a step.
    """
    vae, discriminator = modules
    vae_optimizer, discriminator_optimizer = optimizers
    vae.train(), discriminator.train()
    order = torch.randperm(len(unlabeled), device=unlabeled.device)
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        chosen = torch.randint(len(labeled), (len(rows),), device=labeled.device)
        x = torch.cat([labeled[chosen], unlabeled[rows]])

        discriminator.requires_grad_(False)
        mu, logvar = vae.encode(x)
        logvar = bounded_logvar(logvar)
        x_hat = vae.decode(reparameterize(mu, logvar))
        likelihood = gaussian_log_likelihood(x_hat, x, optimal_variance(x_hat, x))
        elbo = evidence_lower_bound(likelihood, mu, logvar)
        loss = transductive_loss(*elbo.chunk(2)) + adversarial_loss(*discriminator(mu).chunk(2))
        vae_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        vae_optimizer.step()

        discriminator.requires_grad_(True)
        loss = discriminator_loss(*discriminator(mu.detach()).chunk(2))
        discriminator_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        discriminator_optimizer.step()


def measure_overhead(
    X_labeled: NDArray, X_pool: NDArray, *, batch_size: int, repeats: int, device: str
) -> dict[str, Any]:
    """Time an epoch of the estimator's fit against one of the bare loop, in turn.

    Parameters
    ----------
    X_labeled, X_pool : array of shape (n, channels, height, width)
        uint8 images.
    batch_size, repeats : int
    device : str

    Returns
    -------
    dict
        ``fit_seconds`` and ``bare_seconds`` (lists), ``iterations`` of each, and
        ``fit_over_bare``, the median of the ratios of neighbours.
    """
    torch.manual_seed(0)
    labeled, unlabeled = (torch.from_numpy(X).to(device).float() / 255 for X in (X_labeled, X_pool))
    modules = ConvVAE(tuple(X_pool.shape[1:])).to(device), LatentDiscriminator(32).to(device)
    optimizers = tuple(torch.optim.Adam(m.parameters(), lr=5e-4) for m in modules)
    strategy = VAALQueryStrategy(
        max_epochs=1, batch_size=batch_size, random_state=0, device=device, warm_start=True
    )

    def bare() -> Any:
        return bare_epoch(labeled, unlabeled, modules, optimizers, batch_size)

    def fit() -> Any:
        return strategy.fit_pools(X_labeled, X_pool)

    bare_seconds, fit_seconds = interleaved(
        bare, fit, repeats=repeats, device=device, title="fit against bare loop"
    )
    ratios = [f / b for f, b in zip(fit_seconds, bare_seconds, strict=True)]
    return {
        "bare_seconds": bare_seconds,
        "fit_seconds": fit_seconds,
        "iterations": -(-len(X_pool) // batch_size),
        "fit_over_bare": round(median(ratios), 4),
    }


def _measure_query(X_labeled: NDArray, X_pool: NDArray, device: str, name: str) -> dict[str, Any]:
    """Seconds and peak memory of one query, without a learner that could be asked."""
    imported = _peak_memory_gb()
    query_class, params = QUERIES[name]
    if query_class is VAALQuery:
        params = {**params, "device": device}
    query = query_class(random_state=0, **params)
    learner = SimpleNamespace(X_training=X_labeled)
    seconds = timed(lambda: query(learner, X_pool, n_instances=100), device)
    strategy: Any = query.strategy_
    history = getattr(strategy, "history_", None)
    result = {
        "query_seconds": round(seconds, 2),
        # Of the training, if there was one.
        "epochs": getattr(strategy, "n_iter_", 0),
        "iterations": sum(history[:, "train_batch_count"]) if history else 0,
        "peak_memory_gb": round(_peak_memory_gb(), 3),
        "peak_memory_before_query_gb": round(imported, 3),
    }
    if device.startswith("cuda"):
        result["peak_gpu_memory_gb"] = round(torch.cuda.max_memory_allocated() / 1e9, 3)
    return result


def _peak_memory_gb() -> float:
    return peak_memory_mib() * 2**20 / 1e9


def _pools(data: str, n_labeled: int, n_pool: int) -> tuple[NDArray, NDArray]:
    if data == "noise":
        shape = (n_labeled + n_pool, 1, 28, 28)
        X = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    else:
        samples = load_dataset(data).X
        X = samples[np.random.default_rng(0).permutation(len(samples))[: n_labeled + n_pool]]
    return X[:n_labeled], X[n_labeled:]


def _summary(result: dict[str, Any]) -> str:
    overhead, query, targets = result["overhead"], result["plain_query"], result["targets"]
    rows = [
        ("query of plain VAAL, seconds", query["query_seconds"], targets["query_seconds"]),
        ("its peak memory in GB", query["peak_memory_gb"], targets["peak_memory_gb"]),
        ("epoch of fit over bare loop", overhead["fit_over_bare"], targets["fit_over_bare"]),
    ]
    return "\n".join(
        [f"{'':34}{'measured':>10}{'at most':>10}"]
        + [f"{name:34}{measured:10.2f}{target:10.2f}" for name, measured, target in rows]
        + [f"{f'{name}, seconds':34}{result[name]['query_seconds']:10.2f}" for name in QUERIES]
    )


if __name__ == "__main__":
    raise SystemExit(main())
