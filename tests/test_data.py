"""Pools and the batches drawn from them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from skvaal._data import PairedPools, PairedSampler, Pool, split_batch, to_float

CPU = torch.device("cpu")


def test_pool_reads_its_rows_only():
    X = np.arange(20.0).reshape(10, 2)
    pool = Pool(X, np.array([7, 3]))
    assert len(pool) == 2
    np.testing.assert_array_equal(pool.take(np.array([1, 0])), X[[3, 7]])
    assert pool.take(slice(0, 1)).dtype == np.float32


def test_batches_cover_the_pool_in_order():
    X = np.arange(7, dtype=np.float64)[:, None]
    batches = list(Pool(X).batches(3))
    assert [len(batch) for batch in batches] == [3, 3, 1]
    np.testing.assert_array_equal(torch.cat(batches).numpy(), X)


def test_uint8_images_are_scaled_and_uint8_features_are_not():
    images = np.full((2, 1, 8, 8), 255, np.uint8)
    assert Pool(images).take(slice(None)).dtype == np.uint8
    assert float(to_float(next(Pool(images).batches(2)), CPU).max()) == 1
    rows = images.reshape(2, -1)
    assert float(to_float(next(Pool(rows).batches(2)), CPU).max()) == 255


def test_pool_reads_a_memmap_without_loading_it(tmp_path):
    X = np.memmap(tmp_path / "X", dtype=np.uint8, mode="w+", shape=(50, 1, 8, 8))
    X[:] = np.arange(50)[:, None, None, None]
    pool = Pool(X)
    assert pool.X is X
    assert pool.take(np.array([4, 9]))[:, 0, 0, 0].tolist() == [4, 9]


def test_channels_last_view_gives_contiguous_batches():
    X = np.moveaxis(np.random.RandomState(0).rand(4, 8, 9, 3), -1, 1)
    batch = Pool(X).take(slice(0, 2))
    assert batch.flags.c_contiguous
    np.testing.assert_allclose(batch, X[:2], rtol=1e-6)


def test_an_item_is_labelled_samples_then_unlabelled_ones():
    labeled, unlabeled = np.zeros((3, 2)), np.ones((5, 2))
    batch = PairedPools(Pool(labeled), Pool(unlabeled))[np.array([0, 2]), np.array([1, 4])]
    assert batch[:, 0].tolist() == [0, 0, 1, 1]
    assert batch.dtype == torch.float32


@pytest.mark.parametrize("n_unlabeled", [1, 2, 9, 10, 11, 30])
@pytest.mark.parametrize("n_labeled", [1, 4, 100])
@pytest.mark.parametrize("steps", [1, 2])
def test_sampler_passes_once_over_the_unlabelled_pool(n_labeled, n_unlabeled, steps):
    sampler = PairedSampler(n_labeled, n_unlabeled, batch_size=5, steps_per_item=steps)
    items = list(sampler)
    assert len(items) == len(sampler)
    # Every batch has one size, of at least two samples, and as many labelled as unlabelled.
    assert {len(part) for item in items for part in item} == {sampler.item_size}
    assert sampler.item_size >= 2 * steps
    counts = Counter(np.concatenate([unlabeled for _, unlabeled in items]).tolist())
    assert set(counts) == set(range(n_unlabeled))
    assert max(counts.values()) - min(counts.values()) <= 1
    labeled = Counter(np.concatenate([labeled for labeled, _ in items]).tolist())
    assert set(labeled) <= set(range(n_labeled))
    if len(labeled) == n_labeled:
        assert max(labeled.values()) - min(labeled.values()) <= 1


def test_labelled_samples_are_shuffled_too():
    sampler = PairedSampler(50, 50, batch_size=50)
    (first, _), (second, _) = next(iter(sampler)), next(iter(sampler))
    assert sorted(first) == sorted(second)
    assert (first != second).any()


def test_sampler_shuffles_anew_each_epoch_from_torchs_generator():
    sampler = PairedSampler(10, 50, batch_size=50)
    torch.manual_seed(0)
    (_, first), (_, second) = next(iter(sampler)), next(iter(sampler))
    torch.manual_seed(0)
    (_, again) = next(iter(sampler))
    assert (first != second).any()
    assert (first == again).all()


def test_condition_and_indicator_travel_with_their_samples():
    X = np.arange(12, dtype=np.float32)[:, None]
    labeled_rows, unlabeled_rows = np.array([9, 1, 5, 0]), np.array([2, 3, 4, 6, 7, 8, 10, 11])
    pools = PairedPools(
        Pool(X, labeled_rows, condition=X[labeled_rows] * 10),
        Pool(X, unlabeled_rows, condition=X[unlabeled_rows] * 10, indicator=X[unlabeled_rows, 0]),
    )
    item = pools[np.array([3, 0, 1, 2]), np.array([7, 0, 2, 1])]
    steps = split_batch(item, 2, CPU)
    assert [len(step[0]) for step in steps] == [2, 2]
    for labeled, unlabeled, side in steps:
        assert torch.equal(side.condition, torch.cat([labeled, unlabeled]) * 10)
        assert torch.equal(side.indicator, unlabeled[:, 0])


def test_without_a_condition_the_indicator_alone_travels_or_nothing():
    X = np.arange(4, dtype=np.float32)[:, None]
    rows = np.array([0, 1]), np.array([2, 3])
    plain = PairedPools(Pool(X), Pool(X))[rows]
    assert isinstance(plain, torch.Tensor)
    ((labeled, unlabeled, side),) = split_batch(plain, 1, CPU)
    assert side is None
    relabeled = PairedPools(Pool(X), Pool(X, indicator=X[:, 0] / 4))[rows]
    ((_, _, side),) = split_batch(relabeled, 1, CPU)
    assert side.condition.shape == (4, 0)
    assert side.indicator.tolist() == [0.5, 0.75]
