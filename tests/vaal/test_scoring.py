"""Scores of pools, in one piece and by blocks of a dask array."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn

from skvaal import DenseVAE
from skvaal._pool.pool import Pool
from skvaal._pool.samples import open_samples
from skvaal._vaal.candidates import NetReader, check_finite

from .trained import train


@pytest.fixture(scope="module")
def net(digits):
    return train("vaal", *digits)


def reader(net, seed=0) -> NetReader:
    return NetReader(net, "cpu", seed)


def in_blocks(X) -> Pool:
    dask_array = pytest.importorskip("dask.array")
    return Pool(open_samples(dask_array.from_array(X, chunks=(70, -1)), "X"))


@pytest.mark.parametrize("method", ["scores", "means", "elbo", "posteriors"])
def test_blocks_give_what_the_whole_gives(net, digits, method):
    X, _ = digits
    whole = reader(net).evaluate(method, Pool(X))
    np.testing.assert_allclose(reader(net).evaluate(method, in_blocks(X)), whole, rtol=1e-4)


def test_several_results_at_once(net, digits):
    X, _ = digits
    scores, means = reader(net).evaluate("scores_and_means", in_blocks(X))
    np.testing.assert_allclose(scores, net.scores(Pool(X)), rtol=1e-4)
    np.testing.assert_allclose(means, net.means(Pool(X)), rtol=1e-4, atol=1e-6)


def test_blocks_send_their_lowest_scores_only(net, digits):
    X, _ = digits
    scores = reader(net).read_scores(in_blocks(X), "X")
    lowest = reader(net).read_lowest_scores(in_blocks(X), 5, "X")
    sent = np.isfinite(lowest)
    assert sent.sum() == 20  # of 4 blocks
    np.testing.assert_array_equal(lowest[sent], scores[sent])
    order = np.argsort(scores)[:5]
    np.testing.assert_array_equal(np.argsort(lowest)[:5], order)
    np.testing.assert_array_equal(reader(net).read_lowest_scores(in_blocks(X), 240, "X"), scores)


def test_equal_scores_are_sent_too(net, digits):
    X = np.repeat(digits[0][:1], 240, axis=0)
    assert np.isfinite(reader(net).read_lowest_scores(in_blocks(X), 5, "X")).sum() > 20


def test_blocks_do_not_cut_the_batches_that_scores_depend_on(digits):
    X, _ = digits
    net = train("published", *digits)
    expected = reader(net).read_scores(Pool(X), "X")
    np.testing.assert_array_equal(reader(net).read_scores(in_blocks(X), "X"), expected)


class Dropping(DenseVAE):
    """Draws numbers in training mode."""

    def encode(self, x):
        return super().encode(nn.functional.dropout(x, training=self.training))


def test_scores_in_training_mode_are_repeatable(digits):
    net = train("published", *digits, vae=Dropping)
    pool = Pool(digits[0])
    first = reader(net, seed=1).read_scores(pool, "X")
    np.testing.assert_array_equal(reader(net, seed=1).read_scores(pool, "X"), first)
    assert not np.array_equal(reader(net, seed=2).read_scores(pool, "X"), first)


def test_the_row_of_a_score_that_is_not_finite_counts_in_the_whole(net, digits):
    X = digits[0].copy()
    X[200] = 3e38
    message = r"pool\[200\] has the score .*StandardScaler"
    with pytest.raises(ValueError, match=message):
        reader(net).read_scores(in_blocks(X), "pool")
    with pytest.raises(ValueError, match=message):
        reader(net).read_lowest_scores(in_blocks(X), 3, "pool")
    scores = np.float32([1, np.nan])
    with pytest.raises(ValueError, match=r"X\[9\] has the score nan"):
        check_finite(scores, "X", np.array([4, 9]))
    assert check_finite(scores[:1], "X").tolist() == [1.0]
