"""
Large pools
===========

The time of a query grows with the pool, and the memory hardly does. A pool may lie in a file that
is larger than the memory.
"""

import tempfile
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np

from skvaal import HerdingQueryStrategy

rng = np.random.default_rng(0)
centres = rng.normal(size=(50, 32)).astype(np.float32)


def draw(n):
    """Samples about fifty centres."""
    rows = rng.integers(50, size=n)
    return centres[rows] + 0.3 * rng.normal(size=(n, 32)).astype(np.float32)


# %%
# ``np.load(..., mmap_mode="r")`` leaves the samples on disk. The strategy reads them in blocks.

X_labeled, sizes, seconds = draw(200), [5_000, 20_000, 80_000], []
with tempfile.TemporaryDirectory() as folder:
    for size in sizes:
        path = Path(folder) / f"{size}.npy"
        np.save(path, draw(size))
        X_pool = np.load(path, mmap_mode="r")
        began = perf_counter()
        strategy = HerdingQueryStrategy(random_state=0).fit_pools(X_labeled, X_pool)
        indices = strategy.query(X_pool, n=100)
        seconds.append(perf_counter() - began)
        del X_pool

# %%
# From 8,000 samples on, sums over the pool are estimated from a part of it, without bias.

plt.plot(np.array(sizes) / 1000, seconds, "o-")
plt.xlim(left=0)
plt.ylim(bottom=0)
plt.xlabel("thousands of samples in the pool")
plt.ylabel("seconds for 100 samples to label")
plt.show()
