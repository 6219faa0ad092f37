import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvaal.benchmark.estimators import TorchClassifier


def quick(network="small_cnn", **params):
    return TorchClassifier(network, **{"n_iter": 4, "device": "cpu", "random_state": 0, **params})


@parametrize_with_checks([TorchClassifier("mlp", n_iter=50, device="cpu", random_state=0)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_classes_are_learned(images):
    X, y = images

    model = quick(n_iter=60).fit(X[:30], y[:30])

    assert model.score(X[30:], y[30:]) > 0.9


def test_labels_of_any_kind_come_back(images):
    X, y = images
    names = np.array(["frog", "cat", "ant"])[y]

    model = quick(n_iter=60).fit(X, names)

    assert model.classes_.tolist() == ["ant", "cat", "frog"]
    assert np.mean(model.predict(X) == names) > 0.9


def test_fit_starts_from_scratch(images):
    X, y = images
    model = quick().fit(X[:20], y[:20])

    again = model.fit(X[:9], y[:9]).predict_proba(X)

    np.testing.assert_array_equal(again, quick().fit(X[:9], y[:9]).predict_proba(X))


def test_shape_and_number_of_classes_may_change_from_fit_to_fit(images):
    X, y = images
    model = quick().fit(X, y)

    model.fit(X.repeat(2, axis=2)[:, [0, 0]], y % 2)

    assert model.input_shape_ == (2, 16, 8)
    assert model.predict_proba(X.repeat(2, axis=2)[:, [0, 0]]).shape == (60, 2)


def test_global_generators_are_left_alone(images):
    X, y = images
    before = torch.get_rng_state()
    numpys = np.random.get_state()[1].copy()  # noqa: NPY002 (it is what must stay as it is)

    quick().fit(X, y).predict_proba_samples(X, random_state=0)

    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(np.random.get_state()[1], numpys)  # noqa: NPY002


def test_result_does_not_depend_on_the_global_seed(images):
    X, y = images
    first = quick().fit(X, y).predict_proba(X)

    with torch.random.fork_rng():
        torch.default_generator.manual_seed(99)
        again = quick().fit(X, y).predict_proba(X)

    np.testing.assert_array_equal(first, again)


def test_samples_of_dropout_scatter_around_the_prediction(images):
    X, y = images
    model = quick(n_iter=8).fit(X, y)

    samples = model.predict_proba_samples(X, n_samples=50, random_state=0)

    assert samples.shape == (50, 60, 3)
    np.testing.assert_allclose(samples.sum(axis=2), 1, rtol=1e-5)
    assert samples.std(axis=0).min() > 0
    np.testing.assert_allclose(samples.mean(axis=0), model.predict_proba(X), atol=0.1)


def test_samples_are_given_by_their_random_state(images):
    X, y = images
    model = quick().fit(X, y)

    first, again, other = (model.predict_proba_samples(X, 2, seed) for seed in (0, 0, 1))

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_prediction_after_samples_is_without_dropout(images):
    X, y = images
    model = quick().fit(X, y)
    expected = model.predict_proba(X)

    model.predict_proba_samples(X, 2, 0)

    np.testing.assert_array_equal(model.predict_proba(X), expected)


def test_samples_without_dropout_are_refused(images):
    model = quick(dropout=0.0).fit(*images)

    with pytest.raises(ValueError, match="dropout=0 makes all samples .* the same"):
        model.predict_proba_samples(images[0])


@pytest.mark.parametrize(("network", "size"), [("mlp", 256), ("small_cnn", 128)])
def test_embedding_is_what_the_last_layer_sees(network, size, images):
    X, y = images
    model = quick(network).fit(X, y)

    features = model.embed(X)

    assert features.shape == (60, size)
    logits = model.module_.head[-1](torch.from_numpy(features)).detach()
    np.testing.assert_allclose(logits.softmax(dim=1), model.predict_proba(X), atol=1e-6)


def test_large_pools_pass_in_batches(images):
    X, y = images
    model = quick().fit(X, y)

    proba = model.predict_proba(np.tile(X, (10, 1, 1, 1)))

    np.testing.assert_allclose(proba, np.tile(model.predict_proba(X), (10, 1)), atol=1e-5)


def test_one_class_is_certain(images):
    X, _ = images

    np.testing.assert_array_equal(quick().fit(X, np.full(60, 7)).predict_proba(X), 1)


@pytest.mark.parametrize("n", [1, 2])
def test_one_sample_is_enough_to_train(n, images):
    X, y = images

    assert np.isfinite(quick().fit(X[:n], y[:n]).predict_proba(X)).all()


def test_training_steps_follow_the_number_of_labels(images):
    X, y = images
    few = TorchClassifier("mlp", device="cpu").fit(X[:, 0, 0], y)
    many = clone(few).set_params(batch_size=1).fit(X[:, 0, 0], y)

    assert few.n_iter_ == 200
    assert many.n_iter_ == 600


@pytest.mark.parametrize(
    ("method", "args"), [("predict", ()), ("predict_proba_samples", (2, 0)), ("embed", ())]
)
def test_use_before_fitting_says_so(method, args, images):
    with pytest.raises(NotFittedError):
        getattr(quick(), method)(images[0], *args)


def test_other_shape_than_fitted_names_both(images):
    X, y = images
    model = quick().fit(X, y)

    with pytest.raises(
        ValueError, match=r"shape \(1, 8, 4\).*fitted on samples of shape \(1, 8, 8"
    ):
        model.predict(X[..., :4])


@pytest.mark.parametrize(
    ("params", "shape", "complaint"),
    [
        ({"network": "cnn"}, (6, 1, 8, 8), "network='cnn' is not known; did you mean 'small_cnn'"),
        ({}, (6, 1, 8, 7), "8x8 pixels or more"),
        ({}, (6, 64), r"estimator 'mlp', which takes rows"),
        ({"network": "mlp"}, (6, 8, 8), r"shape \(6, 8, 8\); use rows"),
        ({"dropout": 1.0}, (6, 1, 8, 8), "'dropout' parameter"),
        ({"n_iter": 0}, (6, 1, 8, 8), "'n_iter' parameter"),
        ({"device": "gpu"}, (6, 1, 8, 8), "device='gpu' is not a torch device"),
    ],
)
def test_bad_input_fails_before_training(params, shape, complaint, monkeypatch):
    monkeypatch.setattr(
        "skvaal.benchmark.estimators._torch.trained", lambda *a, **k: pytest.fail("trained")
    )

    with pytest.raises(ValueError, match=complaint):
        quick(**params).fit(np.zeros(shape), np.arange(6) % 2)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("network", ["mlp", "small_cnn", "resnet18"])
def test_networks_learn_and_sample_on_a_gpu(network, images):
    X, y = images
    before = torch.cuda.get_rng_state()

    model = quick(network, n_iter=60, device="auto").fit(X, y)
    first, again = (model.predict_proba_samples(X, 3, 0) for _ in range(2))

    assert next(model.module_.parameters()).is_cuda
    assert model.score(X, y) > 0.9
    np.testing.assert_allclose(first, again, atol=1e-5)
    assert torch.equal(torch.cuda.get_rng_state(), before)
