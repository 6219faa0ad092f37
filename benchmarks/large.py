"""How time and memory of a query grow with the pool: images in a file larger than memory may be.

Run it as ``python benchmarks/large.py``; ``--help`` names the options.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from timing import in_child, make_parser, write_result
from tqdm import tqdm

from skvaal import Herding, HerdingQueryStrategy, KCenter, TopK, VAALQueryStrategy
from skvaal._rules.rule import Rule
from skvaal.benchmark.machine import peak_memory_mib, reset_peak_memory

# Rules of VAAL, all in the space whose coordinates its fit keeps, which costs most, and last the
# strategy that trains no network.
STRATEGIES: dict[str, Rule | None] = {
    "vaal, topk": TopK(),
    "vaal, k_center": KCenter(space="decoded"),
    "vaal, herding": Herding(space="decoded"),
    "herding": None,
}
# Images in a block of the file while it is written.
_BLOCK = 10_000
# Peak memory of a query above that of a process that has imported everything, in MiB.
MEMORY_TARGET_MIB = 1024


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and save.

    Parameters
    ----------
    argv : sequence of str or None, default=None
        Arguments of the command line, see ``python benchmarks/large.py --help``.

    Returns
    -------
    int
        0, the exit status.
    """
    parser = make_parser(__doc__)
    sizes = [10_000, 30_000, 100_000, 300_000, 1_000_000]
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes, help="samples in the pool")
    parser.add_argument("--image-size", type=int, default=32, help="pixels a side, of 3 channels")
    parser.add_argument("--n", type=int, default=1000, help="samples to choose")
    parser.add_argument("--labeled", type=int, default=100, help="labelled samples")
    parser.add_argument("--fitted", type=int, default=5000, help="samples of the pool to fit on")
    parser.add_argument("--epochs", type=int, default=1, help="of that fit")
    parser.add_argument("--width", type=int, default=16, help="of the VAE's first layer")
    parser.add_argument("--folder", default=None, help="for the file; None takes a temporary one")
    parser.add_argument("--device", default="cpu", help="'cpu', 'cuda', ...")
    parser.add_argument("--out", default="docs/results", help="folder of the results")
    args = parser.parse_args(argv)

    rows = []
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        path = Path(folder) / "images.dat"
        write_noise(path, args.labeled + max(args.sizes), args.image_size)
        for size in tqdm(args.sizes, desc="pools", unit="pool"):
            for row in in_child(measure, path, size, vars(args)):
                rows.append(row)
                tqdm.write(_line(row))
    result = {
        "what": "queries of n images out of a pool in a mapped file of uint8 noise, for each pool "
        "in a process of its own, by a strategy that was fitted on a part of the pool; the "
        "file was in the system's cache if that is large enough. peak_memory_mib is the peak of "
        "fit and of the query, whichever is higher, above what the process had after importing "
        "everything; load_average is that of the last minute, above the number of threads where "
        "others were at work, too; exponent is the slope of log(query_seconds) over "
        "log(samples), 1 where time is linear in the pool",
        "queries": rows,
        "exponent": {name: exponent(rows, name) for name in STRATEGIES},
        "target": {"peak_memory_mib": MEMORY_TARGET_MIB},
    }
    out = write_result("large", args, result, not_settings={"out", "folder"})
    print(f"exponents of time over pool size: {result['exponent']}\n\nWritten: {out}")
    return 0


def write_noise(path: Path, n: int, image_size: int) -> None:
    """Write images of uint8 noise, one behind the other, in blocks.

    Parameters
    ----------
    path : Path
    n, image_size : int
        Of shape (n, 3, image_size, image_size).
    """
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        for start in tqdm(range(0, n, _BLOCK), desc="writing images", leave=False):
            shape = (min(_BLOCK, n - start), 3, image_size, image_size)
            file.write(rng.integers(0, 256, shape, dtype=np.uint8).data)


def measure(path: Path, size: int, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Seconds and peak memory of one query by each strategy.

    Parameters
    ----------
    path : Path
        Of the images.
    size : int
        How many of them, after the labelled ones, are the pool.
    settings : dict
        Arguments of the command line.

    Returns
    -------
    list of dict
        One for each strategy.
    """
    imported = peak_memory_mib()
    n_labeled, side = settings["labeled"], settings["image_size"]
    shape = (n_labeled + size, 3, side, side)
    images = np.memmap(path, dtype=np.uint8, mode="r", shape=shape)
    labeled, pool = images[:n_labeled], images[n_labeled:]
    fitted = pool[: settings["fitted"]]
    vaal = VAALQueryStrategy(
        vae__width=settings["width"],
        max_epochs=settings["epochs"],
        uncertainty=None,
        rule=Herding(space="decoded"),
        device=settings["device"],
        random_state=0,
    ).fit_pools(labeled, fitted)
    herding = HerdingQueryStrategy(random_state=0).fit_pools(labeled, fitted)
    after_fit = peak_memory_mib()
    rows = []
    for name, rule in STRATEGIES.items():
        reset_peak_memory()
        strategy: Any = herding if rule is None else vaal.set_params(rule=rule)
        began = perf_counter()
        strategy.query(pool, settings["n"])
        seconds = perf_counter() - began
        peak = max(after_fit, peak_memory_mib()) - imported
        row = {"samples": size, "strategy": name, "query_seconds": round(seconds, 2)}
        load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
        rows.append({**row, "peak_memory_mib": round(peak, 1), "load_average": load})
    return rows


def exponent(rows: Sequence[dict[str, Any]], strategy: str) -> float | None:
    """Slope of log(time) over log(size) of a strategy's queries.

    Parameters
    ----------
    rows : sequence of dict
        With samples, strategy and query_seconds.
    strategy : str

    Returns
    -------
    float or None
        None where there are not two sizes.

    Examples
    --------
    >>> sizes = [1, 10, 100]
    >>> exponent(
    ...     [{"strategy": "herding", "samples": s, "query_seconds": 3 * s} for s in sizes],
    ...     "herding",
    ... )
    1.0
    """
    points = [(row["samples"], row["query_seconds"]) for row in rows if row["strategy"] == strategy]
    sizes, seconds = np.log(np.maximum(np.array(points, dtype=float).T, 0.01))
    if len(np.unique(sizes)) < 2:
        return None
    return round(float(np.polyfit(sizes, seconds, 1)[0]), 3)


def _line(row: dict[str, Any]) -> str:
    return (
        f"{row['samples']:>10} {row['strategy']:<15} {row['query_seconds']:8.2f} s, "
        f"{row['peak_memory_mib']:6.0f} MiB above import"
    )


if __name__ == "__main__":
    raise SystemExit(main())
