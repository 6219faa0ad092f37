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
    )
    notes = note_diagnosis(SimpleNamespace(diagnostics_=found))
    assert len(notes) == len(words)
    assert all(each in note for each, note in zip(words, notes, strict=True))
