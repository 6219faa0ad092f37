import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.report._equivalence import check_against, equivalence_section
from skvaal.benchmark.report._inputs import gather_cases


@pytest.fixture
def section(make_results, tmp_path):
    """Return the section of some results, whose tables go into a folder."""
    (tmp_path / "tables").mkdir()

    def section(*results, against=None):
        return equivalence_section(gather_cases(results), against, tmp_path)

    return section


def with_gain(records, gain, n_seeds=2):
    """Random ones, and a strategy that is better in each seed by about a gain."""
    random = records[(records["strategy"] == "random") & (records["seed"] == 0)]
    parts = []
    for seed in range(n_seeds):
        noise = 0.001 * (seed % 3)
        one = random.assign(seed=seed)
        better = one.assign(strategy="margin", accuracy=one["accuracy"] + gain + noise)
        parts += [one, better]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        (0.1, "margin against random: better (100 % better, 0 % equivalent, 0 % worse)."),
        (-0.1, "margin against random: worse (0 % better, 0 % equivalent, 100 % worse)."),
        (0.0, "margin against random: equivalent (0 % better, 100 % equivalent, 0 % worse)."),
    ],
)
def test_one_case_in_words(section, make_results, records, gain, words):
    found = section(make_results(with_gain(records, gain, 9)), against="random")

    assert found.title == "Practical equivalence: against random"
    assert found.items == [words]
    assert found.parts[0].head == ["case", "margin"]


def test_doubt_is_said(section, make_results, records):
    found = section(make_results(with_gain(records, 0.0045, 9)), against="random")

    (words,) = found.items
    assert words.startswith("margin against random: not worse (")
    assert words.endswith(", 0 % worse).")


def test_several_cases_are_counted(section, make_results, records, tmp_path):
    gains = {"a": 0.1, "b": 0.08, "c": 0.0}
    results = [make_results(with_gain(records, gain, 9), data=d) for d, gain in gains.items()]

    found = section(*results, against="random")

    (words,) = found.items
    assert words.startswith("margin against random over 3 cases: ")
    assert words.endswith("In the single cases: better in 2, equivalent in 1.")
    assert [row[0] for row in found.parts[0].rows] == ["a", "b", "c"]
    table = pd.read_csv(tmp_path / "tables" / "equivalence.csv")
    assert table["case"].tolist() == ["a", "b", "c", "all cases"]
    np.testing.assert_allclose(table[["better", "equivalent", "worse"]].sum(axis=1), 1)
    assert table["difference"].iloc[-1] == pytest.approx(table["difference"].iloc[:3].mean())


def test_the_first_strategy_is_compared_with_unless_another_is_named(
    section, make_results, records
):
    results = make_results(with_gain(records, 0.1))

    assert section(results).title == "Practical equivalence: against random"
    assert section(results, against="margin").title == "Practical equivalence: against margin"


def test_one_seed_tells_nothing(section, make_results, records):
    found = section(make_results(with_gain(records, 0.1, 1)), against="random")

    assert found.items == ["margin against random: one seed allows no probability."]
    assert found.parts[0].rows == [("made-up", "+10.0")]


def test_case_without_the_strategy_is_left_out(section, make_results, records):
    both = make_results(with_gain(records, 0.1, 5), data="a")
    alone = records[records["strategy"] == "margin"].assign(strategy="other")
    results = [both, make_results(pd.concat([alone, alone.assign(strategy="more")]), data="b")]

    assert [row[0] for row in section(*results, against="random").parts[0].rows] == ["a"]


def test_nothing_to_compare_makes_no_section(section, make_results, records):
    assert section(make_results(records[records["strategy"] == "random"])) is None
    assert equivalence_section([], None, None) is None


def test_unknown_strategy_offers_the_nearest(make_results):
    with pytest.raises(ValueError, match="against='randm' .*did you mean 'random'"):
        check_against([make_results()], "randm")
    check_against([make_results()], "random")
    check_against([], None)
