"""
GPU and cluster
===============

``device='auto'`` trains on a GPU if there is one. A dask array is scored where it lies: each worker
evaluates its own blocks, and sends no samples.
"""

import dask.array as da
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits

from skvaal import VAALQueryStrategy

X, _ = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
device = "cuda" if torch.cuda.is_available() else "cpu"  # what 'auto' does, but for Macs
strategy = VAALQueryStrategy(rule="topk", uncertainty=None, device=device, random_state=0)
strategy.fit_pools(X[:100], X[100:])

# %%
# In earnest: ``da.from_zarr("s3://bucket/pool.zarr")``, and a
# ``dask.distributed.Client("scheduler:8786")`` before it.

X_pool = da.from_array(X[100:], chunks=(200, -1))
indices = strategy.query(X_pool, n=40)
print("the same in one process:", set(indices) == set(strategy.query(X[100:], n=40)))

# %%
# Where the batch lies among the blocks.

edges = np.cumsum([0, *X_pool.chunks[0]])
plt.hist(indices, bins=edges, color="#0072b2", edgecolor="white")
plt.xlabel("row of the pool; a bar for each block")
plt.ylabel("chosen samples")
plt.show()
