"""The paired batches that are drawn from two pools."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from skvaal._engine.batches import (
    PairedPools,
    PairedSampler,
    iterate_batches,
    split_batch,
    to_float,
)
from skvaal._pool.pool import Pool

CPU = torch.device("cpu")


def test_batches_cover_the_pool_in_order():
    X = np.arange(7, dtype=np.float64)[:, None]
    batches = list(iterate_batches(Pool(X), 3))
    assert [len(batch) for batch in batches] == [3, 3, 1]
    np.testing.assert_array_equal(torch.cat(batches).numpy(), X)


def test_uint8_images_are_scaled_and_uint8_features_are_not():
    images = np.full((2, 1, 8, 8), 255, np.uint8)
    for X, expected in ((images, 1), (images.reshape(2, -1), 255)):
        (batch,) = iterate_batches(Pool(X), 2)
        assert float(to_float(batch, CPU).max()) == expected


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


def test_shards_of_all_processes_make_the_batch():
    samplers = [PairedSampler(7, 50, 8, steps_per_item=2, shard=(i, 2)) for i in range(2)]
    whole = PairedSampler(7, 50, 8, steps_per_item=2)
    drawn = []
    for sampler in (whole, *samplers):
        torch.manual_seed(0)
        drawn.append(list(sampler))
    for item, *shards in zip(*drawn, strict=True):
        for pool in range(2):
            steps = item[pool].reshape(2, 2, 4)  # steps, processes, samples
            for rank, shard in enumerate(shards):
                np.testing.assert_array_equal(shard[pool].reshape(2, 4), steps[:, rank])


def test_small_pool_leaves_every_process_two_samples():
    assert [len(item[0]) for item in PairedSampler(3, 2, 64, shard=(1, 4))] == [2]


def test_extra_columns_travel_with_their_samples():
    X = np.arange(12, dtype=np.float32)[:, None]
    labeled_rows, unlabeled_rows = np.array([9, 1, 5, 0]), np.array([2, 3, 4, 6, 7, 8, 10, 11])
    pools = PairedPools(
        Pool(X, labeled_rows, extra=np.hstack([X, -X])[labeled_rows]),
        Pool(X, unlabeled_rows, extra=np.hstack([X, -X])[unlabeled_rows]),
    )
    item = pools[np.array([3, 0, 1, 2]), np.array([7, 0, 2, 1])]
    pairs = split_batch(item, 2, CPU)
    assert [len(pair.labeled) for pair in pairs] == [2, 2]
    for pair in pairs:
        x = torch.cat([pair.labeled, pair.unlabeled])
        assert torch.equal(pair.extra, torch.cat([x, -x], dim=1))


def test_without_extra_columns_an_item_is_one_tensor():
    X = np.arange(4, dtype=np.float32)[:, None]
    item = PairedPools(Pool(X), Pool(X))[np.array([0, 1]), np.array([2, 3])]
    assert isinstance(item, torch.Tensor)
    ((labeled, unlabeled, extra),) = split_batch(item, 1, CPU)
    assert labeled.tolist() == [[0], [1]]
    assert unlabeled.tolist() == [[2], [3]]
    assert extra is None


def test_pools_with_unequal_extra_columns_are_refused():
    X = np.zeros((4, 1), np.float32)
    with pytest.raises(ValueError, match="the pools have None and 1 extra columns"):
        PairedPools(Pool(X), Pool(X, extra=X))
