"""The speed benchmark measures what it says; how fast that is, no test asks."""

from __future__ import annotations

import json
from functools import partial

import against_published
import numpy as np
import pytest
import scaling
import speed
import timing
import torch
from published import PublishedVAAL

from skvaal import ConvVAE, LatentDiscriminator


def test_bare_epoch_trains_both_modules():
    torch.manual_seed(0)
    modules = ConvVAE((1, 8, 8), width=2, latent_dim=2), LatentDiscriminator(2, hidden=(4,))
    optimizers = tuple(torch.optim.Adam(m.parameters()) for m in modules)
    before = [[p.clone() for p in m.parameters()] for m in modules]
    speed.bare_epoch(torch.rand(4, 1, 8, 8), torch.rand(9, 1, 8, 8), modules, optimizers, 4)
    for module, old in zip(modules, before, strict=True):
        assert any(not torch.equal(p, q) for p, q in zip(module.parameters(), old, strict=True))


def test_overhead_is_the_median_ratio_of_interleaved_epochs(monkeypatch):
    seconds = iter([9.0, 9.0, 1.0, 2.0, 3.0, 2.0, 1.0, 4.0])
    monkeypatch.setattr(timing, "timed", lambda function, device: next(seconds))
    X = np.zeros((8, 1, 8, 8), np.uint8)
    result = speed.measure_overhead(X[:4], X, batch_size=4, repeats=3, device="cpu")
    # bare first in odd repeats, fit first in even ones; the first pair is not counted
    assert result["bare_seconds"] == [1, 2, 1]
    assert result["fit_seconds"] == [2, 3, 4]
    assert result["fit_over_bare"] == 2
    assert result["iterations"] == 2


@pytest.mark.slow
def test_the_command_writes_a_file(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(speed, "in_child", lambda function, *args: function(*args))
    monkeypatch.setattr("skvaal._vaal.fitting.AUTO_ITERATIONS", 2)
    small = partial(scaling.measure, varied={"image_size": (8,)}, n_images=8, width=2, repeats=1)
    monkeypatch.setattr(scaling, "measure", small)
    arguments = (
        "--data noise --pool-size 128 --labeled 10 --repeats 1 --width 2 --published-batch 8 --out"
    )
    assert speed.main([*arguments.split(), str(tmp_path)]) == 0
    result = json.loads((tmp_path / "speed_cpu.json").read_text())
    assert result["plain_query"]["iterations"] == 2
    assert result["vaal_query"]["iterations"] == 2
    assert result["herding_query"]["iterations"] == 0
    for name in speed.QUERIES:
        assert result[name]["query_seconds"] > 0
        assert result[name]["peak_memory_gb"] > 0.05
    assert result["overhead"]["fit_over_bare"] > 0
    against = result["against_published"]
    assert set(against["ratios"]) == {"iteration", "scoring"}
    assert min(against["ratios"].values()) > 0
    printed = capsys.readouterr().out
    assert "epoch of fit over bare loop" in printed
    assert "of the matrix product's FLOP/s" in printed
    assert [row["image_size"] for row in result["scaling"]] == [8]
    assert "trained_per_second" in printed


@pytest.mark.slow
def test_queries_are_timed_of_images_and_of_features(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(speed, "in_child", lambda function, *args: function(*args))
    monkeypatch.setattr("skvaal._vaal.fitting.AUTO_ITERATIONS", 2)
    arguments = "--part queries --data noise --pool-size 128 --labeled 10 --repeats 2 --out"
    assert speed.main([*arguments.split(), str(tmp_path)]) == 0
    result = json.loads((tmp_path / "queries_cpu.json").read_text())
    for kind in ("images", "features"):
        assert set(result[kind]) == set(speed.QUERIES)
        for of_query in result[kind].values():
            assert len(of_query["seconds"]) == 2
            assert min(of_query["seconds"]) <= of_query["median"] <= max(of_query["seconds"])
        assert result[kind]["vaal_query"]["iterations"] == 2
        assert result[kind]["herding_query"]["iterations"] == 0
    assert "vaal_query, features" in capsys.readouterr().out


@pytest.mark.slow
def test_scaling_varies_one_thing_at_a_time(monkeypatch):
    seconds = iter([9.0] * 10 + [0.5, 0.1] * 5)  # the first round is not counted
    monkeypatch.setattr(scaling, "timed", lambda function, device: (function(), next(seconds))[1])
    varied = {"batch_size": (16, 64), "latent_dim": (2, 32), "image_size": (16, 32, 8)}
    rows = scaling.measure(varied=varied, n_images=20, width=2, repeats=1, device="cpu")
    settings = [(row["batch_size"], row["latent_dim"], row["image_size"]) for row in rows]
    assert settings == [(16, 32, 32), (64, 32, 32), (64, 2, 32), (64, 32, 16), (64, 32, 8)]
    # A pool smaller than a batch is a batch.
    assert [row["trained_per_second"] for row in rows] == [128, 80, 80, 80, 80]
    assert {row["scored_per_second"] for row in rows} == {200}


def test_the_published_schedule_trains_and_scores():
    torch.manual_seed(0)
    X = np.random.RandomState(0).randint(0, 256, (40, 3, 32, 32)).astype(np.uint8)
    published = PublishedVAAL(X[:20], X[20:], batch_size=10, width=2)
    modules = published.vae, published.discriminator
    before = [[p.clone() for p in m.parameters()] for m in modules]
    published.iteration()
    for module, old in zip(modules, before, strict=True):
        assert any(not torch.equal(p, q) for p, q in zip(module.parameters(), old, strict=True))
    assert published.scores(X).shape == (40,)


def test_flops_are_those_of_the_layers():
    flops = against_published._flops(width=4, batch_size=3, n_scored=5)
    sides, channels = (16, 8, 4, 2), (3, 4, 8, 16, 32)
    layers = zip(sides, channels[:-1], channels[1:], strict=True)
    convolutions = sum(2 * side**2 * 16 * a * b for side, a, b in layers)
    heads = 2 * 2 * (32 * 2 * 2) * 32
    assert flops["scoring"] == 5 * (convolutions + heads)
    # 12 images, forward and backward, and a decoder that computes more than the encoder
    assert flops["iteration"] > 12 * 2 * 2 * (convolutions + heads)
