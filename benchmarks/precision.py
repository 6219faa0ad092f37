"""How much faster networks are in bfloat16 than in float32, by instruction set and by size.

Run it as ``python benchmarks/precision.py``; ``--help`` names the options.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np
from timing import in_child, interleaved, make_parser, write_result

from skvaal import VAALQueryStrategy
from skvaal._engine.batches import PairedPools
from skvaal._engine.device import gains_in_bfloat16, has_bfloat16_units
from skvaal._engine.settings import EngineSettings
from skvaal._pool.pool import Pool

# Networks: the shape of a sample, parameters, and samples of each pool in a step.
NETWORKS: dict[str, tuple[tuple[int, ...], dict[str, Any], int]] = {
    "images 1x28x28, width 16": ((1, 28, 28), {"vae__width": 16}, 64),
    "images 3x32x32, width 16": ((3, 32, 32), {"vae__width": 16}, 64),
    "images 3x32x32, width 32": ((3, 32, 32), {"vae__width": 32}, 64),
    "images 3x32x32, width 64": ((3, 32, 32), {"vae__width": 64}, 64),
    "images 3x32x32, width 64, batches of 4": ((3, 32, 32), {"vae__width": 64}, 4),
    "images 3x32x32, width 128": ((3, 32, 32), {"vae__width": 128}, 64),
    "64 features": ((64,), {}, 64),
    "1280 features": ((1280,), {}, 64),
    "1280 features, two layers of 2048": ((1280,), {"vae__hidden": (2048, 2048)}, 64),
}
# What oneDNN, which computes for torch, may use at most of the processor.
INSTRUCTION_SETS = ("AVX512_CORE_AMX", "AVX512_CORE_BF16", "AVX512_CORE")
_VARIABLE = "ONEDNN_MAX_CPU_ISA"
_N_SCORED = 256


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and save.

    Parameters
    ----------
    argv : sequence of str or None, default=None
        Arguments of the command line, see ``python benchmarks/precision.py --help``.

    Returns
    -------
    int
        0, the exit status.
    """
    parser = make_parser(__doc__)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument(
        "--instructions", nargs="+", choices=INSTRUCTION_SETS, default=list(INSTRUCTION_SETS[:2])
    )
    parser.add_argument("--repeats", type=int, default=5, help="pairs, after one that warms up")
    parser.add_argument("--device", default="cpu", help="'cpu'; the instructions are a processor's")
    parser.add_argument("--out", default="docs/results", help="folder of the file")
    args = parser.parse_args(argv)

    rows = []
    for instructions in args.instructions:
        os.environ[_VARIABLE] = instructions  # which a child reads when it begins
        for name in args.networks:
            measured = in_child(measure, name, args.repeats, args.device)
            rows.append({"network": name, "instructions": instructions} | measured)
    del os.environ[_VARIABLE]
    result = {"has_bfloat16_units": has_bfloat16_units(), "ratios": rows}
    path = write_result("precision", args, result, not_settings={"out"})
    print(f"{summary(rows)}\n\nWritten: {path}")
    return 0


def measure(name: str, repeats: int, device: str) -> dict[str, Any]:
    """Time a training step and scoring in float32 and in bfloat16, in turn.

    Parameters
    ----------
    name : str
        One of ``NETWORKS``; its samples are noise.
    repeats : int
    device : str

    Returns
    -------
    dict
        ``gains``, whether 'auto' takes bfloat16 for it where there are units;
        ``convolution_weights``; ``training`` and ``scoring``, medians of float32's time over
        bfloat16's; and the seconds of float32, medians.
    """
    shape, params, batch_size = NETWORKS[name]
    rng = np.random.default_rng(0)
    X = rng.random((2 * batch_size + _N_SCORED, *shape), dtype=np.float32)
    both, scored = (X[:batch_size], X[batch_size : 2 * batch_size]), X[2 * batch_size :]
    strategy = VAALQueryStrategy(
        batch_size=batch_size, max_epochs=1, rule="topk", random_state=0, device=device, **params
    ).fit_pools(*both)
    net: Any = strategy.net_
    pools = PairedPools(*map(Pool, both))

    def run(what: Any, precision: str) -> Any:
        def computed() -> None:
            net.engine = EngineSettings(precision=precision)
            what()

        return computed

    jobs = {
        "training": lambda: net.partial_fit(pools),
        "scoring": lambda: net.scores(Pool(scored)),
    }
    weights = [p.numel() for p in net.vae_.parameters() if p.ndim == 4]
    result: dict[str, Any] = {
        "gains": gains_in_bfloat16(net.vae_),
        "convolution_weights": sum(weights),
    }
    for name, job in jobs.items():
        times = interleaved(
            *(run(job, precision) for precision in ("float32", "bf16")),
            repeats=repeats,
            device=device,
            title=name,
        )
        result[name] = round(median(a / b for a, b in zip(*times, strict=True)), 3)
        result[f"{name}_seconds_float32"] = median(times[0])
    return result


def summary(rows: Sequence[Mapping[str, Any]]) -> str:
    """The networks and ratios, a line each.

    Parameters
    ----------
    rows : sequence of mapping
        Of :func:`measure`, with ``network`` and ``instructions``.

    Returns
    -------
    str
    """
    lines = [f"{'float32 over bfloat16':40}{'':18}{'training':>10}{'scoring':>10}"]
    lines += [
        f"{row['network']:40}{row['instructions']:18}{row['training']:10.2f}{row['scoring']:10.2f}"
        for row in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
