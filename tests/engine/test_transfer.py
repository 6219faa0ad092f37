"""Samples on the device, or read ahead: the same batches."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch

from skvaal import VAALQueryStrategy
from skvaal._engine.batches import PairedPools, PairedSampler
from skvaal._engine.transfer import Prefetched, ResidentPools, make_resident, read_ahead
from skvaal._pool.pool import Pool
from skvaal._pool.samples import open_samples

from ..conftest import QUICK

CPU = torch.device("cpu")


def pools(dtype=np.uint8, extra=None):
    X = np.arange(12 * 64).reshape(12, 1, 8, 8).astype(dtype)
    rows = np.array([1, 4, 9]), np.array([0, 2, 3, 5, 6])
    return PairedPools(
        *(Pool(X, each, extra=None if extra is None else extra[each]) for each in rows)
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_items_of_resident_pools_are_those_of_the_pools(dtype):
    plain = pools(dtype)
    on_device = ResidentPools(plain, CPU)
    assert len(on_device) == len(plain)
    for positions in PairedSampler(3, 5, 4):
        found = on_device[positions]
        assert found.dtype == plain[positions].dtype
        assert torch.equal(found, plain[positions])


def test_extra_columns_come_along():
    plain = pools(extra=np.arange(24, dtype=np.float32).reshape(12, 2))
    for positions in PairedSampler(3, 5, 4):
        for found, expected in zip(
            ResidentPools(plain, CPU)[positions], plain[positions], strict=True
        ):
            assert torch.equal(found, expected)


def test_training_on_resident_pools_is_the_same(images, monkeypatch):
    X, y = images
    plain = VAALQueryStrategy(vae__width=2, **QUICK).fit(X, y)
    made = []

    def everywhere(data, device):
        made.append(ResidentPools(data, device))
        return made[-1]

    monkeypatch.setattr("skvaal._vaal.net.make_resident", everywhere)
    on_device = VAALQueryStrategy(vae__width=2, **QUICK).fit(X, y)
    assert len(made) == 1
    np.testing.assert_array_equal(on_device.score_samples(X), plain.score_samples(X))
    # Workers of the user's own DataLoader could not read from a GPU.
    VAALQueryStrategy(vae__width=2, engine__loader={"num_workers": 0}, **QUICK).fit(X, y)
    assert len(made) == 1


def test_only_a_gpu_holds_samples_and_only_those_in_memory(monkeypatch):
    plain = pools()
    assert make_resident(plain, CPU) is plain
    gpu = torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (100, 10**9))
    assert make_resident(plain, gpu) is plain  # 512 bytes, of which a quarter of 100 are to be had
    lazy = open_samples(torch.utils.data.TensorDataset(torch.zeros(12, 1, 8, 8)), "X")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (10**9, 10**9))
    lazy_pools = PairedPools(plain.labeled, Pool(lazy))
    assert make_resident(lazy_pools, gpu) is lazy_pools


def test_nothing_is_read_ahead_without_a_gpu():
    read = []
    batches = Prefetched((read.append(i) or i for i in range(5)), CPU)
    assert next(iter(batches)) == 0
    assert read == [0]


def test_read_ahead_gives_all_in_order_from_one_thread():
    threads = []

    def items():
        for i in range(7):
            threads.append(threading.get_ident())
            yield i

    assert list(read_ahead(items())) == list(range(7))
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()
    assert list(read_ahead([])) == []


def test_next_items_are_read_while_one_is_in_use():
    read = []
    ahead = read_ahead(read.append(i) or i for i in range(9))
    assert next(ahead) == 0
    deadline = time.monotonic() + 20
    while len(read) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert read == [0, 1, 2]  # and no further, or all of a pool would be in memory


def test_an_error_of_the_reader_is_raised_where_the_item_is_asked_for():
    def items():
        yield 1
        raise ValueError("damaged file")

    ahead = read_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="damaged file"):
        next(ahead)
