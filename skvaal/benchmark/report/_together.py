"""The sections on several cases: an overview, penalties and ranks."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from skvaal.benchmark.figures import draw_penalty, draw_ranks
from skvaal.benchmark.inference import penalty_matrix, untested
from skvaal.benchmark.report._files import write_csv
from skvaal.benchmark.report._inputs import Case
from skvaal.benchmark.report._parts import Picture, Section, Table
from skvaal.benchmark.report._progress import unfinished_note
from skvaal.benchmark.report._verdict import LEVEL
from skvaal.benchmark.statistics import case_areas, ranks
from skvaal.benchmark.statistics import cases as split_cases
from skvaal.benchmark.summary import BASELINE, seeds_note


def overview_section(cases: Sequence[Case], counts: pd.DataFrame) -> Section:
    """Return a table with a row for each case.

    Parameters
    ----------
    cases : sequence of Case
        The cases, those without any query too.
    counts : DataFrame
        How many runs were planned and have ended, see
        :func:`~skvaal.benchmark.report._progress.count_runs`.

    Returns
    -------
    Section
        Which strategy is best, and which ones can be told from random choice; before it, what
        has not ended.
    """
    title = "In short"
    unfinished = unfinished_note(counts, by_strategy=True)
    paragraphs = [f"{unfinished}."] if unfinished else []
    started = [case.label for case in cases if not case.has_query]
    if len(started) == len(cases):
        paragraphs.append("No strategy has come to the end of a query.")
        return Section(title=title, paragraphs=paragraphs)
    if started:
        paragraphs.append(f"Left out, as no query has come to its end: {'; '.join(started)}.")
    notes = ["best, random: mean area under the budget curve, in %; with 95 % bootstrap interval"]
    compared = f"by the two-sided Wilcoxon signed-rank test over seeds, corrected, p < {LEVEL:g}"
    notes.append(f"better, worse: than {BASELINE} sampling {compared}")
    return Section(
        title=title,
        paragraphs=paragraphs,
        parts=[
            Table(
                caption="The cases",
                head=["case", "seeds", "labels", "best", BASELINE, "better", "worse"],
                rows=[_overview(case) for case in cases if case.has_query],
                notes=notes,
                look="words",
            )
        ],
    )


def _overview(case: Case) -> list[str]:
    summary = case.summary
    n_seeds, labels = int(summary["n_seeds"].max()), case.records["n_labeled"]
    cells = [case.label, str(n_seeds), _unbroken(f"{labels.min()} to {labels.max()}")]
    if n_seeds == 0:
        return [*cells, "no complete run", "", "", ""]
    cells += [f"{summary.index[0]} {_area(summary.iloc[0])}"]
    if f"{BASELINE}_difference" not in summary:
        return [*cells, "did not take part", "", ""]
    cells.append(_area(summary.loc[BASELINE]))
    if seeds_note(n_seeds, len(summary) - 1, level=LEVEL):
        return [*cells, "too few seeds to tell", "too few seeds to tell"]
    significant = summary[summary[f"{BASELINE}_p_holm"] < LEVEL]
    for sign in (1, -1):
        names = significant.index[sign * significant[f"{BASELINE}_difference"] > 0]
        cells.append(", ".join(names) or "none")
    return cells


def _area(row: pd.Series) -> str:
    text = f"{100 * row['area']:.1f}"
    if pd.isna(row["area_low"]):
        return text
    return _unbroken(f"{text} [{100 * row['area_low']:.1f}, {100 * row['area_high']:.1f}]")


def _unbroken(text: str) -> str:
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def together_section(cases: Sequence[Case], out: Path) -> Section | None:
    """Write the tables and pictures over cases, and return what the page shows of them.

    Parameters
    ----------
    cases : sequence of Case
        The cases.
    out : Path
        Folder of the report; the files go into its folders tables and figures.

    Returns
    -------
    Section or None
        What each strategy gains on each case, if there are several; a penalty matrix for each
        protocol; mean ranks for each estimator and protocol with two data sets or more. None if
        there is nothing to compare.
    """
    if not cases:
        return None
    records = pd.concat([case.records for case in cases], ignore_index=True)
    sections = [*_gains(cases, out), *_penalties(records, out), *_ranks(records, out)]
    if not sections:
        return None
    return Section(title="Strategies against each other", sections=sections)


def _gains(cases: Sequence[Case], out: Path) -> Iterator[Section]:
    """Compare all strategies with random choice on all cases, in one table."""
    summaries = {case.label: case.summary for case in cases}
    key = f"{BASELINE}_difference"
    compared = {label: one for label, one in summaries.items() if key in one}
    if len(compared) < 2:
        return
    gain = pd.DataFrame({label: 100 * one[key] for label, one in compared.items()})
    p = pd.DataFrame({label: one[f"{BASELINE}_p_holm"] for label, one in compared.items()})
    gain = gain.drop(index=BASELINE).assign(
        mean=lambda table: table.mean(axis="columns", skipna=False)
    )
    gain = gain.sort_values("mean", ascending=False, kind="stable")
    write_csv(out / "tables" / "gains.csv", gain, index_label="strategy")
    columns = [
        (
            label,
            [
                ""
                if pd.isna(gain.loc[name, label])
                else f"{gain.loc[name, label]:+.1f}"
                + ("*" if label in p and p.loc[name, label] < LEVEL else "")
                for name in gain.index
            ],
        )
        for label in gain
    ]
    yield Section(
        title=f"Gain over {BASELINE} sampling",
        parts=[
            Table.of_strategies(
                gain.index,
                columns,
                caption=f"Area under the budget curve less that of {BASELINE}, in points of %",
                notes=[
                    f"*: p < {LEVEL:g} by the two-sided Wilcoxon signed-rank test over the seeds "
                    "of the case, Holm-corrected for its strategies",
                    "mean: over the cases, of strategies that took part in all",
                ],
            )
        ],
    )


def _penalties(records: pd.DataFrame, out: Path) -> Iterator[Section]:
    for protocol, one in records.groupby("protocol", sort=False):
        n_cases = len(split_cases(one))
        of_cases = "1 case" if n_cases == 1 else f"{n_cases} cases"
        which = f"{_words(protocol)} protocol, {of_cases}"
        penalty = penalty_matrix(one)
        stem = f"penalty_{_stem(protocol)}"
        write_csv(out / "tables" / f"{stem}.csv", penalty, index_label="strategy")
        without = untested(penalty)
        n_shown = len(penalty) - len(without)
        if n_shown < 2:
            continue
        heading = f"{which}; beats: paired t test over seeds, p < {LEVEL:g}"
        picture = Picture.of_figure(
            draw_penalty(penalty, heading=heading, n_data=n_cases),
            out / "figures" / stem,
            alt=f"Heat map, {n_shown} by {n_shown} strategies: how often the one of the "
            f"row beats the one of the column. The file tables/{stem}.csv holds the numbers.",
            caption="How often a strategy beats another one, as share of the budgets, summed over "
            "cases. The lower the mean of its column, the less often a strategy is beaten."
            + _left_out(without, "fewer than two seeds in common with the others at some budget"),
        )
        yield Section(title=f"Penalty matrix: {which}", parts=[picture])


def _ranks(records: pd.DataFrame, out: Path) -> Iterator[Section]:
    groups = list(records.groupby(["estimator", "protocol"], sort=False))
    for (estimator, protocol), one in groups:
        which = f"{_words(estimator)}, {_words(protocol)} protocol, {_count(one)}"
        yield from _ranks_of(one, which, f"ranks_{_stem(estimator)}_{_stem(protocol)}", out)
    if len(groups) > 1:
        yield from _ranks_of(records, f"all {_count(records)}", "ranks", out)


def _ranks_of(one: pd.DataFrame, which: str, stem: str, out: Path) -> Iterator[Section]:
    area = case_areas(one)
    everywhere = area.columns[area.notna().all()]
    if min(len(area), len(everywhere)) < 2:
        return
    rank = ranks(one[one["strategy"].isin(everywhere)])
    table = rank.T.assign(mean=rank.mean()).sort_values("mean", kind="stable")
    write_csv(out / "tables" / f"{stem}.csv", table, index_label="strategy")
    picture = Picture.of_figure(
        draw_ranks(one, heading=which, level=LEVEL),
        out / "figures" / stem,
        alt="Critical-difference diagram of the mean ranks; the table below holds them.",
        caption="Mean ranks by area under the budget curve, 1 being the best. A bar joins "
        "strategies that cannot be told apart."
        + _left_out(area.columns.difference(everywhere), "no complete run in some case"),
    )
    columns = [(str(name), [f"{rank:g}" for rank in table[name]]) for name in rank.index]
    columns.insert(0, ("mean", [f"{rank:.2f}" for rank in table["mean"]]))
    ranked = Table.of_strategies(table.index, columns, caption="Rank in each case")
    yield Section(title=f"Mean ranks: {which}", parts=[picture, ranked])


def _count(records: pd.DataFrame) -> str:
    n_cases, n_data = len(split_cases(records)), records["data"].nunique()
    return f"{n_cases} data sets" if n_cases == n_data else f"{n_cases} cases of {n_data} data sets"


def _left_out(names: Sequence[str], why: str) -> str:
    return f" Left out, with {why}: {', '.join(names)}." if len(names) else ""


def _words(name: str) -> str:
    return name.replace("_", " ")


def _stem(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "_.-" else "_" for letter in name)
