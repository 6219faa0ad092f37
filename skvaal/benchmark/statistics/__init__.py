"""Summaries of a comparison's records: curves, areas, labels, cases and ranks.

What can be told from chance is in :mod:`skvaal.benchmark.inference`.
"""

from skvaal.benchmark.statistics._budgets import (
    complete_runs,
    n_budgets,
    planned_budgets,
    with_plan,
)
from skvaal.benchmark.statistics._cases import CASE, NAME, cases
from skvaal.benchmark.statistics._curves import (
    area_under_budget_curve,
    areas,
    curves,
    mean_and_standard_error,
)
from skvaal.benchmark.statistics._labels import label_saving, labels_to_reach
from skvaal.benchmark.statistics._overlap import intersection_over_union, pixel_confusion
from skvaal.benchmark.statistics._ranks import case_areas, mean_ranks, ranks

__all__ = [
    "CASE",
    "NAME",
    "area_under_budget_curve",
    "areas",
    "case_areas",
    "cases",
    "complete_runs",
    "curves",
    "intersection_over_union",
    "label_saving",
    "labels_to_reach",
    "mean_and_standard_error",
    "mean_ranks",
    "n_budgets",
    "pixel_confusion",
    "planned_budgets",
    "ranks",
    "with_plan",
]
