from types import SimpleNamespace

import numpy as np
import pytest

from skvaal.project.page.words import explain_choice, explain_phrases, explain_space

NUMBERS = np.ones(3)
COVERING = SimpleNamespace()
VAAL = SimpleNamespace(net_=None, diagnostics_=SimpleNamespace(score_exponent=0.4))
DOUBTFUL = SimpleNamespace(net_=None, diagnostics_=SimpleNamespace(score_exponent=0.01))


@pytest.mark.parametrize(
    ("strategy", "columns", "sentence"),
    [
        (None, "covers", "Chance chose these images."),
        (None, "uncertainty covers", "the images whose class the model is least sure of"),
        (VAAL, "score", "the images that it finds least like the labelled ones"),
        (COVERING, "gain", "Most wanted are images that stand for many others of the pool. What"),
        (COVERING, "gain uncertainty", "of the pool and whose class the model is unsure of. What"),
        (VAAL, "gain uncertainty score", "is unsure of and that are unlike what has a label. What"),
        (DOUBTFUL, "gain uncertainty score", "and whose class the model is unsure of. What"),
    ],
)
def test_choice(make_picks, strategy, columns, sentence):
    picks = make_picks(strategy=strategy, columns=dict.fromkeys(columns.split(), NUMBERS))

    assert sentence in explain_choice(picks)


@pytest.mark.parametrize("noun", ["images", "texts"])
def test_space(make_picks, noun):
    said = explain_space(make_picks(noun))

    assert said.startswith(f"The {noun} are compared ")
    assert "their principal components" in said


def test_only_phrases_that_are_there_are_explained(make_picks):
    reasons = ("unlike any label; 9 like it in the pool", "the model wavers between a and b", "x")

    assert [phrase for phrase, _ in explain_phrases(make_picks(reasons=reasons))] == [
        "unlike any label",
        "the model wavers between A and B",
        "43 like it in the pool",
    ]


def test_every_phrase_of_a_reason_is_explained(make_picks):
    from skvaal.project.choosing.reasons import Facts, give_reasons

    ones = np.ones(1)
    usual = np.zeros(3)
    facts = {
        "unlike any label": Facts(1, ones.astype(int), distances=ones, usual_distances=usual),
        "the model is unsure of it": Facts(1, ones, uncertainty=ones, usual_uncertainty=usual),
        "the discriminator takes it for unlabelled": Facts(
            1, ones, scores=usual, usual_scores=ones
        ),
        "covers a region that no pick above it covers": Facts(1, ones),
        "43 like it in the pool": Facts(1, ones, covers=43 * ones.astype(int)),
    }
    for phrase, one in facts.items():
        reasons = give_reasons(one, "coverage").texts
        assert phrase in [named for named, _ in explain_phrases(make_picks(reasons=reasons))]
    drawn = give_reasons(Facts(1, ones), "random").texts
    assert [named for named, _ in explain_phrases(make_picks(reasons=drawn))] == ["drawn at random"]
