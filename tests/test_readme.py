"""README.md: its example runs as it stands, and its tables are those of the records."""

import contextlib
import io
import re
from pathlib import Path

import pandas as pd
import pytest

from skvaal.benchmark.statistics import mean_ranks

from .scripts import load_script

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MEASURED = (ROOT / "docs" / "measured.md").read_text()
STRATEGIES = {
    "`HerdingQuery()`": "herding",
    "`HerdingQuery(uncertainty_power=1.0)`": "herding_power_1",
    "`VAALQuery()`": "vaal_herding",
    "margin": "margin",
    "TypiClust": "typi_clust",
}
# What a page calls a case, by the names of the data and of the protocol.
DATA = {
    "ag_news_small": "news texts, 40 to 200 labels",
    "ag_news_small_many": "news texts, 600 to 1,800 labels",
    "breast_cancer": "breast cancer",
    "caltech101_64": "Caltech-101, 32x32",
    "cifar10": "CIFAR-10, small CNN",
    "cifar10_features": "CIFAR-10 features, 100 to 500 labels",
    "cifar10_features_many": "CIFAR-10 features, 600 to 1,800 labels",
    "digits": "digits",
    "fashion_mnist": "Fashion-MNIST",
    "fashion_mnist_cnn": "Fashion-MNIST, small CNN",
    "wine": "wine",
}
PROTOCOLS = {
    "standard": "",
    "biased_start": ", biased start",
    "imbalanced": ", imbalanced",
    "noisy_oracle": ", noisy labels",
}


def read_table(text, title):
    """Rows of a Markdown table, by their first cell; the header's first cell is `title`."""
    lines = text[text.index(f"\n| {title} |".replace("|  |", "| |")) + 1 :].splitlines()
    end = next(i for i, line in enumerate(lines) if not line.startswith("|"))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:end]]
    return {first: dict(zip(rows[0][1:], rest, strict=True)) for first, *rest in rows[2:]}


def name_case(case):
    data, protocol = case.split(", ")
    return DATA[data] + PROTOCOLS[protocol]


@pytest.fixture(scope="module")
def comparison():
    return load_script(ROOT / "experiments/comparison.py")


@pytest.fixture(scope="module")
def found(comparison):
    """Records of each case that the pages speak of."""
    return dict(comparison.by_case("recommended"))


@pytest.fixture(scope="module")
def against(comparison, found):
    """How far each strategy is above random, by case."""
    return comparison.against_random(found)


@pytest.mark.filterwarnings("ignore:'force_all_finite' was renamed:FutureWarning")
def test_example_prints_what_the_readme_says():
    pytest.importorskip("modAL")
    code, said = re.findall(r"```(?:python|text)\n(.*?)```", README, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})

    # Which of two near equals is chosen may depend on the processor.
    shape = [re.sub(r"[\d ]+", "#", line) for line in said.splitlines()]
    assert [re.sub(r"[\d ]+", "#", line) for line in printed.getvalue().splitlines()] == shape
    read = [float(text.split()[-1]) for text in (printed.getvalue(), said)]
    assert read[0] == pytest.approx(read[1], abs=0.05)


@pytest.mark.slow
def test_small_table_is_that_of_the_named_cases():
    table = read_table(README, "")
    accuracies = pd.read_parquet(ROOT / "docs/cases/accuracies.parquet")
    n_cases = accuracies["case"].nunique()
    summary = load_script(ROOT / "experiments/cases.py").summarize_cases(accuracies)

    assert f"the same {n_cases} [cases]" in README
    assert [STRATEGIES[name] for name in table] == summary.index.tolist()
    for name, row in table.items():
        one = summary.loc[STRATEGIES[name]]
        assert row["mean rank of 6"] == f"{one['mean rank']:.1f}"
        assert row["better than random\\*"] == f"{one['better']} of {n_cases}"
        assert row["worse\\*"] == str(one["worse"])
        assert row["worst case, in points"] == f"{one['worst']:+.1f}, {one['worst case']}"


NAMES = {"VAAL herding": "vaal_herding", "earlier VAAL herding": "vaal_herding_decoded_n_labeled"}


@pytest.mark.slow
def test_every_case_is_that_of_the_records(comparison, found, against):
    table = read_table(MEASURED, "data")
    ranks = table.pop("**mean rank of these and random**")

    assert set(table) == {name_case(case) for case in found}
    compare_cases(table, comparison, found, against)
    ranks.pop("random: area")
    compare_ranks(ranks, comparison.summarize(found, against)["mean rank"])


@pytest.mark.slow
def test_the_present_defaults_are_those_of_the_records(comparison, found, against):
    table = read_table(MEASURED, "setting")
    ranks = table.pop("**mean rank of 18**")

    complete = {case: one for case, one in found.items() if one["strategy"].nunique() == 18}
    assert set(table) == {name_case(case) for case in complete}
    compare_cases(table, comparison, complete, against)
    compare_ranks(ranks, mean_ranks(pd.concat(complete.values())))


def compare_cases(table, comparison, found, against):
    for case, one in found.items():
        expected = comparison.as_text(against[case], one)
        row = table[name_case(case)]
        if "random: area" in row:
            assert row.pop("random: area") == expected["random"]
        for strategy, cell in row.items():
            name = NAMES.get(strategy, strategy)
            assert cell.replace("\\", "") == expected[name], (case, strategy)


def compare_ranks(ranks, expected):
    for strategy, cell in ranks.items():
        assert cell.strip("*") == f"{expected[NAMES.get(strategy, strategy)]:.1f}"
