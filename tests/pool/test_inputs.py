"""Every kind of input is taken, or refused with a sentence that says what to do."""

from __future__ import annotations

import re
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from skvaal import AmbiguousInputWarning, HerdingQueryStrategy

from .inputs import INPUTS, ROWS, TAKEN

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "input.rst"
REFUSED = [kind for kind, (_, message) in INPUTS.items() if message is not TAKEN]
LABELS = [0] * 3 + [-1] * 9
# No labelled samples.
EMPTY = {"empty list", "array without samples", "None"}
# Before pandas 3, scikit-learn's look at it warns.
of_grouped = pytest.mark.filterwarnings("ignore:DataFrameGroupBy.dtypes:FutureWarning")


@pytest.fixture(scope="module")
def fitted():
    return HerdingQueryStrategy(random_state=0).fit(ROWS, LABELS)


@pytest.mark.parametrize("kind", [kind for kind in INPUTS if kind not in REFUSED])
def test_what_is_taken(kind):
    make, _ = INPUTS[kind]
    strategy = HerdingQueryStrategy(random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        strategy.fit(make(), LABELS)
        indices = strategy.query(make(), 3)
        # All of the pool: of copies of what is labelled, none adds anything.
        assert strategy.fit_pools(make(), make()).query(make(), 12).shape == (12,)
    assert len(set(indices.tolist())) == 3


@of_grouped
@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused(kind):
    make, message = INPUTS[kind]
    with pytest.raises((ValueError, TypeError), match=message) as error:
        HerdingQueryStrategy().fit(make())
    assert re.match(r"(Input |a part of )?X\b", str(error.value))  # the argument comes first
    assert not re.search(r"0x[0-9a-f]{6}", str(error.value))


@of_grouped
@pytest.mark.parametrize("kind", REFUSED)
def test_every_argument_is_named(kind, fitted):
    make, message = INPUTS[kind]
    message = re.sub(r"\bX\b", "X_unlabeled", message)
    for call in (fitted.query, lambda X: HerdingQueryStrategy().fit_pools(ROWS, X)):
        with pytest.raises((ValueError, TypeError), match=message):
            call(make())
    if kind not in EMPTY:
        message = message.replace("X_unlabeled", "X_labeled")
        with pytest.raises((ValueError, TypeError), match=message):
            HerdingQueryStrategy().fit_pools(make(), ROWS)


@pytest.mark.parametrize(
    ("shape", "data_format", "other"),
    [((12, 16, 16, 13), "channels_first", "last"), ((12, 13, 16, 16), "channels_last", "first")],
)
def test_many_bands_at_the_other_end_warn(shape, data_format, other):
    strategy = HerdingQueryStrategy(data_format=data_format)
    with pytest.warns(AmbiguousInputWarning, match=f"set it to 'channels_{other}'"):
        strategy.fit(np.random.RandomState(0).rand(*shape))


# The table of the guide ---------------------------------------------------------------------------


def rows_of_the_guide():
    """First and second cell of each row of its list tables."""
    lines = GUIDE.read_text().splitlines()
    found = {}
    for line, following in pairwise(lines):
        if line.startswith("   * - ") and following.startswith("     - "):
            found[line[7:].strip()] = following[7:].strip()
    found.pop("Input", None)
    return found


def test_the_guide_says_what_the_tests_say():
    rows = rows_of_the_guide()
    assert len(rows) > 60
    assert set(rows) <= set(INPUTS)
    for kind, what in rows.items():
        assert (what == "taken") == (INPUTS[kind][1] is TAKEN), kind


def test_the_guide_leaves_out_only_variants():
    """A kind without a row of its own begins like one that has one, or stands in its row."""
    pages = GUIDE, GUIDE.with_name("labels_and_numbers.rst")
    text = " ".join(" ".join(page.read_text() for page in pages).split())
    for kind in INPUTS:
        assert kind.split(" of ")[0].split(",")[0].split(" with")[0] in text, kind
