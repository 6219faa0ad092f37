import numpy as np
import pytest

from skvaal.project.choosing.predicted import Predicted
from skvaal.project.choosing.reasons import Facts, give_reasons

PREDICTED = Predicted(np.array([[0.5, 0.4, 0.1], [0.1, 0.2, 0.7]]), ("bag", "boot", "coat"), "")
HUNDRED = np.arange(1.0, 101.0)


def reasons(how="coverage", **facts):
    return give_reasons(Facts(2, np.arange(2), **facts), how)


def test_far_from_all_labels():
    given = reasons(
        distances=np.array([91.0, 90.0]), usual_distances=HUNDRED, usual_of="labelled samples"
    )

    assert given.texts == ("unlike any label", "covers a region that no pick above it covers")
    assert given.thresholds == {
        "unlike any label": "farther from the nearest label than 90 % of labelled samples (90.1)"
    }


def test_a_wavering_model_names_its_classes():
    given = reasons(
        uncertainty=np.array([80.0, 20.0]), usual_uncertainty=HUNDRED, predicted=PREDICTED
    )
    assert given.texts[0] == "the model wavers between bag and boot"
    assert "wavers" not in given.texts[1]


def test_a_model_that_is_sure_of_all_wavers_nowhere():
    given = reasons(uncertainty=np.zeros(2), usual_uncertainty=np.zeros(9), predicted=PREDICTED)
    assert not any("wavers" in text for text in given.texts)


def test_low_scores_tell_how_low():
    given = reasons(scores=np.array([4.0, 50.0]), usual_scores=HUNDRED)
    assert given.texts[0] == "the discriminator takes it for unlabelled (lowest 3 %)"
    assert "discriminator" not in given.texts[1]


def test_many_alike():
    given = reasons(covers=np.array([1043, 3]), usual_covers=5)
    assert given.texts == (
        "1,043 like it in the pool",
        "covers a region that no pick above it covers; 3 like it in the pool",
    )


def test_several_reasons_stand_side_by_side():
    given = reasons(
        covers=np.array([9, 0]), distances=np.array([100.0, 0.0]), usual_distances=HUNDRED
    )
    assert given.texts[0] == "unlike any label; 9 like it in the pool"
    gap = "covers a region that no pick above it covers"
    assert given.texts[1] == f"{gap}; none like it in the pool"


@pytest.mark.parametrize(
    ("how", "facts", "expected"),
    [
        ("model", {"predicted": PREDICTED}, "the model wavers between coat and boot"),
        ("random", {}, "drawn at random"),
        ("scores", {"scores": np.array([0.0, 60.0]), "usual_scores": HUNDRED},
         "the discriminator takes it for unlabelled (lowest 59 %)"),
    ],
)  # fmt: skip
def test_what_remains_to_be_said_is_how_it_was_chosen(how, facts, expected):
    assert reasons(how, **facts).texts[1] == expected


def test_chance_is_named_first():
    given = reasons("random", covers=np.array([9, 0]))
    assert given.texts == ("drawn at random; 9 like it in the pool", "drawn at random")
