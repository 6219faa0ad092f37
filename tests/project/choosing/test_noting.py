import warnings
from types import SimpleNamespace

import pytest

from skvaal import EmptyPoolWarning, PrecisionWarning
from skvaal.project.choosing.noting import note_diagnosis, warnings_as_notes


def test_warnings_become_sentences_and_each_stands_once():
    with warnings_as_notes() as notes:
        for _ in range(2):
            warnings.warn("samples are equal:\nin float32", PrecisionWarning, stacklevel=1)
        warnings.warn("no sample is labelled", EmptyPoolWarning, stacklevel=1)
        warnings.warn("will be removed", FutureWarning, stacklevel=1)

    assert notes == ["Samples are equal."]


def test_errors_pass():
    with pytest.raises(ValueError, match="trouble"), warnings_as_notes():
        raise ValueError("trouble")


@pytest.mark.parametrize(
    ("exponent", "words"),
    [
        (0.3, ["had a part in the choice, since its scores were raised to the power 0.3: why."]),
        (0.05, ["The discriminator had next to no part in the choice: why."]),
        (0.0, ["The discriminator had no part in the choice: why."]),
        (None, []),
    ],
)
def test_whether_the_discriminator_counted(exponent, words):
    found = SimpleNamespace(
        has_collapsed=False,
        is_uninformative=False,
        finds_missing_regions=True,
        score_exponent=exponent,
        score_exponent_reason="why",
        missing_share=0.0,
        uncertainty_exponent=3.0,
    )
    notes = note_diagnosis(SimpleNamespace(diagnostics_=found), reads_model=True)
    assert len(notes) == len(words)
    assert all(each in note for each, note in zip(words, notes, strict=True))


@pytest.mark.parametrize(
    ("reads_model", "changes", "is_noted"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"missing_share": 0.0}, False),
        (True, {"uncertainty_exponent": None}, False),
    ],
)
def test_that_the_model_was_trusted_less(reads_model, changes, is_noted):
    found = {
        "has_collapsed": False,
        "is_uninformative": False,
        "finds_missing_regions": True,
        "score_exponent": 0.5,
        "score_exponent_reason": "why",
        "missing_share": 0.2,
        "uncertainty_exponent": 1.0,
        "uncertainty_exponent_reason": "it was 3",
    }
    strategy = SimpleNamespace(diagnostics_=SimpleNamespace(**{**found, **changes}))
    notes = note_diagnosis(strategy, reads_model=reads_model)
    assert ("The power of the model's uncertainty was 1: it was 3." in notes) == is_noted
