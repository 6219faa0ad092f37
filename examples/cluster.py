"""Query a pool on a dask cluster: each worker scores the blocks that it holds."""

import dask.array as da
from dask.distributed import Client, LocalCluster
from sklearn.datasets import load_digits

from skvaal import VAALQueryStrategy


def main():
    X, _ = load_digits(return_X_y=True)
    X = X / 16
    # In earnest: da.from_zarr("s3://bucket/pool.zarr"), of millions of samples.
    X_pool = da.from_array(X[100:], chunks=(200, -1))

    strategy = VAALQueryStrategy(rule="topk", max_epochs=2, random_state=0)
    strategy.fit_pools(X[:100], X[100:])  # in earnest: a sample of the pool that fits here

    # Client("scheduler:8786") connects to a running cluster.
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")
    with cluster, Client(cluster):
        indices = strategy.query(X_pool, n=10)
    print("label next:", sorted(indices.tolist()))
    print("the same in one process:", set(indices) == set(strategy.query(X[100:], n=10)))


if __name__ == "__main__":  # the workers are processes, which import this file
    main()
