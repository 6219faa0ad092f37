"""How far to trust the learner: does calibration, or its competence as a weight, help herding?

    SKVAAL_DATA=data python experiments/trust.py

Plays labelling rounds in modAL with herding and three changes to it. Each of them needs five
more fits of the task model for a query, by cross-validation on the labelled samples:

- temperature: the pool's probabilities p become softmax(log(p) / T), where T has the best
  likelihood on the held-out folds;
- competence: the weight w of a sample becomes c w + 1 - c, where c is the held-out accuracy above
  that of the most frequent class, as a share, as in DCoM (Mishal and Weinshall, arXiv 2407.01804);
- both.

SKVAAL_DATA names the folder with fashion_mnist.npz and cifar10_features.npz. A quarter of an hour
on one core; it goes on where it was stopped, in build/trust. Writes areas under the accuracy curve
less that of herding, and what was measured of the learners, to docs/results/research/trust.txt.
docs/research/trust.md has what came out.
"""

import argparse
import json
import warnings
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from common import RESULTS
from scipy.optimize import minimize_scalar
from scipy.stats import wilcoxon
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skvaal import Herding, HerdingQuery, HerdingQueryStrategy
from skvaal.benchmark import Plan, get_protocols, load_dataset, run
from skvaal.benchmark.estimators import as_rows, get_estimator
from skvaal.benchmark.journal import RunKey
from skvaal.benchmark.rounds import play
from skvaal.benchmark.start import draw_start
from skvaal.benchmark.statistics import areas, cases

BUILD = Path(__file__).parents[1] / "build" / "trust"
N_FOLDS = 5
# A forest says 0 of what none of its trees has seen; the logarithm needs more.
LEAST = 1e-3


def perceptron(random_state):
    """A network that is sure of nearly everything."""
    network = MLPClassifier(learning_rate_init=3e-3, max_iter=100, random_state=random_state)
    return make_pipeline(FunctionTransformer(as_rows), network)


def held_out(model, X, y):
    """Probabilities of labelled samples by models that have not seen them, and their columns."""
    classes, which = np.unique(y, return_inverse=True)
    proba = np.zeros((len(y), len(classes)))
    for rest, fold in KFold(min(N_FOLDS, len(y)), shuffle=True, random_state=0).split(X):
        fitted = clone(model).fit(X[rest], y[rest])
        columns = np.searchsorted(classes, fitted.classes_)
        proba[np.ix_(fold, columns)] = fitted.predict_proba(X[fold])
        proba[np.ix_(fold, np.delete(np.arange(len(classes)), columns))] = np.nan
    return proba, which


def tempered(proba, temperature):
    logits = np.log(np.maximum(proba, LEAST)) / temperature
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def best_temperature(proba, which):
    """Temperature with the best likelihood of the columns `which`, from 1/20 to 20.

    A sample whose class its model did not know says nothing.
    """
    known = ~np.isnan(proba[np.arange(len(which)), which])
    proba, which = np.nan_to_num(proba[known]), which[known]
    if not len(which):
        return 1.0

    def loss(log_temperature):
        p = tempered(proba, np.exp(log_temperature))[np.arange(len(which)), which]
        return -np.log(p).mean()

    limits = np.log([1 / 20, 20])
    return float(np.exp(minimize_scalar(loss, bounds=limits, method="bounded").x))


def find_competence(proba, which):
    """Held-out accuracy above that of the most frequent class, as a share, in [0, 1]."""
    chance = np.bincount(which).max() / len(which)
    accuracy = (np.nan_to_num(proba).argmax(axis=1) == which).mean()
    return max(0.0, (accuracy - chance) / (1 - chance)) if chance < 1 else 0.0


class TrustingHerding(Herding):
    """Herding by c w + 1 - c, where w is the weight."""

    trust = 1.0

    def _weigh(self, candidates):
        return self.trust * super()._weigh(candidates) + 1 - self.trust


class TrustingStrategy(HerdingQueryStrategy):
    trust = 1.0

    def _make_rule(self):
        rule = TrustingHerding(score_power=0.0, uncertainty_power=1.0, bandwidth=self.bandwidth)
        rule.trust = self.trust
        return rule


class Trusting:
    """A query strategy of modAL that looks at how well the learner does on held-out labels."""

    def __init__(self, random_state, *, temperature=False, competence=False):
        self.random_state = random_state
        self.temperature, self.competence = temperature, competence

    def __call__(self, learner, X_pool, n_instances):
        X, y = learner.X_training, learner.y_training
        proba = learner.predict_proba(X_pool)
        strategy = TrustingStrategy(random_state=self.random_state)
        if self.temperature or self.competence:
            seen, which = held_out(learner.estimator, X, y)
            if self.temperature:
                proba = tempered(proba, best_temperature(seen, which))
            if self.competence:
                strategy.trust = find_competence(seen, which)
        return strategy.fit_query(X, X_pool, n_instances, proba=proba, return_scores=True)


STRATEGIES = {
    "herding": lambda random_state: HerdingQuery(uncertainty_power=1.0, random_state=random_state),
    "temperature": partial(Trusting, temperature=True),
    "competence": partial(Trusting, competence=True),
    "both": partial(Trusting, temperature=True, competence=True),
}
CASES = {
    "digits": ("digits", "random_forest", ["standard", "biased_start"],
               {"initial": 20, "batch": 20, "rounds": 5}),
    "fashion_mnist": ("fashion_mnist", perceptron, ["biased_start"],
                      {"initial": 100, "batch": 100, "rounds": 3, "pool_size": 2000}),
    "cifar10_features": ("cifar10_features", "logistic_regression", ["standard"],
                         {"initial": 100, "batch": 100, "rounds": 4, "pool_size": 4000}),
}  # fmt: skip
N_SEEDS = 10
AGAIN = ["digits", "fashion_mnist"]


def describe(points):
    """One row for each strategy, from areas in points, (seed, strategy)."""
    rows = {"herding": {"area": f"{points['herding'].mean():.2f}"}}
    for name in points.columns.drop("herding"):
        difference = points[name] - points["herding"]
        rows[name] = {
            "area": f"{points[name].mean():.2f}",
            "less herding": f"{difference.mean():+.2f} +- {difference.sem():.2f}",
            "better, of seeds": f"{(difference > 0).sum()} of {len(difference)}",
            "p": f"{wilcoxon(difference).pvalue:.3f}" if difference.any() else "1.000",
        }
    return pd.DataFrame(rows).T.fillna("")


def measure(name, n_seeds):
    """Labels, margins, temperature and competence at the starts of a case, as means over seeds."""
    data, estimator, protocols, sizes = CASES[name]
    dataset, plan = load_dataset(data), Plan(n_seeds=n_seeds, **sizes)
    make = get_estimator(estimator) if isinstance(estimator, str) else estimator
    rows = []
    for protocol in get_protocols(protocols):
        for seed in range(n_seeds):
            start = draw_start(dataset, plan, protocol, seed)
            X, y = dataset.X[start.pool], start.y
            model = make(start.model_state).fit(X[start.labeled], y[start.labeled])
            proba = np.sort(model.predict_proba(np.delete(X, start.labeled, axis=0)), axis=1)
            seen, which = held_out(model, X[start.labeled], y[start.labeled])
            rows.append({
                "protocol": protocol.name,
                "median margin": np.median(1 - proba[:, -1] + proba[:, -2]),
                "temperature": best_temperature(seen, which),
                "competence": find_competence(seen, which),
            })  # fmt: skip
    return pd.DataFrame(rows).groupby("protocol", sort=False).mean().round(2)


def play_all(name):
    """Records of a case; what is in build/trust is not played again."""
    data, estimator, protocols, sizes = CASES[name]
    results = run(
        load_dataset(data),
        STRATEGIES,
        estimator=estimator,
        plan=Plan(n_seeds=N_SEEDS, **sizes),
        protocols=get_protocols(protocols),
        out=BUILD / name,
    )
    return results.records


def play_again(name):
    """Records of herding and of both, with the next seeds."""
    data, estimator, protocols, sizes = CASES[name]
    dataset, plan, rows = load_dataset(data), Plan(**sizes), []
    make = get_estimator(estimator) if isinstance(estimator, str) else estimator
    folder = BUILD / "again"
    folder.mkdir(parents=True, exist_ok=True)
    seeds = range(N_SEEDS, 2 * N_SEEDS)
    for seed, protocol, strategy in product(seeds, get_protocols(protocols), ["herding", "both"]):
        names = {"data": data, "protocol": protocol.name, "strategy": strategy}
        path = folder / f"{'-'.join(names.values())}-{seed}.json"
        if not path.exists():
            key = RunKey(**names, estimator="", seed=seed)
            outcome = play(dataset, plan, protocol, key, STRATEGIES[strategy], make, None)
            path.write_text(json.dumps(outcome.records))
        rows += json.loads(path.read_text())
    name_of_estimator = estimator if isinstance(estimator, str) else estimator.__name__
    return pd.DataFrame(rows).assign(estimator=name_of_estimator)


def tell(one):
    first, seeds = one.iloc[0], one["seed"]
    return (
        f"{first['data']}, {first['protocol']}, {first['estimator']}; seeds {seeds.min()} to "
        f"{seeds.max()}; {one['n_labeled'].min()} to {one['n_labeled'].max()} labels"
    )


def main():
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    text = ["area under the accuracy curve in points, less herding's, +- standard error; Wilcoxon"]
    for name in CASES:
        at_start = measure(name, N_SEEDS)
        for _, one in cases(play_all(name)):
            found = at_start.loc[one["protocol"].iloc[0]].to_dict()
            text += [
                "",
                tell(one),
                "at the start: " + ", ".join(f"{k} {v:.2f}" for k, v in found.items()),
                describe(100 * areas(one)).loc[list(STRATEGIES)].to_string(),
            ]
        print("\n".join(text), flush=True)
    text += ["", "both again, where it gained and where it lost, with seeds that nobody had seen"]
    for name in AGAIN:
        for _, one in cases(play_again(name)):
            text += ["", tell(one), describe(100 * areas(one)).to_string()]
    (RESULTS / "trust.txt").write_text("\n".join(text) + "\n")
    print("\n".join(text))


if __name__ == "__main__":
    main()
