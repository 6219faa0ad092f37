import warnings

import pytest

from skvaal import EmptyPoolWarning, PrecisionWarning
from skvaal.project.choosing.noting import warnings_as_notes


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
