"""save and load: the same strategy back, and clear errors where that cannot be."""

from __future__ import annotations

import json
import os
import pickle
import resource

import joblib
import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch
from skorch.callbacks import LRScheduler
from torch import nn

from skvaal import (
    ConvVAE,
    DenseVAE,
    Herding,
    HerdingQueryStrategy,
    ModelFileError,
    VAALNet,
    VAALQueryStrategy,
)

from . import crafted_files, saved_models
from .conftest import SMALL


class OwnVAE(DenseVAE):
    """Not skvaal's, so that no file can name it."""


@pytest.fixture
def fitted(digits, quick):
    return VAALQueryStrategy(**quick).fit(*digits)


@pytest.fixture
def path(tmp_path, fitted):
    fitted.save(tmp_path / "strategy.safetensors")
    return tmp_path / "strategy.safetensors"


def rewrite(path, tensors=None, **metadata):
    """Write the file again with other tensors or metadata."""
    with safetensors.safe_open(path, "pt") as file:
        old = file.metadata()
    tensors = safetensors.torch.load_file(path) if tensors is None else tensors
    safetensors.torch.save_file(tensors, path, {**old, **metadata})


def test_loaded_strategy_is_the_saved_one(path, fitted, digits):
    X, _ = digits
    loaded = VAALQueryStrategy.load(path)
    assert loaded.get_params() == fitted.get_params()
    for method in ("score_samples", "transform"):
        np.testing.assert_array_equal(getattr(loaded, method)(X), getattr(fitted, method)(X))
    np.testing.assert_array_equal(loaded.query(X, 9), fitted.query(X, 9))
    assert loaded.score(X) == fitted.score(X)
    assert (loaded.n_labeled_, loaded.n_unlabeled_, loaded.n_iter_) == (40, 200, 2)


@pytest.mark.parametrize(
    "params",
    [
        {"likelihood": "bernoulli", "missing_label": float("nan")},
        {"optimizer_vae": torch.optim.SGD, "optimizer_vae__lr": 1e-3, "beta": np.float32(2)},
        {"device": torch.device("cpu"), "vae": DenseVAE, "vae__hidden": (7, 5)},
        {"random_state": np.random.RandomState(0), "callbacks": []},
        {"random_state": True},
    ],
)
def test_parameters_come_back(digits, quick, tmp_path, params):
    X, y = digits
    y = y.astype(float)
    y[y == -1] = params.get("missing_label", -1)
    saved = VAALQueryStrategy(**{**quick, **params}).fit(X, y)
    saved.save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    np.testing.assert_array_equal(loaded.score_samples(X), saved.score_samples(X))
    assert loaded.optimizer_vae is saved.optimizer_vae
    assert torch.device(loaded.device) == torch.device(saved.device)
    assert isinstance(loaded.random_state, int | None)


def test_images_and_column_names_come_back(images, digits, quick, tmp_path):
    X, y = images
    saved = VAALQueryStrategy(**quick, vae__width=2).fit(X, y)
    saved.save(tmp_path / "images")
    loaded = VAALQueryStrategy.load(tmp_path / "images")
    np.testing.assert_array_equal(loaded.query(X, 5), saved.query(X, 5))
    frame = pd.DataFrame(digits[0]).add_prefix("pixel")
    VAALQueryStrategy(**quick).fit(frame, digits[1]).save(tmp_path / "frame")
    loaded = VAALQueryStrategy.load(tmp_path / "frame")
    assert list(loaded.feature_names_in_) == list(frame.columns)
    loaded.query(frame)
    with pytest.raises(ValueError, match="feature names"):
        loaded.query(frame.iloc[:, ::-1])


def test_loading_leaves_torchs_generator_alone(path):
    before = torch.get_rng_state()
    VAALQueryStrategy.load(path)
    assert torch.equal(torch.get_rng_state(), before)


def test_training_can_go_on_after_loading(path, digits):
    loaded = VAALQueryStrategy.load(path, warm_start=True)
    weights = loaded.net_.vae_.fc_mu.weight.detach().clone()
    loaded.fit(*digits)
    assert not torch.equal(loaded.net_.vae_.fc_mu.weight, weights)


def test_class_of_a_user_must_be_passed(digits, quick, tmp_path):
    X, y = digits
    saved = VAALQueryStrategy(**quick, vae=OwnVAE).fit(X, y)
    saved.save(tmp_path / "own")
    with pytest.raises(ModelFileError, match=r"vae of your own \(class OwnVAE\).*load\(path, vae="):
        VAALQueryStrategy.load(tmp_path / "own")
    loaded = VAALQueryStrategy.load(tmp_path / "own", vae=OwnVAE)
    np.testing.assert_array_equal(loaded.score_samples(X), saved.score_samples(X))


def test_file_holds_no_pickle(path):
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    strategy = json.loads(header["__metadata__"]["values"])
    assert strategy["params"]["optimizer_vae"] == {"class": ["torch.optim", "Adam"]}
    assert strategy["fitted"]["n_labeled_"] == 40


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "text"])
def test_damaged_file(path, damage):
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[-10] ^= 0xFF
    damaged = {"cut": content[:-100], "flip": content, "empty": b"", "text": b"hello" * 50}[damage]
    path.write_bytes(bytes(damaged))
    with pytest.raises(ModelFileError, match="damaged"):
        VAALQueryStrategy.load(path)


def test_damaged_header(path):
    rewrite(path, values="{}")
    with pytest.raises(ModelFileError, match="does not match its checksum"):
        VAALQueryStrategy.load(path)


def test_other_format_version(path):
    rewrite(path, format_version="99", skvaal_version="7.0")
    with pytest.raises(ModelFileError, match=r"format version 99, written by skvaal 7\.0"):
        VAALQueryStrategy.load(path)


def test_file_of_another_program(tmp_path):
    safetensors.torch.save_file({"x": torch.zeros(2)}, tmp_path / "other")
    with pytest.raises(ModelFileError, match="was not written by VAALQueryStrategy"):
        VAALQueryStrategy.load(tmp_path / "other")


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"vae__latent_dim": 9}, r"not the weights of vae: .* shape \(3, 128\) must .* \(9, 128\)"),
        ({"vae__latent_dim": 10**6}, "not the weights of vae"),
        ({"vae__hidden": (8,)}, "not the weights of vae"),
        ({"vae__linear_path": False}, "not the weights of vae: .*linear_path.* unknown"),
        ({"discriminator__hidden": (16, 16)}, "not the weights of discriminator"),
        ({"vae": ConvVAE}, "vae=ConvVAE"),
        ({"net": "no_vae"}, "it holds a VAALNet, not a NoVAENet"),
        ({"net": "no_discriminator"}, "it holds a VAALNet, not a NoDiscriminatorNet"),
        ({"net": "pseudo_label"}, "it holds a VAALNet, not a PseudoLabelNet"),
        ({"net": "none"}, "net"),
        ({"likelihood": "bernoulli"}, "trained with likelihood='gaussian', not 'bernoulli'"),
        ({"rule": "herding"}, "rule=Herding.* were not kept: set the rule before fit"),
        ({"rule": "nothing"}, "rule"),
        ({"rule__nothing": 3}, "'rule__nothing'"),
        ({"beta": "x"}, "beta"),
        ({"batch_size": 0}, "batch_size"),
        ({"vae__hiddn": (3,)}, "did you mean 'vae__hidden'"),
        ({"nothing": 3}, "unknown parameter 'nothing'"),
        ({"device": "nowhere"}, "device='nowhere'"),
    ],
    ids=str,
)
def test_parameters_that_the_file_does_not_fit(path, params, reason):
    with pytest.raises(ModelFileError, match=f"{path} cannot be loaded: .*{reason}"):
        VAALQueryStrategy.load(path, **params)


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"bandwidth": 0}, "bandwidth"),
        ({"nothing": 3}, "nothing"),
        ({"net": "no_vae"}, "net"),
        ({"n_components": 2}, "n_components=2"),
    ],
    ids=str,
)
def test_parameters_that_the_file_of_herding_does_not_fit(digits, tmp_path, params, reason):
    path = tmp_path / "file"
    HerdingQueryStrategy(n_components=3).fit(*digits).save(path)
    with pytest.raises(ModelFileError, match=f"{path} cannot be loaded: .*{reason}"):
        HerdingQueryStrategy.load(path, **params)


def test_damage_anywhere_is_found(path):
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    length = 8 + int.from_bytes(content[:8], "little")
    for position in rng.integers(8, length, 60):
        damaged = bytearray(content)
        damaged[position] ^= int(rng.integers(1, 128))
        path.write_bytes(bytes(damaged))
        try:
            loaded = VAALQueryStrategy.load(path)
        except ModelFileError:
            continue
        # What is left: the note of the release that wrote the file, which nothing is read from.
        path.write_bytes(content)
        assert loaded.get_params() == VAALQueryStrategy.load(path).get_params()


def test_tied_weights(digits, quick, tmp_path):
    class Tied(DenseVAE):
        def __init__(self, input_shape, latent_dim=3):
            super().__init__(input_shape, latent_dim=latent_dim)
            self.alias = self.fc_mu

    X, y = digits
    saved = VAALQueryStrategy(**quick, vae=Tied).fit(X, y)
    saved.save(tmp_path / "tied")
    loaded = VAALQueryStrategy.load(tmp_path / "tied", vae=Tied)
    np.testing.assert_array_equal(loaded.score_samples(X), saved.score_samples(X))


def test_numpy_values_in_parameters(digits, quick, tmp_path):
    quick["random_state"] = np.int64(3)
    VAALQueryStrategy(**quick, vae__hidden=[np.int64(8)]).fit(*digits).save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    assert loaded.random_state == 3
    assert loaded.get_params()["vae__hidden"] == [8]


def test_epochs_add_up_after_loading(path, digits):
    assert VAALQueryStrategy.load(path, warm_start=True).fit(*digits).n_iter_ == 4


def test_missing_folder(fitted, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        fitted.save(tmp_path / "none" / "file")


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        VAALQueryStrategy.load(tmp_path / "none")


def test_unfitted_strategy_cannot_be_saved(tmp_path):
    with pytest.raises(ValueError, match="not fitted"):
        VAALQueryStrategy().save(tmp_path / "file")


def test_module_instance_is_not_written_as_a_parameter(digits, quick, tmp_path):
    X, y = digits
    quick.pop("vae__latent_dim")
    vae: nn.Module = DenseVAE((64,), latent_dim=2)
    saved = VAALQueryStrategy(**quick, vae=vae).fit(X, y)
    saved.save(tmp_path / "instance")
    with pytest.raises(ModelFileError, match="vae of your own"):
        VAALQueryStrategy.load(tmp_path / "instance")
    loaded = VAALQueryStrategy.load(tmp_path / "instance", vae=DenseVAE((64,), latent_dim=2))
    np.testing.assert_array_equal(loaded.score_samples(X), saved.score_samples(X))


def test_a_net_of_your_own_must_be_passed(digits, quick, tmp_path):
    class Shifted(VAALNet):
        def __init__(self, *args, shift=0.0, **kwargs):
            super().__init__(*args, **kwargs)
            self.shift = shift

        def logits(self, mu, extra=None, discriminator=None):
            return super().logits(mu, extra, discriminator) + self.shift

    X, y = digits
    saved = VAALQueryStrategy(**quick, net=Shifted, net__shift=2.0).fit(X, y)
    saved.save(tmp_path / "own")
    with pytest.raises(ModelFileError, match=r"net of your own .*Shifted.*load\(path, net="):
        VAALQueryStrategy.load(tmp_path / "own")
    loaded = VAALQueryStrategy.load(tmp_path / "own", net=Shifted)
    assert loaded.net_.shift == 2
    np.testing.assert_array_equal(loaded.score_samples(X), saved.score_samples(X))


@pytest.mark.parametrize("device", ["cpu", torch.device("cpu")])
def test_a_device_is_saved(digits, quick, tmp_path, device):
    saved = VAALQueryStrategy(**{**quick, "device": device}).fit(*digits)
    saved.save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    assert loaded.device == "cpu"
    np.testing.assert_array_equal(loaded.transform(digits[0]), saved.transform(digits[0]))


# What was set after fit


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"max_epochs": "x"}, "max_epochs"),
        ({"rule": "kcenter"}, "'rule' parameter .* Got 'kcenter'"),
        ({"rule": "herding"}, "rule=Herding.* were not kept: set the rule before fit"),
        ({"rule__nothing": 3}, "'rule__nothing'"),
        ({"vae__hiddn": (3,)}, "did you mean 'vae__hidden'"),
        ({"vae__hidden": (3,)}, "vae__hidden was set after fit"),
        ({"vae": ConvVAE}, "vae was set after fit"),
        ({"vae": OwnVAE}, "vae was set after fit"),
        ({"discriminator": DenseVAE}, "discriminator was set after fit"),
        ({"net": "no_vae"}, "net was set after fit"),
        ({"likelihood": "bernoulli"}, "likelihood was set after fit"),
        ({"device": "nowhere"}, "device='nowhere'"),
        ({"random_state": -1}, "random_state"),
        ({"nothing": 3}, "nothing"),
        ({"n_vae_steps": 0}, "n_vae_steps"),
        ({"data_format": "sideways"}, "data_format"),
        ({"verbose": "much"}, "verbose"),
    ],
    ids=str,
)
def test_what_no_file_could_give_back_is_refused(path, params, reason, tmp_path):
    strategy = VAALQueryStrategy.load(path)
    with pytest.raises((ValueError, TypeError), match=reason):
        strategy.set_params(**params).save(tmp_path / "changed")
    assert not (tmp_path / "changed").exists()


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"n_components": 2}, "n_components=2 was set after fit, which kept 3"),
        ({"n_components": 2.5}, "n_components"),
        ({"bandwidth": 0}, "bandwidth"),
        ({"uncertainty": "guess"}, "uncertainty"),
        ({"data_format": None}, "data_format"),
        ({"random_state": 2**32}, "random_state"),
        ({"verbose": -1}, "verbose"),
    ],
    ids=str,
)
def test_what_no_file_of_herding_could_give_back_is_refused(digits, tmp_path, params, reason):
    strategy = HerdingQueryStrategy(n_components=3).fit(*digits).set_params(**params)
    with pytest.raises(ValueError, match=reason):
        strategy.save(tmp_path / "file")
    assert not (tmp_path / "file").exists()


def test_what_changes_no_network_may_be_set_after_fit(path, digits, tmp_path):
    strategy = VAALQueryStrategy.load(path).set_params(
        max_epochs=7, verbose=0, random_state=5, vae__latent_dim=np.int64(3), rule="stochastic"
    )
    strategy.save(tmp_path / "changed")
    assert VAALQueryStrategy.load(tmp_path / "changed").max_epochs == 7
    herding = HerdingQueryStrategy(n_components=3).fit(*digits).set_params(n_components=50)
    herding.save(tmp_path / "herding")
    assert HerdingQueryStrategy.load(tmp_path / "herding").n_components == 50


def test_arrays_among_the_parameters(digits, quick, tmp_path):
    X, y = digits
    saved = VAALQueryStrategy(**quick, vae__hidden=np.array([7, 8])).fit(X, y)
    saved.save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    np.testing.assert_array_equal(loaded.score_samples(X), saved.score_samples(X))
    with pytest.raises(ValueError, match="vae__hidden was set after fit"):
        saved.set_params(vae__hidden=np.array([7, 9])).save(tmp_path / "changed")


def test_a_default_type_of_torch_changes_no_loaded_net(path, fitted, digits):
    expected = fitted.score_samples(digits[0])
    torch.set_default_dtype(torch.float64)
    try:
        loaded = VAALQueryStrategy.load(path)
        assert loaded.net_.vae_.fc_mu.weight.dtype == torch.float32
    finally:
        torch.set_default_dtype(torch.float32)
    np.testing.assert_array_equal(loaded.score_samples(digits[0]), expected)


# What was learned for the choice


@pytest.fixture(params=["vaal", "vaal in the decoded space", "herding"])
def strategy(request):
    """Unfitted strategies that keep coordinates of the labelled samples."""
    return {
        "vaal": VAALQueryStrategy(**SMALL),
        "vaal in the decoded space": VAALQueryStrategy(
            **SMALL, rule=Herding(space="decoded", class_balance=0.5)
        ),
        "herding": HerdingQueryStrategy(
            n_components=5, bandwidth=0.5, class_balance=0.5, random_state=0
        ),
    }[request.param]


@pytest.mark.filterwarnings("ignore::skvaal.UnusedParameterWarning")  # without probabilities
@pytest.mark.parametrize("data", ["digits", "images"])
def test_a_loaded_strategy_chooses_as_it_did(strategy, data, request, tmp_path):
    X, y = request.getfixturevalue(data)
    if data == "images" and isinstance(strategy, VAALQueryStrategy):
        strategy.set_params(vae__width=2)
    proba = np.random.RandomState(0).dirichlet(np.ones(3), len(X))
    strategy.fit(X, y).save(tmp_path / "strategy")
    loaded = type(strategy).load(tmp_path / "strategy")
    assert repr(loaded) == repr(strategy)
    assert (loaded.n_labeled_, loaded.n_unlabeled_) == (40, 200)
    assert loaded.input_shape_ == X.shape[1:]
    np.testing.assert_array_equal(loaded.labeled_coordinates_, strategy.labeled_coordinates_)
    np.testing.assert_array_equal(loaded.transform(X), strategy.transform(X))
    for given in (None, proba):
        chosen = [each.query(X, 6, proba=given, return_scores=True) for each in (loaded, strategy)]
        np.testing.assert_array_equal(*chosen)
    loaded.save(tmp_path / "again")
    again = type(strategy).load(tmp_path / "again")
    np.testing.assert_array_equal(again.query(X, 6), strategy.query(X, 6))


@pytest.mark.filterwarnings("ignore::skvaal.EmptyPoolWarning")
def test_a_strategy_without_labels_is_saved(strategy, digits, tmp_path):
    X, _ = digits
    strategy.fit(X).save(tmp_path / "file")
    loaded = type(strategy).load(tmp_path / "file")
    np.testing.assert_array_equal(loaded.query(X, 5), strategy.query(X, 5))


@pytest.mark.parametrize("name", saved_models.CASES)
def test_loaded_arrays_are_in_memory_of_their_own(name, tmp_path):
    path = tmp_path / "file"
    content = (saved_models.FOLDER / f"{name}.safetensors").read_bytes()
    path.write_bytes(content)
    loaded = type(saved_models.CASES[name].make()).load(path)
    expected = saved_models.choose(name, loaded)
    with path.open("r+b") as file:  # the same file, as a copy of another model over it
        file.write(b"\xff" * len(content))
        file.flush()
        assert saved_models.choose(name, loaded) == expected
        file.truncate(0)
    assert saved_models.choose(name, loaded) == expected
    for array in (value for key, value in vars(loaded).items() if isinstance(value, np.ndarray)):
        assert array.flags.owndata
        assert array.flags.writeable


def test_a_rule_is_saved_with_its_parameters(digits, tmp_path):
    X, y = digits
    strategy = VAALQueryStrategy(**SMALL, rule=Herding(bandwidth=0.25), rule__score_power=2)
    strategy.fit(X, y).save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    assert repr(loaded.rule) == "Herding(bandwidth=0.25)"
    assert loaded.get_params()["rule__score_power"] == 2
    np.testing.assert_array_equal(loaded.query(X, 5), strategy.query(X, 5))


def test_a_file_of_the_other_strategy(path, digits, tmp_path):
    with pytest.raises(ModelFileError, match="not a HerdingQueryStrategy; load it with VAALQuery"):
        HerdingQueryStrategy.load(path)
    HerdingQueryStrategy().fit(*digits).save(tmp_path / "other")
    with pytest.raises(ModelFileError, match="not a VAALQueryStrategy; load it with HerdingQuery"):
        VAALQueryStrategy.load(tmp_path / "other")


def test_no_parameter_of_herding_is_lost(digits, tmp_path):
    saved = HerdingQueryStrategy(
        n_components=np.int64(3), uncertainty="entropy", missing_label=np.nan, random_state=4
    )
    X, y = digits
    saved.fit(X, np.where(y == -1, np.nan, y)).save(tmp_path / "file")
    loaded = HerdingQueryStrategy.load(tmp_path / "file", verbose=1)
    assert (loaded.n_components, loaded.uncertainty, loaded.random_state) == (3, "entropy", 4)
    assert np.isnan(loaded.missing_label)
    assert loaded.verbose == 1


def test_seconds_of_a_loaded_strategy_are_those_of_its_choices(path, digits):
    loaded = VAALQueryStrategy.load(path)
    loaded.query(digits[0], 3)
    assert set(loaded.seconds_) == {"choose"}


@pytest.mark.parametrize("path", ["none", "pipe", "folder", "file/below"])
def test_what_is_no_file_is_named_and_waited_for_by_nobody(path, fitted, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=path):
        VAALQueryStrategy.load(tmp_path / path)
    if path != "none":
        with pytest.raises(OSError, match=path):
            fitted.save(tmp_path / path)
    for method in (fitted.save, VAALQueryStrategy.load):
        with pytest.raises(TypeError, match="path=3 must be a str or a path"):
            method(3)


# Saving again


@pytest.mark.parametrize("name", ["herding", "task_loss", "vaal_herding_trusting"])
def test_one_strategy_is_always_the_same_bytes(name, tmp_path):
    path = saved_models.FOLDER / f"{name}.safetensors"
    loaded = type(saved_models.CASES[name].make()).load(path)
    for number in range(6):
        loaded.save(tmp_path / str(number))
    found = {each.read_bytes() for each in tmp_path.iterdir()}
    assert len(found) == 1
    if name == "vaal_herding_trusting":  # of this format
        assert found == {path.read_bytes()}


def test_a_full_disk_leaves_the_old_model(fitted, digits, tmp_path):
    path = tmp_path / "strategy"
    HerdingQueryStrategy(n_components=2).fit(*digits).save(path)
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        with pytest.raises(OSError, match=f"cannot be written: .*{path}"):
            fitted.save(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["strategy"]


def test_a_model_is_saved_through_a_link(fitted, digits, tmp_path):
    (tmp_path / "model").touch(mode=0o640)
    (tmp_path / "link").symlink_to("model")
    fitted.save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o640
    np.testing.assert_array_equal(
        VAALQueryStrategy.load(tmp_path / "model").query(digits[0], 5), fitted.query(digits[0], 5)
    )


def test_callbacks_are_left_out_and_may_be_passed(digits, quick, tmp_path):
    callbacks = [("schedule", LRScheduler("StepLR", step_size=1))]
    saved = VAALQueryStrategy(**quick, callbacks=callbacks, callbacks__schedule__step_size=2)
    saved.fit(*digits).save(tmp_path / "file")
    for given in (None, callbacks):
        loaded = VAALQueryStrategy.load(tmp_path / "file", callbacks=given)
        assert loaded.callbacks is given
        assert loaded.get_params()["callbacks__schedule__step_size"] == 2
        np.testing.assert_array_equal(loaded.query(digits[0], 5), saved.query(digits[0], 5))


def test_a_dict_that_json_would_change_must_be_passed(digits, quick, tmp_path):
    class Layered(DenseVAE):
        def __init__(self, input_shape, latent_dim=3, sizes=None):
            super().__init__(input_shape, latent_dim=latent_dim, hidden=(sizes[0], 8))

    saved = VAALQueryStrategy(**quick, vae=Layered, vae__sizes={0: 4}).fit(*digits)
    saved.save(tmp_path / "file")
    with pytest.raises(ModelFileError, match=r"vae__sizes of your own \(dict {0: 4}\)"):
        VAALQueryStrategy.load(tmp_path / "file", vae=Layered)
    loaded = VAALQueryStrategy.load(tmp_path / "file", vae=Layered, vae__sizes={0: 4})
    np.testing.assert_array_equal(loaded.query(digits[0], 5), saved.query(digits[0], 5))


def test_what_a_condition_is_ranked_by_cannot_be_replaced(tmp_path):
    path = saved_models.FOLDER / "task_loss.safetensors"
    with pytest.raises(ModelFileError, match="ranked by margin, not by entropy"):
        VAALQueryStrategy.load(path, uncertainty="entropy")
    loaded = VAALQueryStrategy.load(path, uncertainty="margin")
    expected = saved_models.choose("task_loss", VAALQueryStrategy.load(path))
    assert saved_models.choose("task_loss", loaded) == expected
    with pytest.raises(ValueError, match="uncertainty was set after fit"):
        VAALQueryStrategy.load(path).set_params(uncertainty="entropy").save(tmp_path / "file")


@pytest.mark.parametrize("copy", ["pickle", "joblib"])
@pytest.mark.parametrize("name", saved_models.CASES)
def test_a_pickle_of_a_loaded_strategy_chooses_as_it_does(name, copy, tmp_path):
    path = saved_models.FOLDER / f"{name}.safetensors"
    loaded = type(saved_models.CASES[name].make()).load(path)
    if copy == "pickle":
        copied = pickle.loads(pickle.dumps(loaded))
    else:
        joblib.dump(loaded, tmp_path / "file")
        copied = joblib.load(tmp_path / "file")
    assert saved_models.choose(name, copied) == saved_models.choose(name, loaded)
    for each, to in ((loaded, "loaded"), (copied, "copied")):
        each.save(tmp_path / to)
    assert (tmp_path / "copied").read_bytes() == (tmp_path / "loaded").read_bytes()


# Files of other versions, and of other people


@pytest.mark.parametrize("name", saved_models.CASES)
def test_a_saved_strategy_of_an_earlier_version_chooses_as_it_did(name):
    expected = json.loads(saved_models.CHOICES.read_text())[name]
    case = saved_models.CASES[name]
    loaded = type(case.make()).load(saved_models.FOLDER / f"{name}.safetensors")
    # The default of `verbose` was 0 when the first files were written.
    shown = [repr(each.set_params(verbose=0)) for each in (loaded, case.make())]
    assert shown[0] == shown[1]
    indices, scores = saved_models.choose(name, loaded)
    assert indices == expected["indices"]
    np.testing.assert_allclose(scores, expected["scores"], rtol=1e-4)


@pytest.mark.parametrize(
    ("rule", "space", "score_power"),
    [
        ({"rule": "herding", "rule__space": "latent"}, "latent", "n_labeled"),
        ({"rule": "herding", "rule__score_power": "auto"}, "decoded", "n_labeled"),
        ({"rule": {"object": ["skvaal", "Herding"], "params": {}}}, "decoded", "n_labeled"),
        (
            {"rule": {"object": ["skvaal", "Herding"], "params": {"score_power": "auto"}}},
            "decoded",
            "n_labeled",
        ),
        (
            {"rule": {"object": ["skvaal", "Herding"], "params": {"score_power": 0.5}}},
            "decoded",
            0.5,
        ),
    ],
)
def test_herding_of_format_2_is_that_of_then(rule, space, score_power):
    saved = VAALQueryStrategy._as_of_now(rule, 2)
    made = VAALQueryStrategy(**VAALQueryStrategy._saved_params(saved, {}))._make_rule()
    assert (made.space, made.score_power) == (space, score_power)
    assert made.uncertainty_power == 1
    assert VAALQueryStrategy._as_of_now(rule, 4) == rule


@pytest.mark.parametrize(
    ("rule", "power"),
    [
        ({"rule": "herding"}, 1),
        ({"rule": "herding", "rule__uncertainty_power": "n_labeled"}, "n_labeled"),
        ({"rule": {"object": ["skvaal", "Herding"], "params": {}}}, 1),
        ({"rule": {"object": ["skvaal", "Herding"], "params": {"uncertainty_power": 2}}}, 2),
    ],
)
def test_herding_of_format_3_trusts_the_model_as_it_did(rule, power):
    saved = VAALQueryStrategy._as_of_now(rule, 3)
    made = VAALQueryStrategy(**VAALQueryStrategy._saved_params(saved, {}))._make_rule()
    assert (made.space, made.score_power) == ("components", "missing_share")
    assert made.uncertainty_power == power


def test_a_strategy_of_herding_of_format_3_trusts_the_model_as_it_did():
    assert HerdingQueryStrategy._as_of_now({}, 3) == {"uncertainty_power": 1}
    assert HerdingQueryStrategy._as_of_now({}, 4) == {}


# So many of some thousand crafted files are tried here, others with each kind of strategy.
N_CRAFTED = 40


@pytest.mark.parametrize("name", saved_models.CASES)
@pytest.mark.slow
def test_a_crafted_file_is_refused_or_works(name, tmp_path):
    source = saved_models.FOLDER / f"{name}.safetensors"
    files = crafted_files.crafted(source.read_bytes())
    seed = list(saved_models.CASES).index(name)
    path, strategy = tmp_path / "file", type(saved_models.CASES[name].make())
    outcomes = {}
    for position in np.random.default_rng(seed).choice(len(files), N_CRAFTED, replace=False):
        what, make = files[position]
        path.write_bytes(make())
        outcomes[what] = crafted_files.open_and_use(
            strategy, path, lambda loaded: saved_models.choose(name, loaded)
        )
    assert "refused" in outcomes.values()


CRAFTED = [
    ("values are deep", "recursion"),
    ("values.params.vae__latent_dim = 1e6", "not the weights of vae"),
    ("values.params.vae__hidden.tuple.0 = 1e6", "not the weights of vae"),
    ("values.params.vae__hidden.tuple = [1e6, 1e6]", "vae=DenseVAE"),
    ("values.params.discriminator__hidden.tuple.0 = 1e6", "not the weights of discriminator"),
    ("values are many layers", "not the weights of vae"),
    ("values.params.discriminator__hidden.tuple.0 = 1e9", "discriminator__hidden"),
    ("values.params.vae = large object", "is no rule, but a DenseVAE"),
    ("values.params.optimizer_vae = no class", r"unknown class: \['torch.optim', 'load'\]"),
    ("values.params.net = other module", r"unknown class: \['os', 'system'\]"),
    ("values.params has query", "a parameter 'query', which is unknown"),
    ("values.params has _seed", "a parameter '_seed', which is unknown"),
    ("values.params.callbacks = []", r"params\.callbacks is \[\], not None"),
    ("values.fitted.input_shape_.0 = 1e9", "n_features_in_ is 12"),
    ("values.fitted.n_labeled_ = 3", r"labeled_coordinates .* must be of float32 and shape \(3, "),
    ("values.seed = -1", "seed is -1, not a whole number from 0 to"),
    ("values.learned.net.variance = NaN", r"learned\.net\.variance is nan, not a finite number"),
    ("values.learned = gone", "learned is missing"),
    ("vae.fc_mu.weight begins with NaN", "not finite"),
    ("labeled_coordinates is 1e38", r"labeled_coordinates\[0\] is too large"),
    ("vae.fc_mu.weight is of float64", "float64 .* must be of float32"),
    ("space.variances is gone", "no array space.variances"),
    ("extra is there", "an array 'extra', which is unknown"),
    ("extra.extra is there", "an array 'extra.extra', which is unknown"),
]


@pytest.mark.parametrize(("what", "reason"), CRAFTED, ids=[what for what, _ in CRAFTED])
def test_the_reason_why_a_crafted_file_is_refused(what, reason, tmp_path):
    source = saved_models.FOLDER / "vaal_rows.safetensors"
    path = tmp_path / "file"
    path.write_bytes(dict(crafted_files.crafted(source.read_bytes()))[what]())
    with pytest.raises(ModelFileError, match=f"{path} cannot be loaded: .*{reason}"):
        VAALQueryStrategy.load(path)
