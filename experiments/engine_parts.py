"""What do the parts of the engine give, and where does the time of a training step go?

    python experiments/engine_parts.py

On 28x28 grey noise with the default networks, one thread. Each part is left out in turn with the
whole, in one process; the ratio is the median over the pairs, above 1 where the part helps. Then
scoring of colour images by one, two and four batches of 64 at once, by the images' side; and
torch's profiler over twenty iterations. Takes five minutes. Writes
docs/results/research/engine_parts.txt. docs/performance.md has what came out.
"""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from skvaal import VAALQueryStrategy
from skvaal._data import PairedPools, Pool
from skvaal.benchmark.timing import interleaved

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "research"
REPEATS = 9
# What each part is put out of work by.
LEFT_OUT = {
    "folded normalisation": {"skvaal._engine.folded": lambda vae: vae},
    "channels last": {"skvaal._net.fit_layout": lambda vae: vae},
    "fused optimizers": {"skvaal._net.optimizer_defaults": lambda *args: {}},
    "scoring by 4 batches": {"skvaal._evaluation._TIMES": 1},
}
LEFT_OUT["all"] = {name: f for parts in LEFT_OUT.values() for name, f in parts.items()}


def fitted(X, parts):
    """A strategy without some parts, fitted for one epoch."""
    with ExitStack() as stack:
        for name, function in parts.items():
            stack.enter_context(patch(name, function))
        return VAALQueryStrategy(
            max_epochs=1, selection="topk", device="cpu", random_state=0
        ).fit_pools(X[:100], X[100:740])


def score(strategy, X, parts):
    with ExitStack() as stack:
        for name, function in parts.items():
            stack.enter_context(patch(name, function))
        strategy.score_samples(X)


def ratios(X):
    """Lines: time without each part over time with it, in training and in scoring."""
    pools = PairedPools(Pool(X[:100]), Pool(X[100:740]))
    whole = fitted(X, {})
    for name, parts in LEFT_OUT.items():
        other = fitted(X, parts)
        found = []
        for without, with_it in (
            (partial(other.net_.partial_fit, pools), partial(whole.net_.partial_fit, pools)),
            (partial(score, other, X, parts), partial(score, whole, X, {})),
        ):
            times = interleaved(without, with_it, repeats=REPEATS, device="cpu", title=name)
            found.append(median(a / b for a, b in zip(*times, strict=True)))
        yield f"{name:<22}{found[0]:>10.3f}{found[1]:>10.3f}"


def at_once():
    """Lines: by the images' side, time of scoring by 1 batch at once over that by 2 and by 4."""
    for side in (32, 64, 128):
        n_scored = 2**22 // side**2
        X = np.random.default_rng(0).integers(0, 256, (n_scored, 3, side, side), dtype=np.uint8)
        strategy = VAALQueryStrategy(
            max_epochs=1, selection="topk", device="cpu", random_state=0
        ).fit_pools(X[:32], X[32:64])
        found = []
        for times in (2, 4):
            seconds = interleaved(
                partial(score, strategy, X, forced(1)),
                partial(score, strategy, X, forced(times)),
                repeats=REPEATS,
                device="cpu",
                title=f"{side} pixels, {times} batches",
            )
            found.append(median(a / b for a, b in zip(*seconds, strict=True)))
        yield f"{side:>6}{found[0]:>10.3f}{found[1]:>10.3f}"


def forced(times):
    """So many batches at once, however large the samples are."""
    return {"skvaal._evaluation._TIMES": times, "skvaal._evaluation._NUMBERS": 2**40}


def profiled(X):
    """The operations that take most of two epochs of training, in %."""
    strategy = fitted(X, {})
    pools = PairedPools(Pool(X[:100]), Pool(X[100:740]))
    with profile(activities=[ProfilerActivity.CPU]) as found:
        for _ in range(2):
            strategy.net_.partial_fit(pools)
    events = sorted(found.key_averages(), key=lambda e: -e.self_cpu_time_total)
    total = sum(event.self_cpu_time_total for event in events)
    return [f"{e.key:<42}{100 * e.self_cpu_time_total / total:>6.1f}" for e in events[:14]]


def main():
    torch.set_num_threads(1)
    X = np.random.default_rng(0).integers(0, 256, (4096, 1, 28, 28), dtype=np.uint8)
    lines = [f"time without the part over time with it, median of {REPEATS} pairs"]
    lines += [f"{'':<22}{'training':>10}{'scoring':>10}", *ratios(X), ""]
    lines += ["scoring: time by 1 batch of 64 at once over time by 2 and by 4, by the images' side"]
    lines += [f"{'side':>6}{'2':>10}{'4':>10}", *at_once(), ""]
    lines += ["share of a training's time in %, by operation", *profiled(X)]
    text = "\n".join(lines) + "\n"
    print(text)
    (RESULTS / "engine_parts.txt").write_text(text)


if __name__ == "__main__":
    main()
