import numpy as np
import pytest

from skvaal._files.labels import LabeledSamples
from skvaal._files.named_samples import NamedSamples
from skvaal.project.page.balance import weigh


def known(labels):
    n = len(labels)
    names = np.array([str(i) for i in range(n)], dtype=object)
    samples = NamedSamples(np.zeros((n, 1)), names, "features", "row", None, "pool")
    return LabeledSamples(samples, np.arange(n), np.array(labels, dtype=object))


def test_bars_are_shares_of_the_largest_class():
    balance = weigh(known(["a", "b", "b", "b", "b", "c"]))

    assert balance.bars == [("b", 4, 100.0), ("a", 1, 25.0), ("c", 1, 25.0)]


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([], "No sample has a label yet."),
        (["a"], "1 label, all of the class a: a model needs another class to learn from."),
        (["a", "b", "b"], "3 labels of 2 classes: from 2 of b down to 1 of a."),
    ],
)
def test_sentence(labels, sentence):
    assert weigh(known(labels)).sentence == sentence


def test_of_many_classes_the_largest_have_bars():
    balance = weigh(known([str(i) for i in range(99)] + ["5"]))

    assert len(balance.bars) == 30
    assert balance.bars[0] == ("5", 2, 100.0)
    assert balance.sentence.endswith("The bars show the 30 largest classes.")
