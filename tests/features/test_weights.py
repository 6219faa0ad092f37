"""Weights in files, those of strangers too."""

from __future__ import annotations

import os
import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from skvaal._features.weights import fit_in, hash_weights, read_weights


def network(n=4, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(3, n), nn.BatchNorm1d(n))


@pytest.fixture
def weights():
    return network(seed=1).state_dict()


def save_torch(weights, path):
    torch.save(weights, path)


def save_legacy(weights, path):
    torch.save(weights, path, _use_new_zipfile_serialization=False)


@pytest.mark.parametrize("save", [save_torch, save_legacy, save_file])
def test_both_formats(save, weights, tmp_path):
    save(weights, tmp_path / "file")
    module = network()
    fit_in(module, read_weights(tmp_path / "file"), "file")
    assert hash_weights(module) == hash_weights(network(seed=1))


@pytest.mark.parametrize("place", ["state_dict", "model", "model_state_dict", "state_dict_ema"])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod."])
def test_what_training_scripts_write(place, prefix, weights, tmp_path):
    held = {prefix + name: value for name, value in weights.items()}
    torch.save({"epoch": 3, place: held}, tmp_path / "file")
    read = read_weights(tmp_path / "file")
    assert set(read) == set(weights)


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("save", [torch.save, lambda x, path: path.write_bytes(pickle.dumps(x))])
def test_nothing_in_a_file_is_run(save, weights, tmp_path):
    save({**weights, "trap": Trap(str(tmp_path / "ran"))}, tmp_path / "file")
    with pytest.raises(
        ValueError, match=r"file' cannot be read .*state_dict\(\), path\)"
    ) as raised:
        read_weights(tmp_path / "file")
    assert not (tmp_path / "ran").exists()
    assert "weights_only" not in str(raised.value)


@pytest.mark.parametrize("save", [save_torch, save_file])
def test_a_file_that_was_cut_off_or_flipped_is_named(save, weights, tmp_path):
    path = tmp_path / "file"
    save(weights, path)
    content = path.read_bytes()
    for n in range(0, len(content) - 1, len(content) // 25):
        path.write_bytes(content[:n])
        with pytest.raises(ValueError, match="file"):
            read_weights(path)
        path.write_bytes(content[:n] + bytes([content[n] ^ 255]) + content[n + 1 :])
        try:
            read_weights(path)
        except ValueError as error:
            assert "file" in str(error)  # noqa: PT017, others are read


@pytest.mark.parametrize(
    "held", [torch.zeros(3), {"a": 1}, {}, [torch.zeros(1)], {1: torch.zeros(1)}], ids=repr
)
def test_what_holds_no_weights_by_name(held, tmp_path):
    torch.save(held, tmp_path / "file")
    with pytest.raises(ValueError, match="file' holds no weights by name"):
        read_weights(tmp_path / "file")


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileNotFoundError, match="no such file: .*none"):
        read_weights(tmp_path / "none")
    with pytest.raises(IsADirectoryError):
        read_weights(tmp_path)
    with pytest.raises(OSError, match="no regular file"):
        read_weights(tmp_path / "pipe")


def test_safetensors_that_is_missing(weights, tmp_path, monkeypatch):
    save_file(weights, tmp_path / "file")
    monkeypatch.setitem(__import__("sys").modules, "safetensors.torch", None)
    with pytest.raises(ImportError, match=r"pip install 'skvaal\[features\]'"):
        read_weights(tmp_path / "file")


def test_weights_of_another_network(weights):
    with pytest.raises(ValueError, match=r"it holds 0.weight \(4, 3\) in the place of \(5, 3\)"):
        fit_in(network(5), weights, "w.pt")
    with pytest.raises(ValueError, match=r"it lacks weight, bias; it also holds 0.weight.* more"):
        fit_in(nn.Linear(3, 4), weights, "w.pt")
    before = hash_weights(module := network())
    with pytest.raises(ValueError, match=r"it lacks 1\.bias\. Pass the model"):
        fit_in(module, {k: v for k, v in weights.items() if k != "1.bias"}, "w.pt")
    assert hash_weights(module) == before


def test_layers_of_the_classifier_may_be_left(weights):
    more = {**weights, "head.weight": torch.zeros(2), "header": torch.zeros(2)}
    with pytest.raises(ValueError, match="it also holds header"):
        fit_in(network(), more, "w.pt", ["head"])
    del more["header"]
    fit_in(network(), more, "w.pt", ["head"])


def test_an_old_file_lacks_counts_of_batches(weights):
    del weights["1.num_batches_tracked"]
    fit_in(network(), weights, "w.pt")


def test_the_hash_knows_names_values_shapes_and_types():
    module = nn.Linear(2, 2)
    hashes = [hash_weights(module)]
    with torch.no_grad():
        module.bias[0] += 1
        hashes.append(hash_weights(module))
    hashes.append(hash_weights(nn.Sequential(module)))
    hashes.append(hash_weights(module.double()))
    assert len(set(hashes)) == 4
    assert hash_weights(nn.ReLU()) == hash_weights(nn.Tanh())
