import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.protocols import budget_sweep
from skvaal.benchmark.statistics import (
    areas,
    case_areas,
    complete_runs,
    label_saving,
    n_budgets,
    planned_budgets,
    ranks,
    with_plan,
)


def config_of(rounds, **factors):
    protocols = {name: {"batch_factor": factor} for name, factor in factors.items()}
    return {"settings": {"plan": {"rounds": rounds}, "protocols": protocols}}


def test_budgets_of_a_sweep():
    factors = {one.name: one.batch_factor for one in budget_sweep()}

    planned = planned_budgets(config_of(4, **factors))

    assert planned == {"batch_x0.5": 9, "standard": 5, "batch_x2": 3}


@pytest.mark.parametrize("factor", [0.1, 0.3, 0.7])
def test_budgets_are_whole_whatever_the_factor(factor):
    assert planned_budgets(config_of(round(7000 * factor), mine=factor)) == {"mine": 7001}


@pytest.mark.parametrize("config", [{}, {"settings": {}}, {"settings": {"plan": {"n_seeds": 2}}}])
def test_without_a_plan_the_records_decide(records, config):
    noted = with_plan(records, config)

    pd.testing.assert_frame_equal(noted, records)
    assert n_budgets(noted) == 3


def test_a_protocol_without_settings_keeps_its_own_budgets(records):
    both = pd.concat([records.assign(protocol="standard"), records.assign(protocol="other")])

    noted = with_plan(both, config_of(4, standard=1))

    assert {name: n_budgets(one) for name, one in noted.groupby("protocol")} == {
        "standard": 5,
        "other": 3,
    }


def test_runs_that_all_stopped_in_one_round_are_not_complete(records):
    records = records.assign(protocol="standard")
    stopped = with_plan(records[records["round"] < 2], config_of(2, standard=1))

    assert areas(stopped).isna().all(axis=None)
    assert len(complete_runs(stopped)) == 0
    assert case_areas(stopped).isna().all(axis=None)
    assert ranks(stopped).isna().all(axis=None)
    with pytest.raises(KeyError, match="random"):
        label_saving(stopped)
    ended = with_plan(records, config_of(2, standard=1))
    pd.testing.assert_frame_equal(areas(ended), areas(records))


def test_one_budget_has_no_area(records):
    start = records[records["round"] == 0]

    assert areas(start).shape == (2, 2)
    assert areas(start).isna().all(axis=None)
    assert len(complete_runs(start)) == 0


def test_complete_runs_have_every_budget(records):
    broken = (records["strategy"] == "margin") & (records["seed"] == 1) & (records["round"] == 2)

    complete = complete_runs(records[~broken])

    runs = complete[["strategy", "seed"]].drop_duplicates()
    assert runs.to_numpy().tolist() == [["margin", 0], ["random", 0], ["random", 1]]
    assert len(complete) == 9
    assert np.isin(complete.index, records.index).all()


def test_sizes_and_the_name_of_a_case_are_noted(records):
    config = config_of(4, standard=1)
    config["settings"]["case"] = "mine"
    config["settings"]["plan"] |= {"initial": 100, "batch": 250, "pool_size": 4000}

    noted = with_plan(records.assign(protocol="standard"), config)

    assert noted[["case", "sizes", "planned_budgets"]].drop_duplicates().to_dict("records") == [
        {"case": "mine", "sizes": "100 to 1,100 labels of 4,000", "planned_budgets": 5}
    ]
