"""What VAAL herding takes for a part without a label, when herding has chosen the labels.

    SKVAAL_DATA=data python experiments/selected_shares.py

Plays named cases (`skvaal benchmark --cases`) by HerdingQuery(). Before each query, the share of
the pool that seems to lie where no label is (`missing_share`, among 32 principal components), and
the share that it would be if the rim of the labelled region held fewer than a tenth of the labels.
"rare" takes the largest of these rims in which labels are at most a fifth as frequent as in a fair
draw.
"No label" is the share of the pool whose class has no label: what could be found at most. Means
over seeds, in %, to docs/results/research/selected_shares.txt.
"""

import sys
import warnings

import numpy as np
import torch
from common import RESULTS
from threadpoolctl import threadpool_limits

from skvaal import HerdingQueryStrategy
from skvaal._vaal.missing_share import draw_shares, exceed_chance
from skvaal.benchmark import load_dataset
from skvaal.benchmark.cases import get_cases
from skvaal.benchmark.estimators import get_estimator
from skvaal.benchmark.journal import RunKey
from skvaal.benchmark.rounds import _Run
from skvaal.benchmark.start import draw_start

FAIR = ["fashion_large", "news_large", "features_large", "segments_large", "digits_large"]
BIASED = ["features_large_biased", "features_few_biased", "segments_biased"]
RIMS, N_SEEDS = [0.1, 0.05, 0.02, 0.01], 5
RARE = 5  # as rare as labels are to be within a rim: a fifth of what a fair draw has there


def find_shares(Z_labeled, Z):
    """As missing_share finds them, by rims of several sizes and by the largest with rare labels."""
    extent = Z.std(axis=0, dtype=np.float64).max()
    below, n_others = draw_shares(Z_labeled / extent, Z / extent, np.random.RandomState(0))
    sizes = [max(1, int(np.ceil(rim * len(below)))) for rim in RIMS]
    rare = [k for k in sizes if k / len(below) <= below[k - 1] / RARE]
    found = [exceed_chance(below, n_others, k) for k in sizes]
    return [*found, exceed_chance(below, n_others, max(rare)) if rare else 0.0]


class Watched:
    """Herding that notes the shares before each query."""

    def __init__(self, random_state, rows, start):
        self.random_state, self.rows, self.start = random_state, rows, start

    def __call__(self, learner, X_pool, n_instances):
        strategy = HerdingQueryStrategy(random_state=self.random_state)
        strategy.fit_pools(learner.X_training, X_pool)
        Z_labeled, Z = strategy.labeled_coordinates_, strategy.transform(X_pool)
        shares = find_shares(Z_labeled, Z)
        self.rows.append([len(Z_labeled), count_unseen(self.start, learner), *shares])
        proba = learner.predict_proba(X_pool)
        return strategy.query(X_pool, n_instances, proba=proba, return_scores=True)


def count_unseen(start, learner):
    """Share of the unlabelled pool whose class has no label."""
    is_seen = np.isin(start.y, np.unique(learner.y_training))
    return np.count_nonzero(~is_seen) / (len(start.y) - len(learner.y_training))


def play(case, seed):
    rows = []
    dataset, estimator = load_dataset(case.data), get_estimator(case.estimator)
    start = draw_start(dataset, case.plan, case.protocol, seed)

    def make(random_state):
        return Watched(random_state, rows, start)

    names = {"data": case.data, "estimator": case.estimator, "protocol": case.protocol.name}
    key = RunKey(**names, strategy="herding", seed=seed)
    list(_Run(dataset, case.plan, case.protocol, key, make, estimator).rounds())
    return rows


def main():
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    named = sys.argv[1].split(",") if len(sys.argv) > 1 else [*FAIR, *BIASED]
    lines = ["labels  no label" + "".join(f"  rim {100 * rim:3.0f} %" for rim in RIMS) + "  rare"]
    with threadpool_limits(1):
        for case in get_cases(named):
            lines += ["", f"{case.name}, {N_SEEDS} seeds"]
            means = np.mean([play(case, seed) for seed in range(N_SEEDS)], axis=0)
            for n_labeled, unseen, *shares in means:
                lines.append(
                    f"{n_labeled:6.0f}{100 * unseen:10.1f}"
                    + "".join(f"{100 * share:11.1f}" for share in shares[:-1])
                    + f"{100 * shares[-1]:6.1f}"
                )
            print("\n".join(lines[-len(means) - 1 :]), flush=True)
    if len(sys.argv) == 1:
        (RESULTS / "selected_shares.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
