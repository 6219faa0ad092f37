"""Pools in dask arrays: the same answers, computed where the blocks are."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier
from torch import nn

from skvaal import ActiveLearningClassifier, ArbitraryChoiceWarning, VAALQuery, VAALQueryStrategy
from skvaal._pool.dask import DaskSource

from .conftest import QUICK, SMALL

da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

IMAGES = {**QUICK, "vae__width": 2}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Two worker processes of two threads each."""
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=2,
            dashboard_address=":0",
            local_directory=tmp_path_factory.mktemp("dask"),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def pools(digits):
    X, _ = digits
    return X[:40], X[40:]


def in_blocks(X, rows=60):
    # Cut along all axes.
    return da.from_array(X, chunks=(rows, *[max(1, size // 2) for size in X.shape[1:]]))


class Linear(nn.Module):
    def __init__(self, input_shape, latent_dim=3):
        super().__init__()
        self.encoder = nn.Linear(input_shape[0], 2 * latent_dim)
        self.decoder = nn.Linear(latent_dim, input_shape[0])

    def encode(self, x):
        return self.encoder(x).chunk(2, dim=1)

    def decode(self, z):
        return self.decoder(z)


# The same as in memory ---------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::skvaal.UnusedParameterWarning")
@pytest.mark.parametrize(
    "params",
    [
        {"rule": "topk"},
        {"rule": "k_center"},
        {"rule": "k_center", "rule__candidates_factor": 1.5},
        {"rule": "herding"},
        {"rule": "herding", "net": "published"},
        {"rule": "herding", "net": "pseudo_label"},
        {"rule": "herding", "vae": Linear},
        {"rule": "herding", "rule__space": "decoded", "rule__score_power": 0},
        {"rule": "k_center", "rule__space": "decoded", "rule__candidates_factor": 1.5},
        {"rule": "herding", "rule__space": "components"},
        {"rule": "herding", "rule__space": "latent"},
        {"rule": "topk", "net": "no_discriminator"},
        {"rule": "topk", "net": "no_vae"},
        {"rule": "topk", "net": "published"},
        {"rule": "topk", "net": "pseudo_label"},
    ],
    ids=str,
)
@pytest.mark.slow
def test_blocks_give_what_memory_gives(params, pools):
    labeled, unlabeled = pools
    proba = np.random.RandomState(0).dirichlet(np.ones(3), 240)
    reads_predictions = params.get("net") == "pseudo_label"
    strategy = VAALQueryStrategy(**{**SMALL, **params})
    probas = {"proba_labeled": proba[:40], "proba_unlabeled": proba[40:]}
    strategy.fit_pools(labeled, unlabeled, **probas if reads_predictions else {})
    of_pool = {"proba": proba[40:]} if reads_predictions else {}
    blocks = in_blocks(unlabeled)

    chosen, scores = strategy.query(unlabeled, 7, return_scores=True, **of_pool)
    same, same_scores = strategy.query(blocks, 7, return_scores=True, **of_pool)

    np.testing.assert_array_equal(same, chosen)
    np.testing.assert_allclose(same_scores, scores, rtol=1e-5)
    np.testing.assert_allclose(
        strategy.score_samples(blocks, **of_pool),
        strategy.score_samples(unlabeled, **of_pool),
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_images_in_blocks(data_format, images):
    X, _ = images
    X = X if data_format == "channels_first" else np.moveaxis(X, 1, -1)
    strategy = VAALQueryStrategy(data_format=data_format, **IMAGES).fit_pools(X[:40], X[40:])
    blocks = in_blocks(X[40:])
    np.testing.assert_allclose(
        strategy.transform(blocks), strategy.transform(X[40:]), rtol=1e-4, atol=1e-5
    )
    assert strategy.score(blocks) == pytest.approx(strategy.score(X[40:]))
    np.testing.assert_array_equal(strategy.query(blocks, 5), strategy.query(X[40:], 5))


def test_fit_reads_blocks_as_it_reads_an_array(digits, pools):
    X, y = digits
    labeled, unlabeled = pools
    of_array = VAALQueryStrategy(**QUICK).fit(X, y)
    for of_blocks in (
        VAALQueryStrategy(**QUICK).fit(in_blocks(X), da.from_array(y, chunks=50)),
        VAALQueryStrategy(**QUICK).fit_pools(in_blocks(labeled), in_blocks(unlabeled)),
    ):
        np.testing.assert_allclose(
            of_blocks.score_samples(X), of_array.score_samples(X), rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize("uncertainty", [None, "auto"])
def test_query_of_a_learner(uncertainty, pools):
    labeled, unlabeled = pools
    learner = Learner(labeled)
    query = VAALQuery(random_state=0, uncertainty=uncertainty, max_epochs=3)
    expected, _ = query(learner, unlabeled, n_instances=6)
    chosen, _ = query(learner, in_blocks(unlabeled), n_instances=6)
    np.testing.assert_array_equal(chosen, expected)


class Learner:
    def __init__(self, X_training):
        self.X_training = X_training

    def predict_proba(self, X):
        X = np.asarray(X)
        return np.column_stack([X[:, 20], 1 - X[:, 20]])


def test_query_reads_each_block_once(pools):
    labeled, unlabeled = pools
    read = []

    def noted(block, block_info=None):
        read.append(block_info[0]["chunk-location"][0])
        return block

    strategy = VAALQueryStrategy(**QUICK).fit_pools(labeled, unlabeled)
    blocks = da.from_array(unlabeled, chunks=(60, 64)).map_blocks(noted, dtype=np.float32)
    read.clear()
    strategy.query(blocks, 5)
    assert sorted(read) == [0, 1, 2, 3]


@pytest.mark.parametrize(("rule", "n_read"), [("topk", 7), ("k_center", 14), ("cluster", 14)])
def test_blocks_send_the_scores_that_are_read_and_no_others(rule, n_read, pools, monkeypatch):
    labeled, unlabeled = pools
    options = {"rule__space": "components", "rule__candidates_factor": 2}
    strategy = VAALQueryStrategy(**SMALL, rule=rule, **{} if rule == "topk" else options)
    strategy.fit_pools(labeled, unlabeled)
    expected = strategy.query(unlabeled, 7)
    sent = []

    def noted(self, function, *arrays, verbose=False):
        results = map_blocks(self, function, *arrays, verbose=verbose)
        sent.extend(len(result[1]) for result in results if isinstance(result, tuple))
        return results

    map_blocks = DaskSource.map_blocks
    monkeypatch.setattr(DaskSource, "map_blocks", noted)
    np.testing.assert_array_equal(strategy.query(in_blocks(unlabeled), 7), expected)
    assert sent == [n_read] * 3 + [min(n_read, 20)]


def test_equal_scores_in_blocks_are_all_sent(pools):
    labeled, unlabeled = pools
    alike = np.tile(unlabeled[:1], (200, 1))
    strategy = VAALQueryStrategy(**QUICK)
    strategy.fit_pools(labeled, unlabeled)
    assert np.ptp(strategy.score_samples(alike)) == 0
    with pytest.warns(ArbitraryChoiceWarning, match="all 200 scores"):
        chosen = strategy.query(in_blocks(alike, rows=100), 20)
    with pytest.warns(ArbitraryChoiceWarning):
        np.testing.assert_array_equal(chosen, strategy.query(alike, 20))
    assert 0 < (chosen < 100).sum() < 20


def test_score_that_is_not_finite_is_named_by_its_row_in_the_whole(pools):
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**QUICK)
    strategy.fit_pools(labeled, unlabeled)
    broken = unlabeled.copy()
    broken[150] = 3e38
    with pytest.raises(ValueError, match=r"X_unlabeled\[150\] has the score .* too large"):
        strategy.query(in_blocks(broken), 5)


def test_empty_blocks_are_left_out(pools):
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**QUICK).fit_pools(labeled, unlabeled)
    blocks = da.from_array(unlabeled, chunks=((100, 0, 100), (64,)))
    np.testing.assert_array_equal(strategy.query(blocks, 5), strategy.query(unlabeled, 5))


def test_what_is_sent_leaves_the_net_as_it_was(pools):
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**QUICK).fit_pools(labeled, unlabeled)
    sent = strategy.net_.for_evaluation()
    with torch.no_grad():
        for parameter in sent.vae_.parameters():
            parameter.zero_()
    before = strategy.score_samples(unlabeled)
    assert not any(name.startswith("optimizer") or name == "history_" for name in vars(sent))
    assert len(strategy.net_.history) == 2
    strategy.set_params(max_epochs=1, warm_start=True).fit_pools(labeled, unlabeled)
    assert not np.array_equal(strategy.score_samples(unlabeled), before)


def test_progress_bar_of_blocks(pools, capsys):
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**QUICK).fit_pools(labeled, unlabeled).set_params(verbose=1)
    strategy.score_samples(in_blocks(unlabeled))
    assert "computing" in capsys.readouterr().err


# Bad input ---------------------------------------------------------------------------------------


def test_unknown_chunk_sizes(pools):
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**QUICK).fit_pools(labeled, unlabeled)
    blocks = da.from_array(unlabeled, chunks=(60, 64))
    unknown = blocks[blocks[:, 0] >= 0]
    for call in (
        lambda: strategy.query(unknown, 5),
        lambda: strategy.score_samples(unknown),
        lambda: VAALQueryStrategy(**QUICK).fit_pools(labeled, unknown),
        lambda: VAALQuery()(Learner(labeled), unknown, 5),
    ):
        with pytest.raises(ValueError, match=r"unknown chunk sizes .*compute_chunk_sizes\(\)"):
            call()
    known = unknown.compute_chunk_sizes()
    np.testing.assert_array_equal(strategy.query(known, 5), strategy.query(unlabeled, 5))


@pytest.mark.parametrize("space", ["decoded", "latent", "components"])
def test_broken_sample_is_named_by_its_row_in_the_whole(space, pools):
    labeled, unlabeled = pools
    params = {**QUICK, "rule": "herding", "rule__space": space}
    strategy = VAALQueryStrategy(**params).fit_pools(labeled, unlabeled)
    broken = unlabeled.copy()
    broken[150, 3] = np.nan
    with pytest.raises(ValueError, match=r"NaN, first at X_unlabeled\[150, 3\]"):
        strategy.query(in_blocks(broken), 5)
    broken[150, 3] = 1e38
    with pytest.raises(ValueError, match=r"X_unlabeled\[150\] (is|has the score .*) too large"):
        strategy.query(in_blocks(broken), 5)


def test_block_of_another_shape_than_was_promised(pools):
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**QUICK).fit_pools(labeled, unlabeled)
    blocks = da.from_array(unlabeled, chunks=(50, 64)).map_blocks(
        lambda block: block[:, :-1], dtype=np.float32
    )
    with pytest.raises(ValueError, match=r"part of X_unlabeled has shape \(50, 63\), .*\(50, 64\)"):
        strategy.query(blocks, 5)


def test_wrong_sample_shape_and_dtype(pools):
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**QUICK).fit_pools(labeled, unlabeled)
    with pytest.raises(ValueError, match="63 features"):
        strategy.query(in_blocks(unlabeled[:, 1:]), 5)
    with pytest.raises(ValueError, match="dtype"):
        strategy.query(in_blocks(unlabeled.astype(str)), 5)


# On a cluster ------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["topk", "k_center", "herding"])
def test_cluster_gives_what_one_process_gives(rule, pools, client):
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**SMALL, rule=rule)
    strategy.fit_pools(labeled, unlabeled)
    blocks = in_blocks(unlabeled, rows=20)
    np.testing.assert_array_equal(strategy.query(blocks, 7), strategy.query(unlabeled, 7))


@pytest.mark.slow
def test_killed_worker_changes_nothing(pools, client, tmp_path):
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**QUICK).fit_pools(labeled, unlabeled)
    expected = strategy.query(unlabeled, 9)
    mark = tmp_path / "killed"

    def kill_once(block, block_info=None):
        if block_info[0]["chunk-location"][0] == 4 and not mark.exists():
            mark.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return block

    blocks = da.from_array(unlabeled, chunks=(20, 64)).map_blocks(kill_once, dtype=np.float32)
    chosen, scores = strategy.query(blocks, 9, return_scores=True)

    assert int(mark.read_text()) != os.getpid()
    np.testing.assert_array_equal(chosen, expected)
    np.testing.assert_allclose(scores, strategy.score_samples(unlabeled)[expected], rtol=1e-5)
    client.wait_for_workers(2, timeout=60)  # dask starts another one


@pytest.mark.slow
def test_model_is_sent_to_each_worker_once(pools, client, tmp_path):
    labeled, unlabeled = pools

    class Signing(Linear):  # local: its class goes with it
        def __setstate__(self, state):
            super().__setstate__(state)
            (tmp_path / f"{os.getpid()}-{id(self)}").touch()

    strategy = VAALQueryStrategy(vae=Signing, **QUICK).fit_pools(labeled, unlabeled)
    list(map(Path.unlink, tmp_path.iterdir()))  # of copies made here
    sent = strategy.score_samples(in_blocks(unlabeled, rows=10))
    processes = [path.name.partition("-")[0] for path in tmp_path.iterdir()]
    workers = [process for process in processes if process != str(os.getpid())]
    assert 1 <= len(workers) <= 2  # for 20 blocks
    assert len(set(workers)) == len(workers)
    np.testing.assert_allclose(sent, strategy.score_samples(unlabeled), rtol=1e-5)


@pytest.mark.slow
def test_progress_bar_on_a_cluster(pools, client, capsys):
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**QUICK).fit_pools(labeled, unlabeled).set_params(verbose=1)
    scores = strategy.score_samples(in_blocks(unlabeled, rows=20))
    assert "/10 [" in capsys.readouterr().err
    np.testing.assert_allclose(scores, strategy.score_samples(unlabeled), rtol=1e-5)


NO_TORCH = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, Absent())
"""


@pytest.mark.slow
def test_worker_without_torch(pools, tmp_path):
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**QUICK).fit_pools(labeled, unlabeled)
    blocks = in_blocks(unlabeled)
    (tmp_path / "no_torch.py").write_text(NO_TORCH)
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            dashboard_address=":0",
            local_directory=tmp_path,
            preload=str(tmp_path / "no_torch.py"),
        ) as cluster,
        distributed.Client(cluster),
        pytest.raises(ImportError, match="a worker of the cluster cannot import 'torch'"),
    ):
        strategy.query(blocks, 5)


@pytest.mark.slow
def test_grid_searches_on_a_cluster(digits, client):
    X, _ = digits
    y = np.arange(240) % 3
    strategy = VAALQueryStrategy(**QUICK)
    learner = ActiveLearningClassifier(
        DecisionTreeClassifier(random_state=0),
        strategy,
        initial_size=20,
        batch_size=10,
        n_rounds=2,
        random_state=0,
    )
    searches = [
        (strategy, {"vae__latent_dim": [2, 3]}, None),
        (learner, {"query_strategy__rule": ["topk", "k_center"]}, y),
    ]
    for estimator, grid, target in searches:
        here = GridSearchCV(estimator, grid, cv=2).fit(X, target)
        with parallel_config(backend="dask"):
            there = GridSearchCV(estimator, grid, cv=2, n_jobs=2).fit(X, target)
        np.testing.assert_allclose(
            there.cv_results_["mean_test_score"], here.cv_results_["mean_test_score"], rtol=1e-4
        )
