import numpy as np
import pytest

from skvaal.project.choosing import task_models
from skvaal.project.choosing.inputs import Inputs, make_inputs
from skvaal.project.choosing.task_models import check_model, predict


@pytest.fixture(autouse=True)
def small_forests(monkeypatch):
    monkeypatch.setattr(task_models, "_N_TREES", 30)


@pytest.fixture
def clouds(blobs):
    return make_inputs(blobs.samples), blobs


@pytest.mark.parametrize("model", ["linear", "forest"])
def test_a_model_knows_the_classes_that_it_was_told(clouds, model):
    inputs, known = clouds

    predicted, why_not = predict(model, inputs, known, seed=0)

    assert why_not == ""
    assert predicted.classes == ("cat", "dog")
    guesses = [predicted.likeliest(row)[0] for row in range(120) if row % 3 < 2]
    assert np.mean([guess == ("cat", "dog")[i % 2] for i, guess in enumerate(guesses)]) > 0.95
    np.testing.assert_allclose(predicted.proba.sum(axis=1), 1)


def test_auto_is_linear_on_features_and_a_forest_on_tables(clouds):
    inputs, known = clouds
    features = Inputs(inputs.X, inputs.rows, "features", suit_linear=True)

    assert predict("auto", inputs, known, seed=0)[0].model == "a forest of 30 trees"
    assert predict("auto", features, known, seed=0)[0].model == "a logistic regression"


def test_the_forest_depends_on_the_seed_alone(clouds):
    inputs, known = clouds
    first, same, other = (predict("forest", inputs, known, seed=s)[0].proba for s in (0, 0, 1))

    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({}, "there are no labels, and it needs two classes"),
        ({0: "cat", 3: "cat"}, "there are labels of the class 'cat' alone"),
        ({0: "cat", 1: "dog", 3: "cat", 4: "dog", 6: "cat"}, "5 labels of 2 classes are fewer"),
    ],
)
def test_auto_says_why_it_fits_none(known_of, blobs, labels, why):
    known = known_of(blobs.samples.X, labels)

    predicted, why_not = predict("auto", make_inputs(known.samples), known, seed=0)

    assert predicted is None
    assert why in why_not


def test_a_model_that_is_named_is_fitted_on_few_labels(known_of, blobs):
    known = known_of(blobs.samples.X, {0: "cat", 1: "dog"})
    assert predict("linear", make_inputs(known.samples), known, seed=0)[0] is not None


def test_a_model_that_is_named_needs_two_classes(known_of, blobs):
    known = known_of(blobs.samples.X, {0: "cat"})
    with pytest.raises(ValueError, match="model='forest' needs labels of two classes.* 1 class;"):
        predict("forest", make_inputs(known.samples), known, seed=0)


@pytest.mark.parametrize("model", ["trees", None, ["auto"]])
def test_other_models_are_refused(model):
    with pytest.raises(ValueError, match="model=.* is not known"):
        check_model(model)
