"""The one sentence that a report begins with."""

from collections.abc import Sequence

import pandas as pd

from skvaal.benchmark.report._inputs import Case
from skvaal.benchmark.summary import BASELINE, seeds_note

LEVEL = 0.05  # a p value below it is called significant
_DIFFERENCE, _P = f"{BASELINE}_difference", f"{BASELINE}_p_holm"


def state_verdict(cases: Sequence[Case]) -> str:
    """Say in a sentence which strategy is worth its labels, as far as the records show it.

    Parameters
    ----------
    cases : sequence of Case
        Those with a query.

    Returns
    -------
    str
        A sentence on differences to random sampling, with the number of significant ones.
    """
    ended = [case.summary for case in cases if case.summary["n_seeds"].max() > 0]
    if not ended:
        return "Nothing can be said yet: no strategy has come to its end."
    compared = [_compare(one) for one in ended if _DIFFERENCE in one]
    compared = [one for one in compared if len(one)]
    if compared:
        return _of_case(compared[0]) if len(compared) == 1 else _of_cases(compared)
    best = ended[0].index[0]
    if len(ended) == 1 and len(ended[0]) > 1 and best != BASELINE:
        return f"{best} was the most accurate, but nothing shows by how much it beats chance: " + (
            f"{BASELINE} sampling did not take part."
        )
    return f"Nothing was compared with {BASELINE} sampling, so nothing shows what is worth labels."


def _compare(summary: pd.DataFrame) -> pd.DataFrame:
    """A row for each strategy beside the baseline: its gain in points, and whether it is clear."""
    n_seeds, n_others = int(summary["n_seeds"].max()), len(summary) - 1
    can_tell = not seeds_note(n_seeds, n_others, level=LEVEL)
    others = summary.drop(index=BASELINE, errors="ignore").dropna(subset=[_DIFFERENCE])
    is_clear = (others[_P] < LEVEL) & can_tell
    table = pd.DataFrame(
        {
            "gain": 100 * others[_DIFFERENCE],
            "p": others[_P],
            "better": is_clear & (others[_DIFFERENCE] > 0),
            "worse": is_clear & (others[_DIFFERENCE] < 0),
            "can_tell": can_tell,
            "n_seeds": n_seeds,
        }
    )
    return table.sort_values("gain", ascending=False, kind="stable")


def _of_case(table: pd.DataFrame) -> str:
    n_better, n_worse = int(table["better"].sum()), int(table["worse"].sum())
    top = table[table["better"]].iloc[0] if n_better else table.iloc[0]
    worse = f"{_count(n_worse)} significantly worse" if n_worse else "none was significantly worse"
    if not table["can_tell"].any():
        return (
            f"With {_seeds(table)} no difference to {BASELINE} sampling can be shown; on average "
            f"{_best_on_average(top)}."
        )
    if not n_better:
        return (
            f"No strategy was significantly better than {BASELINE} sampling, and {worse}; on "
            f"average {_best_on_average(top)}."
        )
    others = f"; {_count(n_better - 1)} significantly better, too" if n_better > 1 else ""
    return (
        f"{top.name} was significantly better than {BASELINE} sampling, by {top['gain']:.1f} "
        f"percentage points of accuracy averaged over the budget (p {_p(top['p'])}){others}, and "
        f"{worse}."
    )


def _of_cases(tables: Sequence[pd.DataFrame]) -> str:
    rows = pd.concat(tables).rename_axis("strategy").groupby("strategy", sort=False)
    table = rows.agg(
        gain=("gain", "mean"),
        better=("better", "sum"),
        worse=("worse", "sum"),
        n=("gain", "size"),
        can_tell=("can_tell", "any"),
    )
    # Who took part in few cases may have met the easy ones.
    table = table[table["n"] == table["n"].max()]
    table = table.assign(net=table["better"] - table["worse"])
    top = table.sort_values(["net", "gain"], ascending=False, kind="stable").iloc[0]
    n, cases = int(top["n"]), f"{len(tables)} cases"
    if not table["can_tell"].any():
        return (
            f"With so few seeds no difference to {BASELINE} sampling can be shown in {cases}; on "
            f"average {_best_on_average(top)}."
        )
    if not table["better"].any():
        return (
            f"No strategy was significantly better than {BASELINE} sampling in any of {cases}; on "
            f"average {_best_on_average(top)}."
        )
    worse = f"significantly worse in {int(top['worse'])}" if top["worse"] else "never worse"
    return (
        f"{top.name} did best against {BASELINE} sampling: significantly better in "
        f"{int(top['better'])} of {n} cases and {worse}, by {top['gain']:+.1f} percentage points "
        "of accuracy on average."
    )


def _best_on_average(top: pd.Series) -> str:
    if top["gain"] <= 0:
        return f"nothing was better than {BASELINE}"
    return f"{top.name} gained most, {top['gain']:.1f} percentage points of accuracy"


def _count(n: int) -> str:
    return f"{n} other was" if n == 1 else f"{n} others were"


def _seeds(table: pd.DataFrame) -> str:
    n = int(table["n_seeds"].max())
    return "1 seed" if n == 1 else f"{n} seeds"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
