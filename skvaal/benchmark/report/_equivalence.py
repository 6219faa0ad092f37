"""The section on practical equivalence: each strategy against one of them."""

from collections import Counter
from collections.abc import Sequence
from math import isnan
from pathlib import Path

import pandas as pd

from skvaal._utils.pages import visible
from skvaal._utils.params import did_you_mean
from skvaal.benchmark.inference import ROPE, Equivalence, equivalence, equivalence_over_cases
from skvaal.benchmark.report._files import write_csv
from skvaal.benchmark.report._inputs import Case
from skvaal.benchmark.report._parts import Section, Table
from skvaal.benchmark.results import Results
from skvaal.benchmark.statistics import areas

_DOUBT = 0.05  # a smaller probability is called none
_POINTS = f"{100 * ROPE:g} points"


def check_against(results: Sequence[Results], against: str | None) -> None:
    """Raise unless a strategy of that name took part.

    Parameters
    ----------
    results : sequence of Results
        The comparisons.
    against : str or None
        The name; None is always good.

    Raises
    ------
    ValueError
        Naming it, and the nearest.
    """
    names = {name for one in results for name in one.records["strategy"].unique()}
    if against is not None and against not in names:
        raise ValueError(
            f"against={against!r} is no strategy of the comparison; {did_you_mean(against, names)}"
        )


def equivalence_section(cases: Sequence[Case], against: str | None, out: Path) -> Section | None:
    """Say how probably each strategy is practically better than one of them, as good, or worse.

    Parameters
    ----------
    cases : sequence of Case
        Those with a query.
    against : str or None
        The strategy that the others are compared with; None takes the first of the first case.
    out : Path
        Folder of the report; the probabilities go to tables/equivalence.csv.

    Returns
    -------
    Section or None
        Sentences on each strategy, and a table of all cases; None if nothing is to be compared.
    """
    if not cases:
        return None
    against = cases[0].records["strategy"].iloc[0] if against is None else against
    against = visible(against, in_one_line=True)
    compared = {case.label: _against(case, against) for case in cases}
    gains = pd.DataFrame({label: one.mean() for label, one in compared.items() if len(one.columns)})
    if gains.empty:
        return None
    gains = gains.loc[gains.mean(axis="columns").sort_values(ascending=False, kind="stable").index]
    found = {
        name: {label: equivalence(one[name]) for label, one in compared.items() if name in one}
        for name in gains.index
    }
    over_cases = {name: equivalence_over_cases(gains.loc[name]) for name in found}
    _write(gains, found, over_cases, against, out)
    columns = [
        (
            name,
            [
                _cell(gains.loc[name, label], found[name][label]) if label in found[name] else ""
                for label in gains
            ],
        )
        for name in found
    ]
    table = Table(
        caption=f"Each strategy against {against}",
        head=["case", *(name for name, _ in columns)],
        rows=list(zip(gains.columns, *(cells for _, cells in columns), strict=True)),
        notes=[
            f"difference of the areas to that of {against} in points of %: probabilities in % that "
            f"it is above {_POINTS} / within {_POINTS} / below -{_POINTS}",
            "by the Bayesian t test over the paired seeds of the case, which holds for these data",
        ],
    )
    return Section(
        title=f"Practical equivalence: against {against}",
        paragraphs=[f"Differences of up to {_POINTS} of accuracy make none in practice."],
        items=[_sentence(name, against, found[name], over_cases[name]) for name in found],
        parts=[table],
    )


def _against(case: Case, against: str) -> pd.DataFrame:
    """Paired differences, a column for each other strategy; without columns if there are none."""
    area = areas(case.records)
    if against not in area:
        return area[[]]
    return area.drop(columns=against).sub(area[against], axis=0).dropna(axis="columns", how="all")


def _write(
    gains: pd.DataFrame,
    found: dict[str, dict[str, Equivalence]],
    over_cases: dict[str, Equivalence],
    against: str,
    out: Path,
) -> None:
    rows = [
        {"strategy": name, "against": against, "case": label, "difference": gains.loc[name, label]}
        | one._asdict()
        for name, by_case in found.items()
        for label, one in by_case.items()
    ]
    if len(gains.columns) > 1:
        means = gains.mean(axis="columns")
        rows += [
            {"strategy": name, "against": against, "case": "all cases", "difference": means[name]}
            | one._asdict()
            for name, one in over_cases.items()
        ]
    write_csv(out / "tables" / "equivalence.csv", pd.DataFrame(rows), index=False)


def _cell(gain: float, found: Equivalence) -> str:
    if isnan(found.better):
        return f"{100 * gain:+.1f}"
    return f"{100 * gain:+.1f}: {' / '.join(f'{100 * one:.0f}' for one in found)}"


def _sentence(
    name: str, against: str, by_case: dict[str, Equivalence], over_cases: Equivalence
) -> str:
    if len(by_case) == 1:
        (only,) = by_case.values()
        if isnan(only.better):
            return f"{name} against {against}: one seed allows no probability."
        return f"{name} against {against}: {_verdict(only)} ({_probabilities(only)})."
    counts = Counter(map(_verdict, by_case.values()))
    shares = ", ".join(f"{word} in {counts[word]}" for word in _WORDS if counts[word])
    return (
        f"{name} against {against} over {len(by_case)} cases: {_verdict(over_cases)} "
        f"({_probabilities(over_cases)}, by the Bayesian signed-rank test). In the single cases: "
        f"{shares}."
    )


_WORDS = ("better", "equivalent", "not worse", "open", "not better", "worse", "unknown")


def _verdict(found: Equivalence) -> str:
    """What is beyond doubt, in words; by probabilities as they are shown."""
    if isnan(found.better):
        return "unknown"
    shown = {word: round(value, 2) for word, value in found._asdict().items()}
    for word, probability in shown.items():
        if probability >= 1 - _DOUBT:
            return word
    if shown["worse"] <= _DOUBT:
        return "not worse"
    return "not better" if shown["better"] <= _DOUBT else "open"


def _probabilities(found: Equivalence) -> str:
    return ", ".join(f"{100 * value:.0f} % {word}" for word, value in found._asdict().items())
