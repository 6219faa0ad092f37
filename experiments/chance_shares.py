"""How often chance finds a part of the pool without a label: two draws from one Gaussian.

    python experiments/chance_shares.py

Writes docs/results/research/chance_shares.txt: of 200 pairs of draws in 10 dimensions, the share in
which Herding's estimate is above 0, and the mean exponent of the scores then.
"""

import numpy as np
from common import RESULTS

from skvaal import Herding
from skvaal._rules.rule import Candidates
from skvaal._vaal.missing_share import missing_share

SIZES = [(10, 50), (20, 400), (40, 400), (100, 1000), (40, 10), (200, 20)]
N_PAIRS, N_DIMS = 200, 10


def exponents(n_labeled, n):
    for seed in range(N_PAIRS):
        X = np.random.RandomState(seed).randn(n_labeled + n, N_DIMS).astype(np.float32)
        share = missing_share(X[:n_labeled], X[n_labeled:], np.random.RandomState(seed))
        yield Herding().exponent(Candidates(n, missing_share=share))


def main():
    lines = ["labelled  pool  found  exponent then"]
    for n_labeled, n in SIZES:
        found = np.array(list(exponents(n_labeled, n)))
        is_found = found > 0
        lines.append(
            f"{n_labeled:8}{n:6}{100 * is_found.mean():5.0f} %{found[is_found].mean():15.2f}"
        )
    text = "\n".join(lines) + "\n"
    print(text)
    (RESULTS / "chance_shares.txt").write_text(text)


if __name__ == "__main__":
    main()
