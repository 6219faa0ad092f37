"""What a comparison can tell from chance: intervals, tests and penalties.

Over the seeds of one case: intervals, paired differences, practical equivalence and penalties.
Over several cases, most often data sets: whether the strategies differ at all, which pairs do, and
which are as good in practice.
"""

from skvaal.benchmark.inference._cases import (
    cases_note,
    fewest_cases,
    friedman_p_value,
    pairwise_p_values,
)
from skvaal.benchmark.inference._equivalence import (
    ROPE,
    Equivalence,
    equivalence,
    equivalence_over_cases,
)
from skvaal.benchmark.inference._paired import (
    bootstrap_interval,
    holm,
    paired_difference,
    smallest_p_value,
    wilcoxon_p_value,
)
from skvaal.benchmark.inference._penalty import penalty_matrix, untested

__all__ = [
    "ROPE",
    "Equivalence",
    "bootstrap_interval",
    "cases_note",
    "equivalence",
    "equivalence_over_cases",
    "fewest_cases",
    "friedman_p_value",
    "holm",
    "paired_difference",
    "pairwise_p_values",
    "penalty_matrix",
    "smallest_p_value",
    "untested",
    "wilcoxon_p_value",
]
