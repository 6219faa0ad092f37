import re
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from skvaal.benchmark.cases import CASES, N_SEEDS, get_cases
from skvaal.benchmark.datasets import DATASETS, load_dataset
from skvaal.benchmark.estimators import ESTIMATORS
from skvaal.benchmark.protocols import get_protocols
from skvaal.benchmark.start import draw_start

PAGE = Path(__file__).parents[2] / "docs" / "benchmark" / "cases.rst"


def test_each_case_is_of_known_parts():
    for name, case in CASES.items():
        assert case.name == name
        assert case.data in DATASETS
        assert case.estimator in ESTIMATORS
        assert [case.protocol] == get_protocols([case.protocol.name])
        assert case.plan.n_seeds == N_SEEDS


def test_no_case_is_there_twice():
    cases = [(one.data, one.estimator, one.protocol, one.plan) for one in CASES.values()]
    assert len(set(cases)) == len(cases)


@pytest.mark.parametrize("name", [name for name in CASES if "_large" in name])
def test_large_cases_label_ten_to_forty_per_cent_in_steps_of_five(name):
    plan = CASES[name].plan
    assert plan.initial == 0.1 * plan.pool_size
    assert plan.batch == 0.05 * plan.pool_size
    assert plan.budget == 0.4 * plan.pool_size


@cache
def load(data):
    try:
        return load_dataset(data)
    except (ImportError, FileNotFoundError):
        pytest.skip(f"{data} is not at hand")


@pytest.mark.parametrize("name", CASES)
def test_each_case_can_be_started(name):
    case = CASES[name]
    dataset = load(case.data)

    case.plan.check(dataset, case.protocol)
    start = draw_start(dataset, case.plan, case.protocol, seed=0)

    assert len(start.pool) == case.plan.pool_size or case.plan.pool_size is None
    assert len(np.unique(start.pool)) >= case.plan.budget


def test_what_settings_were_chosen_on_is_no_evidence():
    evidence = {case.data: case.evidence for case in CASES.values()}
    assert evidence == {
        "digits": "tuned",
        "fashion_mnist": "tuned",
        "cifar10_features": "tuned",
        "ag_news_small": "tuned",
        "wine": "seen",
        "breast_cancer": "seen",
        "image_segments": "unseen",
        "phishing": "unseen",
    }


def test_all_are_those_of_the_table_and_each_is_there_once():
    assert get_cases("all") == list(CASES.values())
    assert get_cases(["digits_large", "all"])[0] is CASES["digits_large"]
    assert len(get_cases(["digits_large", "all"])) == len(CASES)


def test_more_seeds_change_nothing_else():
    case = CASES["news_few"]
    more = case.with_seeds(30)
    assert more.plan.n_seeds == 30
    assert asdict(more) | {"plan": None} == asdict(case) | {"plan": None}
    assert more.with_seeds(N_SEEDS) == case


def test_unknown_case_offers_the_nearest():
    with pytest.raises(ValueError, match="case='news_fw' is not known; did you mean 'news_few'"):
        get_cases(["news_fw"])


def test_the_documentation_has_the_cases_as_they_are():
    cells = r"^   \* - (.*)\n     - (.*)\n     - (.*)\n     - (.*)$"
    rows = re.findall(cells, PAGE.read_text(encoding="utf-8"), re.M)
    shown = {name: tuple(others) for name, *others in rows if name != "case"}
    expected = {}
    for name, case in CASES.items():
        plan = case.plan
        pool = "" if plan.pool_size is None else f" of {plan.pool_size:,}"
        labels = f"{plan.initial} + {plan.rounds} x {plan.batch}{pool}"
        expected[f"``{name}``"] = (case.data, labels, case.protocol.name)
    assert shown == expected
