"""The named cases of ``skvaal benchmark`` as a table."""

from __future__ import annotations

from skvaal.benchmark.cases import CASES, N_SEEDS
from skvaal.cli.printing import say


def list_cases() -> None:
    """Print a row for each case: what is labelled, by what it is judged, and on what evidence."""
    rows = [("name", "data", "task model", "protocol", "labels", "pool", "evidence")]
    for case in CASES.values():
        plan = case.plan
        pool = "all" if plan.pool_size is None else f"{plan.pool_size:,}"
        labels = f"{plan.initial:,} + {plan.rounds} x {plan.batch:,}"
        about = (case.name, case.data, case.estimator, case.protocol.name)
        rows.append((*about, labels, pool, case.evidence))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say("  ".join(cells).rstrip())
    say(f"\nEach has {N_SEEDS} paired seeds. Evidence: settings of skvaal were chosen on the data")
    say("(tuned); earlier ones were chosen with it in sight (seen); none was (unseen).")
