import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from skvaal.benchmark.exhibits import Exhibit
from skvaal.benchmark.folder import ResultsFolder
from skvaal.benchmark.inference import penalty_matrix
from skvaal.benchmark.report import format_table, write_report
from skvaal.benchmark.statistics import case_areas
from skvaal.benchmark.summary import summarize
from tests.pages import Page

pytestmark = pytest.mark.slow


@pytest.fixture
def write(tmp_path):
    def write(*results):
        path = write_report(results, tmp_path / "report")
        return Page(path.read_text(encoding="utf-8"))

    return write


def test_page_is_well_formed_and_accessible(write, make_results, many_records):
    page = write(make_results(many_records))

    page.check()
    assert all(len(image["alt"]) > 20 for image in page.all("img"))
    assert len(page.all("a")) == len(page.titles(2))


def test_page_loads_nothing(write, make_results, many_records, tmp_path):
    page = write(make_results(many_records))

    sources = [attributes["src"] for _, attributes in page.tags if "src" in attributes]
    assert sources
    assert all(re.match(r"data:image/(png|svg\+xml);base64,", source) for source in sources)
    assert not page.all("link")
    assert not page.all("script")
    text = (tmp_path / "report/report.html").read_text(encoding="utf-8")
    styles = re.findall("<style>(.*?)</style>", text, re.S)
    assert len(styles) == 2
    assert not any("url(" in style or "@import" in style for style in styles)


def test_sections_of_several_cases(write, make_results, many_records):
    page = write(make_results(many_records))

    assert page.titles(2) == [
        "In short",
        "made-up, standard",
        "other, standard",
        "made-up, biased_start",
        "Strategies against each other",
        "Practical equivalence: against margin",
        "Failures",
        "What this cannot show",
        "What was run",
    ]
    assert page.titles(3)[:5] == [
        "Summary",
        "Learning curves",
        "Difference to random",
        "Labels saved",
        "Time against accuracy",
    ]
    assert page.titles(3)[-4:] == [
        "Penalty matrix: standard protocol, 2 cases",
        "Penalty matrix: biased start protocol, 1 case",
        "Mean ranks: random forest, standard protocol, 2 data sets",
        "Mean ranks: all 3 cases of 2 data sets",
    ]
    assert len(page.all("img")) == 3 * 3 + 4
    assert "2 data sets cannot tell any pair of 3 strategies apart" in page.words


def test_page_holds_the_numbers_and_what_was_run(write, make_results):
    page = write(make_results(command="skvaal benchmark --seeds 2"))

    for words in (
        "71.7 [70.0, 73.3]",  # the area of margin
        "+26.7 [+23.3, +30.0]",
        "40.0 ± 10.0",
        "2 seeds allow no p below 0.500",
        "too few seeds to tell",
        "command skvaal benchmark --seeds 2",
        "plan n_seeds 2; pool_size none",
        "samples: made-up 90 x 1 x 8 x 8; 2 classes",
        "protocol: standard defaults",
        "protocol: twice copies 2",
        ", later git revision",  # started twice on the same machine: one table
        "vaal defaults",
        "git revision not known",
        "processor fast",
        "python 3.11.7; torch 2.13.0",
        "No run was stopped by an error.",
        "One data set: nothing here says",
    ):
        assert words in page.words


def test_names_and_errors_are_escaped(write, make_results, failure, tmp_path, records):
    named = {"random": "random", "margin": "<b>&margin</b>"}
    results = make_results(
        records.assign(strategy=records["strategy"].map(named)),
        failures=[failure],
        data="<i>data</i>",
    )

    page = write(results)

    assert not page.all("b")
    assert not page.all("i")
    assert not page.all("script")
    assert failure["error"] in page.words
    assert "<b>&margin</b>" in page.words
    assert "<i>data</i>" in page.titles(1)[0]
    assert (tmp_path / "report/tables/i_data_i.txt").is_file()


def test_files_beside_the_page(write, make_results, failure, tmp_path):
    results = make_results(failures=[failure])
    records = results.records

    write(results)

    tables, figures = tmp_path / "report/tables", tmp_path / "report/figures"
    summary = pd.read_csv(tables / "made-up_summary.csv", index_col="strategy")
    pd.testing.assert_frame_equal(summary, summarize(records), rtol=1e-12)
    penalty = pd.read_csv(tables / "penalty_standard.csv", index_col="strategy")
    pd.testing.assert_frame_equal(penalty.rename_axis(None), penalty_matrix(records))
    text = format_table(records, summarize(records), heading="made-up: two seeds")
    assert (tables / "made-up.txt").read_text(encoding="utf-8") == text + "\n"
    assert pd.read_csv(tables / "failures.csv")["error"].to_list() == [failure["error"]]
    assert {path.name for path in tables.iterdir()} == {
        "made-up.txt",
        "made-up_costs.csv",
        "made-up_curves.csv",
        "made-up_label_saving.csv",
        "made-up_summary.csv",
        "equivalence.csv",
        "penalty_standard.csv",
        "failures.csv",
    }
    names = {"made-up_curves", "made-up_differences", "made-up_time", "penalty_standard"}
    assert {path.stem for path in figures.iterdir()} == names
    for name in names:
        assert imread(figures / f"{name}.png")[..., :3].std() > 0.01
        assert (figures / f"{name}.svg").read_text(encoding="utf-8").rstrip().endswith("</svg>")


def test_ranks_are_those_of_the_strategies_that_are_everywhere(
    write, make_results, many_records, tmp_path
):
    absent = (many_records["data"] == "other") & (many_records["strategy"] == "margin")

    page = write(make_results(many_records[~absent]))

    assert page.words.count("Left out") == 3  # of the penalties, of the ranks and of all ranks
    assert "no complete run in some case: margin." in page.words
    ranks = pd.read_csv(
        tmp_path / "report/tables/ranks_random_forest_standard.csv", index_col="strategy"
    )
    assert sorted(ranks.index) == ["random", "third"]
    assert list(ranks) == ["made-up", "other", "mean"]
    assert ranks["mean"].is_monotonic_increasing


def test_gains_over_random_stand_in_one_table(write, make_results, many_records, tmp_path):
    absent = (many_records["data"] == "other") & (many_records["strategy"] == "margin")

    page = write(make_results(many_records[~absent]))

    assert "Gain over random sampling" in page.words
    gains = pd.read_csv(tmp_path / "report/tables/gains.csv", index_col="strategy")
    cases = ["made-up, standard", "other, standard", "made-up, biased_start"]
    assert list(gains) == [*cases, "mean"]
    assert sorted(gains.index) == ["margin", "third"]
    assert gains.loc["margin", [cases[1], "mean"]].isna().all()
    areas = case_areas(many_records)
    expected = 100 * (areas.loc[cases[0], "margin"] - areas.loc[cases[0], "random"])
    assert gains.loc["margin", cases[0]] == pytest.approx(expected)


def test_runs_that_broke_off_are_told(write, make_results, records, failure):
    lost = (records["strategy"] == "margin") & (records["seed"] == 1) & (records["round"] == 2)

    page = write(make_results(records[~lost], failures=[failure]))

    assert "1 run was stopped by an error." in page.words
    assert "not every strategy has all 2 seeds (only margin 1)." in page.words


@pytest.mark.parametrize(
    "some",
    [
        pytest.param(lambda one: one["seed"] == 0, id="one seed"),
        pytest.param(lambda one: one["strategy"] == "random", id="random alone"),
        pytest.param(lambda one: one["strategy"] == "margin", id="margin alone"),
        pytest.param(lambda one: one["round"] <= 1, id="one query"),
        pytest.param(
            lambda one: (one["strategy"] == "random") | (one["round"] == 0), id="margin fails"
        ),
        pytest.param(
            lambda one: (one["strategy"] == "margin") | (one["round"] == 0), id="random fails"
        ),
        pytest.param(lambda one: one["round"] <= 1 + one["seed"], id="a seed fails"),
    ],
)
def test_whatever_is_missing_there_is_a_page(write, make_results, records, some):
    page = write(make_results(records[some(records)]))

    assert "nan" not in page.words.split()
    assert page.titles(2)[-2:] == ["What this cannot show", "What was run"]


@pytest.mark.parametrize("rounds", [0, 1])
def test_failures_are_told_where_no_query_came_to_its_end(
    write, make_results, records, failure, rounds
):
    results = make_results(records[records["round"] < rounds], failures=[failure])

    page = write(results)

    assert page.titles(2) == ["In short", "Failures", "What was run"]
    assert "No strategy has come to the end of a query." in page.words
    assert failure["error"] in page.words


def test_a_strategy_alone_is_set_against_nobody(write, make_results, records):
    page = write(make_results(records[records["strategy"] == "margin"]))

    assert "Strategies against each other" not in page.titles(2)
    assert page.titles(3) == ["Summary", "Learning curves", "Time against accuracy"]
    assert len(page.all("img")) == 1
    assert "peak MiB" not in page.words


def test_no_comparison_is_refused(tmp_path):
    with pytest.raises(ValueError, match="results is empty"):
        write_report([], tmp_path)


def test_several_comparisons(write, make_results, tmp_path):
    page = write(
        make_results(folder=tmp_path / "first"),
        make_results(estimator="svm", folder=tmp_path / "second"),
    )

    assert "made-up, svm" in page.titles(2)
    assert page.titles(3)[-2:] == ["first", "second"]


def test_a_case_twice_is_refused(make_results, tmp_path):
    results = [make_results(folder=tmp_path / name) for name in ("first", "second")]

    with pytest.raises(
        ValueError,
        match=r"/first and .*/second both hold made-up, random_forest, standard; report them one",
    ):
        write_report(results, tmp_path)


@pytest.mark.parametrize("pictures", [True, False])
def test_exhibit_is_shown(write, make_results, tmp_path, pictures):
    folder = tmp_path / "run"
    exhibit = Exhibit(
        samples=np.zeros((3, 8, 8, 1), np.uint8) if pictures else np.eye(3)[:, :2],
        y=np.array([0, 1, 1]),
        labeled=np.array([True, False, False]),
        picks={"margin": np.array([1]), "random": np.array([2])},
        classes=("a", "b"),
    )
    exhibit.save(ResultsFolder(folder).exhibit("made-up", "standard"))

    page = write(make_results(folder=folder))

    assert "What was picked first" in page.titles(3)
    assert len(page.of_class("photo")) == pictures
    assert (tmp_path / "report/figures/made-up_first_picks.png").is_file()


def test_same_page_twice(make_results, tmp_path):
    pages = [write_report([make_results()], tmp_path / name) for name in ("a", "b")]

    assert pages[0].read_bytes() == pages[1].read_bytes()


PLAN = {"n_seeds": 2, "rounds": 2}


def test_runs_that_all_stopped_in_one_round_are_not_taken_for_complete(
    write, make_results, records, tmp_path
):
    page = write(make_results(records[records["round"] < 2], plan=PLAN))

    assert "no complete run" in page.words
    assert "no run has every budget: there is no area" in page.words
    assert page.titles(3) == ["Summary", "Learning curves", "Time against accuracy"]
    summary = pd.read_csv(tmp_path / "report/tables/made-up_summary.csv")
    assert summary["n_seeds"].to_list() == [0, 0]
    assert "nan" not in page.words.split()


def test_an_unfinished_comparison_says_so(write, make_results, records, tmp_path):
    lost = (records["strategy"] == "margin") & (records["seed"] == 1) & (records["round"] == 2)
    results = make_results(records[~lost], plan=PLAN)
    del results.config["settings"]["protocols"]["twice"]

    page = write(results)

    note = "1 of 4 runs has not ended"
    assert f"In short {note} (margin 1)." in page.words
    assert f"Failures {note} (margin 1); the command of the comparison goes on" in page.words
    assert f"made-up: two seeds; {note}" in page.words
    text = (tmp_path / "report/tables/made-up.txt").read_text(encoding="utf-8")
    assert text.startswith(f"made-up: two seeds; {note}\n")


def test_a_finished_comparison_does_not(write, make_results, records):
    results = make_results(records, plan=PLAN)
    del results.config["settings"]["protocols"]["twice"]

    assert "not ended" not in write(results).words


def test_labels_saved_are_the_same_in_the_summary_and_below_it(
    write, make_results, records, tmp_path
):
    # third ends in seed 0 alone, with an accuracy that random has with fewer labels
    third = records[records["strategy"] == "random"].assign(strategy="third")
    third = third[(third["seed"] == 0) | (third["round"] < 2)]

    write(make_results(pd.concat([records, third])))

    tables = tmp_path / "report/tables"
    summary = pd.read_csv(tables / "made-up_summary.csv", index_col="strategy")
    saving = pd.read_csv(tables / "made-up_label_saving.csv", index_col=["strategy", "n_labeled"])
    final = saving.loc[("third", 80)]
    assert final["saved"] == pytest.approx(summary.loc["third", "labels_saved"])
    assert final["saved"] == pytest.approx(-40 / 3)  # 0.5 is two thirds of the way from 40 to 80


def test_a_case_without_a_query_is_named(write, make_results, many_records):
    begun = (many_records["data"] != "other") | (many_records["round"] == 0)

    page = write(make_results(many_records[begun]))

    assert "other, standard" not in page.titles(2)
    assert "Left out, as no query has come to its end: other, standard." in page.words


def test_a_damaged_exhibit_is_left_out(write, make_results, tmp_path):
    folder = tmp_path / "run"
    path = ResultsFolder(folder).exhibit("made-up", "standard")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no exhibit")

    page = write(make_results(folder=folder))

    assert "What was picked first" in page.titles(3)
    assert f"Left out: {path} holds no exhibit, or a damaged one" in page.words


@pytest.mark.parametrize("headings", [{}, {"made-up": {}}, {"made-up": "of an older release"}])
def test_without_a_heading_the_label_stands(write, make_results, tmp_path, headings):
    results = make_results()
    results.config["headings"] = headings

    write(results)

    text = (tmp_path / "report/tables/made-up.txt").read_text(encoding="utf-8")
    assert text.startswith("made-up\n")


def test_dollars_in_names_end_nothing(write, make_results, records):
    name = r"a$\frac$b_<b>"
    named = {"random": "random", "margin": name}

    page = write(make_results(records.assign(strategy=records["strategy"].map(named)), data=name))

    assert name in page.titles(1)[0]
    assert not page.all("b")


def test_the_verdict_stands_first(write, make_results, many_records):
    page = write(make_results(many_records))

    assert len(page.of_class("lead")) == 1
    words = page.words.removeprefix("Query strategies compared: made-up, other ")
    assert words.index("With so few seeds no difference to random sampling") < words.index(
        "In short"
    )


def test_no_labels_are_saved_where_the_area_is_behind(write, make_results, records):
    # Behind random with 40 labels by more than it is ahead with 80.
    late = {(0, 40): 0.2, (1, 40): 0.1, (0, 80): 0.55, (1, 80): 0.7}
    for (seed, n), accuracy in late.items():
        is_it = (records["seed"] == seed) & (records["n_labeled"] == n)
        records.loc[is_it & (records["strategy"] == "margin"), "accuracy"] = accuracy

    page = write(make_results(records))

    row = page.words[page.words.index("margin 35.0") :]
    nothing = "\N{EN DASH}"
    assert row.startswith(
        f"margin 35.0 [33.3, 36.7] -10.0 [-13.3, -6.7] 0.500 {nothing} {nothing} {nothing} "
    )
    assert f"{nothing}: the area is behind that of random, so that a lead at" in page.words
    saved = page.words[page.words.index("labels saved against random") :]
    assert "margin -20 (0.50)" in saved  # what was lost is told
    assert f"{nothing}: the area is behind that of random, so that a lead at some" in saved
