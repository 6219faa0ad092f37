"""The table of a comparison as text, for the command line."""

from collections.abc import Sequence

import pandas as pd

from skvaal.benchmark.report._cells import Columns, accuracy_columns, summary_columns

_BUDGETS_IN_A_BLOCK = 8  # of the table of accuracies, to fit a line of 120 characters


def format_table(records: pd.DataFrame, summary: pd.DataFrame, *, heading: str) -> str:
    """Set the summary and the learning curves as text, one row for each strategy in both.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one case.
    summary : DataFrame
        As :func:`skvaal.benchmark.summary.summarize` returns it, from the same records.
    heading : str
        What was run, one line.

    Returns
    -------
    str
        The area under the budget curve, its differences to random and to margin sampling, the
        labels saved and the seconds of a query, with notes; then the accuracy by budget.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal.benchmark.summary import summarize
    >>> records = pd.DataFrame(
    ...     {
    ...         "strategy": "margin",
    ...         "seed": [0, 0, 1, 1],
    ...         "n_labeled": [20, 40, 20, 40],
    ...         "accuracy": [0.5, 0.7, 0.6, 0.8],
    ...         "query_seconds": [np.nan, 0.2, np.nan, 0.4],
    ...     }
    ... )
    >>> print(format_table(records, summarize(records), heading="two seeds"))
    two seeds
    <BLANKLINE>
    strategy               area  query s
    ------------------------------------
    margin    65.0 [60.0, 70.0]     0.30
    <BLANKLINE>
    area: area under the budget curve (mean accuracy over the budget) in %, mean over seeds;
        [ ]: 95 % bootstrap interval over seeds
    query s: mean seconds of a query
    <BLANKLINE>
    Test accuracy in % by number of labels, mean ± standard error over seeds
    <BLANKLINE>
    strategy          20          40
    --------------------------------
    margin    55.0 ± 5.0  75.0 ± 5.0
    """
    columns, notes = summary_columns(records, summary)
    budgets = sorted(records["n_labeled"].unique())
    accuracies = [
        _aligned(
            summary.index,
            accuracy_columns(records, summary.index, budgets[i : i + _BUDGETS_IN_A_BLOCK]),
        )
        for i in range(0, len(budgets), _BUDGETS_IN_A_BLOCK)
    ]
    caption = "Test accuracy in % by number of labels, mean ± standard error over seeds"
    parts = [_aligned(summary.index, columns), notes, [caption], *accuracies]
    return "\n".join([heading, *(line for part in parts for line in ["", *part])])


def _aligned(names: Sequence[str], columns: Columns) -> list[str]:
    """Set columns of text under their heads."""
    first = ["strategy", *names]
    texts = [[head, *cells] for head, cells in columns]
    width = max(map(len, first))
    widths = [max(map(len, column)) for column in texts]
    lines = []
    for i, name in enumerate(first):
        cells = [column[i].rjust(w) for column, w in zip(texts, widths, strict=True)]
        lines.append("  ".join([name.ljust(width), *cells]).rstrip())
    return [lines[0], "-" * (width + sum(widths) + 2 * len(widths)), *lines[1:]]
