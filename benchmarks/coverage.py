"""What uncertainty herding costs and chooses where the batch or the pool is large.

Run it as ``python benchmarks/coverage.py``; ``--help`` names the options.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from time import perf_counter, process_time
from typing import Any

import numpy as np
from timing import in_child, make_parser, write_result
from tqdm import tqdm

from skvaal import Herding
from skvaal._rules.rule import Candidates
from skvaal.benchmark.machine import peak_memory_mib

# Samples in the pool, coordinates, labelled samples, batch.
CASES = {
    "large batch": (20_000, 16, 0, 4_000),
    "larger batch": (20_000, 16, 0, 6_000),
    "many labels": (20_000, 16, 4_000, 100),
    "large pool and batch": (200_000, 16, 0, 8_000),
    "small": (8_000, 32, 100, 100),
    "1,000 of a million": (1_000_000, 32, 100, 1_000),
    "10,000 of a million": (1_000_000, 32, 100, 10_000),
}
# Peak memory of a choice above that of a process that has imported everything, in MiB.
MEMORY_TARGET_MIB = 1536
# Samples that are drawn at once.
_BLOCK = 100_000


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and save.

    Parameters
    ----------
    argv : sequence of str or None, default=None
        Arguments of the command line, see ``python benchmarks/coverage.py --help``.

    Returns
    -------
    int
        0, the exit status.
    """
    parser = make_parser(__doc__)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=[*CASES], help="what to run")
    parser.add_argument("--shrink", type=int, default=1, help="divides all sizes of samples")
    parser.add_argument("--out", default="docs/results", help="folder of the result")
    args = parser.parse_args(argv)
    args.device = "cpu"  # the only one of a rule

    rows = []
    for name in tqdm(args.cases, desc="cases", unit="case"):
        n_samples, n_dims, n_labeled, n = CASES[name]
        sizes = [math.ceil(each / args.shrink) for each in (n_samples, n_labeled, n)]
        row = {"case": name} | in_child(measure, sizes[0], n_dims, sizes[1], sizes[2])
        rows.append(row)
        tqdm.write(_line(row))
    result = {
        "what": "batches by Herding(space='components', score_power=0) out of Gaussian pools, half "
        "of each with uncertainty 0 and half with one drawn from (0, 1), each in a process of its "
        "own. share_uncertain is that of the batch, share_uncertain_last that of its last tenth; "
        "n_drawn counts the samples that had no gain left and were drawn at random; "
        "peak_memory_mib, with the pool, is above what the process had after importing everything; "
        "load_average is that of the last minute, above the number of threads where others were at "
        "work, too: cpu_seconds, of all threads, say more then",
        "choices": rows,
        "target": {"peak_memory_mib": MEMORY_TARGET_MIB},
    }
    print(f"\nWritten: {write_result('coverage', args, result, not_settings={'out'})}")
    return 0


def measure(n_samples: int, n_dims: int, n_labeled: int, n: int) -> dict[str, Any]:
    """Choose a batch of `n` and say what it cost and how uncertain it is.

    Parameters
    ----------
    n_samples, n_dims, n_labeled, n : int

    Returns
    -------
    dict

    Examples
    --------
    >>> measure(100, 2, 5, 10)["share_uncertain"]
    1.0
    """
    imported = peak_memory_mib()
    rng = np.random.default_rng(0)
    Z = np.empty((n_samples, n_dims), dtype=np.float32)
    for start in range(0, n_samples, _BLOCK):
        block = Z[start : start + _BLOCK]
        rng.standard_normal(out=block, dtype=np.float32)
    uncertainty = 1 - rng.random(n_samples)
    uncertainty[rng.permutation(n_samples)[: n_samples // 2]] = 0
    labeled = rng.standard_normal((n_labeled, n_dims), dtype=np.float32)
    candidates = Candidates(
        n_samples, coordinates=Z, labeled_coordinates=labeled, uncertainty=uncertainty
    )
    rule = Herding(score_power=0, uncertainty_power=1)
    began, cpu_began = perf_counter(), process_time()
    choice = rule.choose(candidates, n, np.random.RandomState(0))
    seconds, cpu_seconds = perf_counter() - began, process_time() - cpu_began
    chosen = uncertainty[choice.indices]
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    return {
        "samples": n_samples,
        "dims": n_dims,
        "labeled": n_labeled,
        "n": n,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "peak_memory_mib": round(peak_memory_mib() - imported, 1),
        "load_average": load,
        "share_uncertain": round(float((chosen > 0).mean()), 4),
        "share_uncertain_last": round(float((chosen[-max(1, n // 10) :] > 0).mean()), 4),
        "mean_uncertainty": round(float(chosen.mean()), 4),
        "n_drawn": int((choice.values <= 0).sum()),
    }


def _line(row: dict[str, Any]) -> str:
    return (
        f"{row['n']:>6} of {row['samples']:<8} {row['seconds']:8.2f} s, "
        f"{row['peak_memory_mib']:6.0f} MiB above import, {row['share_uncertain']:.1%} uncertain, "
        f"{row['share_uncertain_last']:.1%} of the last tenth"
    )


if __name__ == "__main__":
    raise SystemExit(main())
