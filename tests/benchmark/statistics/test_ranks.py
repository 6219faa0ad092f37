import numpy as np
import pandas as pd

from skvaal.benchmark.statistics import areas, case_areas, mean_ranks, ranks


def test_mean_ranks_by_hand(records):
    # Areas in the first data: margin above random. In the second: random above both others,
    # which tie for 2 and 3.
    margin, random = (records[records["strategy"] == name] for name in ("margin", "random"))
    twin = random.assign(strategy="twin")
    second = [margin.assign(strategy="random"), random.assign(strategy="margin"), twin]
    both = pd.concat([records, twin, pd.concat(second).assign(data="second")])

    ranks = mean_ranks(both)

    # margin 1 and 2.5, random 2.5 and 1, twin 2.5 and 2.5
    assert ranks.to_dict() == {"margin": 1.75, "random": 1.75, "twin": 2.5}
    assert list(ranks.index) == ["margin", "random", "twin"]


def test_no_mean_rank_for_a_strategy_that_lacks_a_data_set(records):
    second = records[records["strategy"] == "random"].assign(data="second")

    ranks = mean_ranks(pd.concat([records, second]))

    assert np.isnan(ranks["margin"])
    assert ranks["random"] == 1.5


def test_protocols_of_one_data_set_are_ranked_apart(records):
    names = {"margin": "random", "random": "margin"}
    swapped = records.assign(strategy=records["strategy"].map(names))
    both = pd.concat([records.assign(protocol="standard"), swapped.assign(protocol="biased_start")])

    table = ranks(both)

    assert list(table.index) == ["made-up, standard", "made-up, biased_start"]
    assert table["margin"].to_list() == [1, 2]
    assert table["random"].to_list() == [2, 1]


def test_ranks_without_a_missing_strategy(records):
    second = records[records["strategy"] == "random"].assign(data="second")

    table = ranks(pd.concat([records, second]))

    assert table.loc["made-up"].to_list() == [1, 2]
    assert np.isnan(table.loc["second", "margin"])
    assert table.loc["second", "random"] == 1


def test_case_areas_average_each_case_over_its_own_budgets_and_seeds(records):
    longer = records[records["seed"] == 0].assign(
        data="longer", n_labeled=lambda r: r.n_labeled * 3
    )

    table = case_areas(pd.concat([longer, records]))

    assert list(table.index) == ["longer", "made-up"]
    assert list(table.columns) == ["margin", "random"]
    expected = areas(records)
    pd.testing.assert_series_equal(table.loc["longer"], expected.loc[0], check_names=False)
    pd.testing.assert_series_equal(table.loc["made-up"], expected.mean(), check_names=False)
