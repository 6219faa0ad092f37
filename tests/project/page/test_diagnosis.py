from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from skvaal import Diagnostics
from skvaal.project.page.diagnosis import diagnose
from skvaal.project.page.writing import make_page
from tests.pages import Page

FOUND = Diagnostics(
    n_labeled=50,
    n_unlabeled=400,
    unit_variances=np.array([1.0, 0.5, 0.0]),
    kl_per_unit=np.array([2.0, 1.0, 0.0]),
    reconstruction_error=0.1,
    variance_explained=0.84,
    variance_explained_linear=None,
    departure_from_components=None,
    reconstructions=None,
    auc_training=0.99,
    auc_cross_fitted=0.82,
    auc_missing_region=0.9,
    auc_error=0.03,
    score_exponent=0.25,
    score_exponent_reason="50 labels for 3 dimensions",
    score_std=1.0,
    tied_fraction=0.0,
)


def diagnosis_of(**changes):
    return diagnose(SimpleNamespace(diagnostics_=replace(FOUND, **changes)))


@pytest.mark.parametrize(
    ("changes", "verdict", "is_bad"),
    [
        ({}, "knows something", False),
        ({"auc_cross_fitted": 0.6}, "knows a little", False),
        ({"auc_cross_fitted": 0.51}, "there seems to be none", True),
        ({"auc_cross_fitted": 0.51, "score_exponent": 0.0}, "there seems to be none", False),
        ({"auc_cross_fitted": 0.51, "score_exponent": 0.05}, "there seems to be none", False),
        ({"auc_cross_fitted": 0.51, "score_exponent": None}, "there seems to be none", True),
        ({"auc_cross_fitted": 0.51, "auc_missing_region": 0.5}, "knows nothing", True),
        ({"auc_cross_fitted": 0.51, "auc_missing_region": np.nan}, "knows nothing", True),
        ({"auc_cross_fitted": np.nan}, "Nobody can tell", False),
        ({"auc_cross_fitted": 0.51, "missing_share": 0.12}, "some 12 % of the pool", False),
        ({"unit_variances": np.zeros(3)}, "knows something", True),
    ],
)
def test_verdict(changes, verdict, is_bad):
    diagnosis = diagnosis_of(**changes)

    assert verdict in diagnosis.verdict
    assert not any("uncertainty of a model" in each for each in diagnosis.sentences)
    assert diagnosis.is_bad == is_bad


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "an unlabelled one in 82 % of all pairs: better than chance, which is 50 % +- 6 %"),
        ({"auc_cross_fitted": 0.51}, "in 51 % of all pairs: no better than chance"),
        (
            {"auc_cross_fitted": 0.51, "missing_share": 0.12},
            "in 51 % of all pairs: no better than chance",
        ),
        ({"auc_cross_fitted": np.nan}, "could not be tested"),
        ({}, "It would find a region without labels: it ranks 90 % of all pairs rightly"),
        ({"auc_missing_region": 0.5}, "It would not find a region without labels"),
        ({"auc_missing_region": np.nan}, "With fewer than 15 labels"),
        ({}, "had a part in the choice: they were raised to the power 0.25"),
        ({}, "all their weight (50 labels for 3 dimensions)."),
        ({"score_exponent": 0.05}, "had next to no part in the choice"),
        ({"score_exponent": 0.0}, "no part in the choice: 50 labels for 3 dimensions."),
        ({"score_exponent": None}, "ranked by its scores alone"),
        ({}, "uses 2 of 3 numbers, and what it makes again holds 84 % of what differs"),
        ({"variance_explained": np.nan}, "holds an unknown share"),
        ({"unit_variances": np.zeros(3)}, "its posterior has collapsed"),
    ],
)
def test_sentences(changes, words):
    assert words in " ".join(diagnosis_of(**changes).sentences)


def test_without_a_vae_nothing_is_said_of_it():
    diagnosis = diagnosis_of(unit_variances=None, kl_per_unit=None)

    assert "auto-encoder" not in " ".join(diagnosis.sentences)


def test_what_was_not_examined_has_no_diagnosis():
    assert diagnose(None) is None
    assert diagnose(SimpleNamespace()) is None


def test_page_says_it_and_shows_the_numbers(make_picks):
    page = Page(make_page(make_picks(strategy=SimpleNamespace(diagnostics_=FOUND))))

    page.check()
    assert page.titles(2)[-2] == "What the discriminator knows"
    assert "The discriminator knows something" in page.words
    assert "AUC in training 0.990" in page.words


def test_the_power_of_the_uncertainty_is_told():
    diagnosis = diagnosis_of(uncertainty_exponent=3.1, uncertainty_exponent_reason="100 labels")
    told = "The uncertainty of a model, if there is one, counts by the power 3.1: 100 labels."
    assert told in diagnosis.sentences
