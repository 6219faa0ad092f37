import itertools
import re

import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.report import format_table
from skvaal.benchmark.summary import summarize


def table_of(records, heading="made-up data"):
    return format_table(records, summarize(records), heading=heading)


def blocks(table):
    """Return the tables of a text as DataFrames of their cells."""
    lines = table.splitlines()
    found = []
    for start in (i for i, line in enumerate(lines) if line.startswith("strategy ")):
        ends = [match.end() for match in re.finditer(r"\S+( \S+)*", lines[start])]
        rows = []
        for line in lines[start + 2 :]:
            if not line:
                break
            # names stand at the left of their column, the others at the right
            cuts = itertools.pairwise([0, len(line.split()[0]), *ends[1:]])
            rows.append([line[a:b].strip() for a, b in cuts])
        head = re.split(r"\s{2,}", lines[start])
        found.append(pd.DataFrame(rows, columns=head).set_index("strategy"))
    return found


def test_table_holds_the_summary(records):
    table = table_of(records)

    assert table.startswith("made-up data\n")
    summary, _ = blocks(table)
    assert list(summary.index) == ["margin", "random"]
    # areas 44/60 and 42/60, less 30/60 and 24/60
    margin, random = summary.loc["margin"], summary.loc["random"]
    assert margin["area"] == "71.7 [70.0, 73.3]"
    assert margin["- random"] == "+26.7 [+23.3, +30.0]"
    assert random["- margin"] == "-26.7 [-30.0, -23.3]"
    assert margin["p"].to_list() == ["0.500", ""]
    assert random["p"].to_list() == ["", "0.500"]
    # random is never as accurate as margin, which is so with 30 labels
    assert margin[["saved", "ratio", "reach"]].to_list() == ["> 0", "> 1", "30"]
    assert random[["saved", "ratio", "reach"]].to_list() == ["", "", ""]
    assert margin["query s"] == "0.15"


def test_labels_lost_are_negative(records):
    swap = {"margin": "random", "random": "margin"}
    summary, _ = blocks(table_of(records.assign(strategy=records["strategy"].map(swap))))

    assert summary.loc["margin", ["saved", "ratio", "reach"]].to_list() == ["-50", "0.38", "> 80"]


def test_table_holds_accuracies_and_standard_errors(records):
    _, accuracies = blocks(table_of(records))

    assert list(accuracies) == ["20", "40", "80"]
    assert accuracies.loc["margin", "20"] == "40.0 ± 10.0"
    assert accuracies.loc["random", "80"] == "55.0 ± 5.0"


def test_many_rounds_go_into_blocks(records):
    parts = [records.assign(n_labeled=records["n_labeled"] + 100 * i) for i in range(6)]

    _, *accuracies = blocks(table_of(pd.concat(parts)))

    assert [len(block.columns) for block in accuracies] == [8, 8, 2]
    assert accuracies[2].loc["margin"].to_list() == ["70.0 ± 0.0", "90.0 ± 0.0"]


def test_note_on_too_few_seeds(records):
    note = "2 seeds allow no p below 0.500: a p below 0.05 takes at least 6 seeds"
    assert note in table_of(records)
    noise = np.random.default_rng(0).normal(size=(6, len(records))) / 100
    six = [
        records.assign(seed=records["seed"] + 2 * i, accuracy=records["accuracy"] + noise[i])
        for i in range(6)
    ]
    assert "seeds allow" not in table_of(pd.concat(six))


def test_one_seed_has_neither_error_nor_test(records):
    table = table_of(records[records["seed"] == 0])

    assert "nan" not in table
    summary, accuracies = blocks(table)
    assert summary.loc["margin", "area"] == "73.3"
    assert summary.loc["margin", "- random"] == "+23.3"
    assert "p" not in summary
    assert "bootstrap" not in table
    assert "1 seed allows no interval and no test" in table
    assert accuracies.loc["margin", "20"] == "50.0"


@pytest.mark.parametrize(("missing", "left"), [("random", "margin"), ("margin", "random")])
def test_references_stand_only_where_they_took_part(records, missing, left):
    other = records[records["strategy"] == "random"].assign(strategy="other")
    everyone = pd.concat([records, other])

    table = table_of(everyone[everyone["strategy"] != missing])

    assert f"- {missing}" not in table
    assert f"- {left}" in table
    assert ("saved" in table) == (missing != "random")


def test_a_strategy_alone(records):
    table = table_of(records[records["strategy"] == "margin"])

    (summary, _) = blocks(table)
    assert list(summary) == ["area", "query s"]
    assert "p:" not in table


def test_a_missing_point_is_blank(records):
    last = (records["strategy"] == "random") & (records["round"] == 2)

    summary, accuracies = blocks(table_of(records[~last]))

    assert accuracies.loc["random", "80"] == ""
    assert summary.loc["random", "area"] == ""


@pytest.mark.parametrize("n", [2, 20])
def test_columns_line_up(records, n):
    random = records[records["strategy"] == "random"]
    others = [
        random.assign(strategy="s" * i, accuracy=random["accuracy"] + i / 200) for i in range(1, n)
    ]
    lines = table_of(pd.concat([*others, random])).splitlines()

    rules = [i for i, line in enumerate(lines) if line.startswith("---")]
    for i in rules:
        assert {len(line) for line in lines[i - 1 : i + 1 + n]} == {len(lines[i])}
        assert len(lines[i]) <= 120


def test_runs_that_broke_off_do_not_count(records):
    broken = (records["strategy"] == "margin") & (records["seed"] == 1) & (records["round"] == 2)

    table = table_of(records[~broken])

    summary, _ = blocks(table)
    assert summary.loc["margin", "area"] == "73.3"
    assert summary["seeds"].to_list() == ["1", "2"]
    assert "seeds: runs that came to their end" in table


def test_no_column_of_seeds_where_all_have_the_same(records):
    summary, _ = blocks(table_of(records))

    assert "seeds" not in summary


def test_a_start_alone_says_that_there_is_no_area(records):
    table = table_of(records[records["round"] == 0])

    summary, accuracies = blocks(table)
    assert list(summary) == ["seeds"]
    assert summary["seeds"].to_list() == ["0", "0"]
    assert "no run has every budget: there is no area, and nothing to compare" in table
    assert accuracies.loc["margin", "20"] == "40.0 ± 10.0"
    assert "nan" not in table
