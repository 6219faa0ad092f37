"""How often a part of the pool without a label is found: by chance, and where there is one.

    python experiments/chance_shares.py

Writes docs/results/research/chance_shares.txt, on draws from a Gaussian in 10 dimensions. First, of
200 pairs of draws, the share in which Herding's estimate is above 0, and the mean exponent of the
scores then. Then, of 60 pools of 1,000, of which a part lies 8 standard deviations away and has no
label, how often that is found, and the mean estimate of its share.
"""

import numpy as np
from common import RESULTS

from skvaal import Herding
from skvaal._rules.rule import Candidates
from skvaal._vaal.missing_share import missing_share

SIZES = [(10, 50), (20, 400), (40, 400), (100, 1000), (40, 10), (200, 20)]
N_PAIRS, N_DIMS = 200, 10
PARTS, LABELS = [0.05, 0.1, 0.2, 0.3], [20, 50, 100, 200]
N_POOLS, POOL, DISTANCE = 60, 1_000, 8


def find_shares(n_labeled, n, part=0.0, n_seeds=N_PAIRS):
    """Estimates of the share without a label, if that part of the pool lies apart."""
    for seed in range(n_seeds):
        X = np.random.RandomState(seed).randn(n_labeled + n, N_DIMS).astype(np.float32)
        X[len(X) - round(part * n) :, 0] += DISTANCE
        yield missing_share(X[:n_labeled], X[n_labeled:], np.random.RandomState(seed))


def exponent_of(share):
    return Herding().exponent(Candidates(1, missing_share=share))


def main():
    lines = ["none is missing", "labelled  pool  found  exponent then"]
    for n_labeled, n in SIZES:
        found = np.array([exponent_of(share) for share in find_shares(n_labeled, n)])
        is_found = found > 0
        lines.append(
            f"{n_labeled:8}{n:6}{100 * is_found.mean():5.0f} %{found[is_found].mean():15.2f}"
        )
    lines += ["", "a part is missing: how often that is found, mean estimate"]
    lines.append("labelled" + "".join(f"{100 * part:12.0f} %" for part in PARTS))
    for n_labeled in LABELS:
        row = f"{n_labeled:8}"
        for part in PARTS:
            shares = np.array(list(find_shares(n_labeled, POOL, part, N_POOLS)))
            row += f"{100 * (shares > 0).mean():6.0f} % {100 * shares.mean():4.1f} %"
        lines.append(row)
    text = "\n".join(lines) + "\n"
    print(text)
    (RESULTS / "chance_shares.txt").write_text(text)


if __name__ == "__main__":
    main()
