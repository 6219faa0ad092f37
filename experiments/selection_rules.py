"""Which rule chooses a batch best, before any network is trained for it?

    SKVAAL_DATA=data python experiments/selection_rules.py herding digits
    SKVAAL_DATA=data python experiments/selection_rules.py spaces wine digits fashion_mnist
    SKVAAL_DATA=data python experiments/selection_rules.py settings wine digits
    SKVAAL_DATA=data python experiments/selection_rules.py weights wine digits digits_late

SKVAAL_DATA names the folder with fashion_mnist.npz; wine and digits need none. On two busy cores an
experiment took two to thirteen minutes for each data set. Writes for each the area under each run's
accuracy curve (.csv) and the gains on random choice (.txt) to docs/results/research.

The names of the rules: uh, uncertainty herding, and h, the same without the uncertainty; std or
nothing, standardised features, and pca, 32 principal components; knn, mean, lab and cov, what the
width of the kernel is measured by (`Herding._squared_width`), with the factor before it; c1, with
the factor w(c) for the candidate; u2, the margin squared; u and those with rank and sqrt in them,
what the margin is made to be as a weight. docs/research_log.md has what came out.

References
----------
.. [1] Bae, Sutherland, Oliveira, "Uncertainty Herding: One Active Learning Method for All Label
       Budgets", ICLR 2025, arXiv 2412.20644.
"""

import argparse
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from skvaal._selection import herding
from skvaal._selection._herding import _weights as larger_of_rank
from skvaal._selection._ranking import ranks
from skvaal.benchmark import Plan, get_strategies, load_dataset, run
from skvaal.benchmark.estimators import as_rows
from skvaal.benchmark.protocols import get_protocols
from skvaal.benchmark.statistics import areas, mean_and_standard_error

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "research"
PROTOCOLS = ["standard", "biased_start"]
PLANS = {
    "wine": Plan(n_seeds=6, rounds=6, batch=6, initial=6),
    "digits": Plan(n_seeds=6, rounds=6, batch=20, initial=20),
    "fashion_mnist": Plan(n_seeds=5, rounds=5, batch=100, initial=100, pool_size=3000),
    "digits_late": Plan(n_seeds=6, rounds=4, batch=100, initial=200),
}


def coordinates(X_labeled, X_pool, space):
    """Standardised features ("std") or principal components ("pca" and their number)."""
    X = np.concatenate([as_rows(X_labeled), as_rows(X_pool)]).astype(np.float32)
    if space == "std":
        X = (X - X.mean(0)) / (X.std(0) + 1e-6)
    else:
        X = X - X.mean(0)
        n_components = min(int(space.removeprefix("pca")), X.shape[1], len(X) - 1)
        X = PCA(n_components, random_state=0).fit_transform(X).astype(np.float32)
    return X[: len(X_labeled)], X[len(X_labeled) :]


def uncertainty(learner, X_pool, measure="margin"):
    """How unsure a task model is of each sample; 1 if it knows one class alone."""
    probabilities = np.sort(learner.predict_proba(X_pool), axis=1)
    if probabilities.shape[1] < 2:
        return np.ones(len(probabilities))
    if measure == "margin":
        return 1 - (probabilities[:, -1] - probabilities[:, -2])
    if measure == "least_confident":
        return 1 - probabilities[:, -1]
    return -(probabilities * np.log(np.clip(probabilities, 1e-12, 1))).sum(axis=1)


def squared_distances(A, B):
    return np.maximum((A**2).sum(1)[:, None] + (B**2).sum(1) - 2 * A @ B.T, 0)


class Herding:
    """Uncertainty herding [1]_, every distance in memory.

    Takes the sample c that is largest in w(c) * sum(u(x) * max(0, k(x, c) - cover(x))), w = u with
    `for_candidate`, else 1; k is a Gaussian kernel, cover(x) the largest k between x and what is
    labelled or chosen.
    """

    def __init__(
        self,
        seed,
        space="std",
        width="knn",
        scale=1.0,
        measure="margin",
        power=1,
        for_candidate=False,
    ):
        del seed  # nothing is drawn
        self.space = space
        self.width = width
        self.scale = scale
        self.measure = measure
        self.power = power
        self.for_candidate = for_candidate

    def __call__(self, learner, X_pool, n_instances=1):
        Z_labeled, Z = coordinates(learner.X_training, X_pool, self.space)
        weights = np.ones(len(Z))
        if self.measure is not None:
            weights = uncertainty(learner, X_pool, self.measure) ** self.power
        within = squared_distances(Z, Z)
        h = 2 * self.scale * self._squared_width(within, Z_labeled, n_instances)
        kernel = np.exp(-within / h).astype(np.float32)
        cover = np.exp(-squared_distances(Z, Z_labeled) / h).max(axis=1).astype(np.float32)
        factors = weights if self.for_candidate else np.ones(len(Z), dtype=np.float32)
        chosen = _most_covering(kernel, weights.astype(np.float32), cover, factors, n_instances)
        return chosen, np.zeros(n_instances)

    def _squared_width(self, within, Z_labeled, n):
        if self.width == "knn":  # to the 20th neighbour in the pool
            k = min(20, len(within) - 1)
            return np.median(np.partition(within, k, axis=1)[:, k])
        if self.width == "mean":
            return within.mean()
        if self.width == "lab":  # between labelled samples that are neighbours
            among = squared_distances(Z_labeled, Z_labeled)
            np.fill_diagonal(among, np.inf)
            return np.median(np.sqrt(among.min(axis=1))) ** 2
        # "cov": as many balls as there will be labels would just hold the pool
        probes = within[np.random.RandomState(0).permutation(len(within))[:500]]
        return np.median(np.quantile(probes, min(1, 1 / (len(Z_labeled) + n)), axis=1))


def _most_covering(kernel, weights, cover, factors, n):
    """Greedy; gains only fall, so that only the largest are computed again."""
    gains = weights @ np.maximum(kernel - cover[:, None], 0) * factors
    computed_at = np.zeros(len(gains), dtype=int)
    chosen = []
    while len(chosen) < n:
        best = int(gains.argmax())
        if computed_at[best] < len(chosen):
            gains[best] = weights @ np.maximum(kernel[:, best] - cover, 0) * factors[best]
            computed_at[best] = len(chosen)
            continue
        chosen.append(best)
        cover = np.maximum(cover, kernel[:, best])
        gains[best] = -1
        computed_at[best] = n
    return np.array(chosen)


def herding_by_weights(*args, weights=None, bandwidth):
    """The library's herding, which makes weights of uncertainties, by weights as they are."""
    with patch("skvaal._selection._herding._weights", lambda weights: weights):
        return herding(*args, uncertainty=weights, bandwidth=bandwidth)


class LibraryHerding:
    """What the library has of it: width "cov" and the factor w(c)."""

    def __init__(self, seed, space="pca32", measure="margin", bandwidth=1.0, weigh=None):
        self.seed = seed
        self.space = space
        self.measure = measure
        self.bandwidth = bandwidth
        self.weigh = weigh

    def __call__(self, learner, X_pool, n_instances=1):
        Z_labeled, Z = coordinates(learner.X_training, X_pool, self.space)
        u = self.measure and uncertainty(learner, X_pool, self.measure)
        chosen = herding_by_weights(
            np.zeros(len(Z)),
            Z,
            Z_labeled,
            n_instances,
            np.random.RandomState(self.seed),
            weights=self.weigh(u) if self.weigh else u,
            bandwidth=self.bandwidth,
        )
        return chosen, np.zeros(n_instances)


class Greedy:
    """The best of the first measurements: rank(margin) * rank(typicality) ** t, neighbours damped.

    t falls as min(1, 20 / labels per class).
    """

    def __init__(self, seed):
        del seed  # nothing is drawn

    def __call__(self, learner, X_pool, n_instances=1):
        Z_labeled, Z = coordinates(learner.X_training, X_pool, "pca64")
        within = squared_distances(Z, Z)
        k = min(20, len(Z) - 1)
        nearest = np.sqrt(np.partition(within, k, axis=1)[:, 1 : k + 1])
        typicality = 1 / (nearest.mean(axis=1) + 1e-9)
        n_classes = learner.predict_proba(X_pool[:1]).shape[1]
        t = min(1, 20 / (len(Z_labeled) / n_classes))
        log_w = np.log(ranks(uncertainty(learner, X_pool))) + t * np.log(ranks(typicality))
        h = 0.1 * Z.var(axis=0).sum()
        chosen = []
        for _ in range(n_instances):
            best = int(log_w.argmax())
            chosen.append(best)
            with np.errstate(divide="ignore"):
                log_w = log_w + np.log(-np.expm1(-within[best] / (2 * h)))
            log_w[best] = -np.inf
        return np.array(chosen), np.zeros(n_instances)


lowest_ranks = partial(ranks, ties="min")
cov_c1 = partial(Herding, width="cov", for_candidate=True)
library = partial(LibraryHerding, bandwidth=0.5)
# Beside each, the strategies of the library that it is held against.
EXPERIMENTS = {
    "herding": (
        ["random", "margin", "typi_clust", "max_herding"],
        {
            "uh_std_knn": Herding,
            "uh_std_mean.1": partial(Herding, width="mean", scale=0.05),
            "uh_std_lab": partial(Herding, width="lab", scale=0.25),
            "uh_std_cov": partial(Herding, width="cov"),
            "uh_std_cov.5": partial(Herding, width="cov", scale=0.5),
            "uh_pca_cov": partial(Herding, width="cov", space="pca32"),
            "uh_cov_c1": cov_c1,
            "h_cov": partial(Herding, width="cov", measure=None),
            "greedy": Greedy,
        },
    ),
    "spaces": (
        ["random", "margin", "typi_clust"],
        {
            "uh_cov": partial(Herding, width="cov"),
            "uh_cov_c1": cov_c1,
            "uh_cov_c1_u2": partial(cov_c1, power=2),
            "uh_cov.25_c1": partial(cov_c1, scale=0.25),
            "uh_lab_c1": partial(cov_c1, width="lab", scale=0.25),
            "uh_pca_cov_c1": partial(cov_c1, space="pca32"),
            "uh_pca_knn_c1": partial(cov_c1, space="pca32", width="knn"),
            "greedy": Greedy,
        },
    ),
    "settings": (
        ["random", "margin"],
        {
            "pca32": LibraryHerding,
            "pca32_bw.5": library,
            "pca32_bw.25": partial(library, bandwidth=0.25),
            "pca16": partial(LibraryHerding, space="pca16"),
            "pca64_bw.5": partial(library, space="pca64"),
            "std_bw.5": partial(library, space="std"),
            "ent": partial(library, measure="entropy"),
            "least": partial(library, measure="least_confident"),
            "nolearner_.5": partial(library, measure=None),
            "nolearner_1": partial(LibraryHerding, measure=None),
            "nolearner_.25": partial(library, measure=None, bandwidth=0.25),
        },
    ),
    "weights": (
        ["random", "margin"],
        {
            "u": LibraryHerding,
            "sqrt": partial(LibraryHerding, weigh=np.sqrt),
            "rank": partial(LibraryHerding, weigh=lowest_ranks),
            "rank_highest": partial(LibraryHerding, weigh=ranks),
            "u_or_rank": partial(LibraryHerding, weigh=larger_of_rank),
            "rank_squared": partial(LibraryHerding, weigh=lambda u: lowest_ranks(u) ** 2),
            "u_rank": partial(LibraryHerding, weigh=lambda u: np.sqrt(u * ranks(u))),
            "none": partial(LibraryHerding, measure=None),
        },
    ),
}


def play(experiment, data, plan, n_jobs=2):
    """Areas in points, (protocol, seed) x strategies."""
    names, rules = EXPERIMENTS[experiment]
    if (
        data == "fashion_mnist"
    ):  # it was left out there: a query of it takes long in many dimensions
        names = [name for name in names if name != "typi_clust"]
    results = run(
        load_dataset(data.removesuffix("_late")),
        get_strategies(names) | rules,
        plan=plan,
        protocols=get_protocols(PROTOCOLS),
        n_jobs=n_jobs,
    )
    for failure in results.failures:
        print(failure["strategy"], failure["error"])
    by_protocol = dict(iter(results.records.groupby("protocol")))
    tables = {name: areas(by_protocol[name]) * 100 for name in PROTOCOLS}
    return pd.concat(tables, names=["protocol", "seed"])


def format_table(areas_, heading):
    """Gains on random choice, mean and standard error over the seeds."""
    gains = areas_.sub(areas_["random"], axis=0).drop(columns="random")
    means = areas_["random"].groupby("protocol").mean()
    lines = [
        heading,
        "area of random: " + ", ".join(f"{name} {means[name]:.1f}" for name in PROTOCOLS),
        "gain on it in points, +- standard error over the seeds",
        "",
        " " * 14 + "".join(f"{name:>16}" for name in PROTOCOLS),
    ]
    for rule in sorted(gains):
        cells = [mean_and_standard_error(gains.loc[name, rule]) for name in PROTOCOLS]
        numbers = [f"{mean:+.2f} +- {error:.2f}" for mean, error in cells]
        lines.append(f"{rule:<14}" + "".join(f"{number:>16}" for number in numbers))
    return "\n".join(lines) + "\n"


def heading_of(data, plan):
    pool = "" if plan.pool_size is None else f", pool of {plan.pool_size:,}"
    labels = f"{plan.initial} + {plan.rounds} x {plan.batch} labels"
    return f"{data}{pool}: random forest, {plan.n_seeds} seeds, {labels}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("experiment", choices=EXPERIMENTS)
    parser.add_argument("data", nargs="+", choices=PLANS)
    parser.add_argument("--n-jobs", type=int, default=2)
    arguments = parser.parse_args()
    for data in arguments.data:
        table = play(arguments.experiment, data, PLANS[data], arguments.n_jobs)
        text = format_table(table, heading_of(data, PLANS[data]))
        print(text)
        name = f"selection_rules_{arguments.experiment}_{data}"
        table.round(4).to_csv(RESULTS / f"{name}.csv")
        (RESULTS / f"{name}.txt").write_text(text)


if __name__ == "__main__":
    main()
