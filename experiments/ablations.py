"""What each part of VAAL herding brings: the table of the guide.

    python experiments/ablations.py

Reads the records of docs/ablations, which `bash docs/recommended/make.sh ablations` plays. Writes
docs/results/research/ablations.txt: the area under the accuracy curve less random's, and less that
of the whole method, in points, +- standard error over the seeds, with the p of Wilcoxon's
signed-rank test without a correction.
"""

from pathlib import Path

import pandas as pd
from scipy.stats import wilcoxon

from skvaal.benchmark.folder import find_results
from skvaal.benchmark.statistics import areas, cases

DOCS = Path(__file__).parents[1] / "docs"
WHOLE = "vaal_herding"


def mean_and_error(differences):
    return f"{differences.mean():+.2f} +- {differences.sem():.2f}"


def compare(points):
    """One row for each strategy, from areas in points, (seed, strategy)."""
    rows = {}
    for name in points.columns.drop("random"):
        row = {"less random": mean_and_error(points[name] - points["random"])}
        if name != WHOLE:
            difference = points[name] - points[WHOLE]
            row[f"less {WHOLE}"] = mean_and_error(difference)
            row["p"] = f"{wilcoxon(difference).pvalue:.3f}"
        rows[name] = row
    return pd.DataFrame(rows).T.fillna("")


def main():
    text = []
    records = pd.concat([one.records for one in find_results(DOCS / "ablations")])
    for _, one in cases(records):
        first = one.iloc[0]
        title = f"{first['data']}, {first['protocol']}, {first['estimator']}"
        text += [
            f"{title}; {one['seed'].nunique()} seeds",
            compare(100 * areas(one)).to_string(),
            "",
        ]
    path = DOCS / "results" / "research" / "ablations.txt"
    path.write_text("\n".join(text))
    print(path.read_text())


if __name__ == "__main__":
    main()
