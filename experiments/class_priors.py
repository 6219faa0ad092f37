"""Classes of unequal size: can herding gain what margin gains there, and lose nothing elsewhere?

    SKVAAL_DATA=data python experiments/class_priors.py news_few_imbalanced,news_few
    ... all --only uniform --seeds 20

Plays named cases (`skvaal benchmark --cases`) with HerdingQuery(uncertainty_power=1.0), which
is called herding here, and with changes of its weight w:

- uniform: w times the sum over classes c of p_c / pi_c, where p are the learner's probabilities of
  a sample and pi their mean over the pool: the weight of a sample in a pool in which classes are
  equally frequent (correction of a label shift: Saerens et al., 2002; Lipton et al., 2018,
  arXiv 1802.03916); half uniform: with the square root of pi;
- squared, fourth, eighth: w ** 2, w ** 4, w ** 8; by labels: HerdingQuery(), whose exponent grows
  with the labels; and both.

The test samples have all classes alike, or as the data have them. "as pool" weighs the accuracy of
each class by its share of the pool instead. SKVAAL_DATA names the folder with the data. Goes on
where it was stopped, in build/class_priors. Writes areas under the accuracy curve less herding's,
and accuracies less herding's after each query, to docs/results/research/class_priors.txt;
docs/research/class_priors.md and docs/research/trust.md have what came out.
"""

import argparse
import json
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from common import RESULTS
from scipy.stats import wilcoxon
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from skvaal import Herding, HerdingQuery, HerdingQueryStrategy
from skvaal.benchmark import load_dataset
from skvaal.benchmark.cases import CASES, get_cases
from skvaal.benchmark.estimators import get_estimator
from skvaal.benchmark.journal import RunKey
from skvaal.benchmark.rounds import _Run
from skvaal.benchmark.strategies import get_strategies

BUILD = Path(__file__).parents[1] / "build" / "class_priors"
LEAST = 1e-6
NEW_SEED = 20  # seeds from here on were played after the others had been looked at


class WeighedHerding(Herding):
    """Herding by a weight that is multiplied by the sum of p_c / pi_c ** prior over classes c."""

    prior, proba = 0.0, None

    def _weigh(self, candidates):
        shares = self.proba.mean(axis=0) ** self.prior
        return super()._weigh(candidates) * (self.proba / shares).sum(axis=1)


class WeighedStrategy(HerdingQueryStrategy):
    how, probabilities = None, None

    def _make_rule(self):
        power, prior = self.how
        rule = WeighedHerding(score_power=0.0, uncertainty_power=power, bandwidth=self.bandwidth)
        rule.proba, rule.prior = self.probabilities, prior
        return rule


class Weighed:
    """A query strategy of modAL."""

    def __init__(self, random_state, *, power=1.0, prior=0.0):
        self.random_state, self.how = random_state, (power, prior)

    def __call__(self, learner, X_pool, n_instances):
        proba = learner.predict_proba(X_pool)
        strategy = WeighedStrategy(random_state=self.random_state)
        strategy.how, strategy.probabilities = self.how, np.maximum(proba, LEAST)
        return strategy.fit_query(
            learner.X_training, X_pool, n_instances, proba=proba, return_scores=True
        )


STRATEGIES = {
    "herding": lambda random_state: HerdingQuery(uncertainty_power=1.0, random_state=random_state),
    "uniform": partial(Weighed, prior=1.0),
    "half uniform": partial(Weighed, prior=0.5),
    "squared": partial(Weighed, power=2),
    "fourth": partial(Weighed, power=4),
    "eighth": partial(Weighed, power=8),
    "squared half uniform": partial(Weighed, power=2, prior=0.5),
    "squared uniform": partial(Weighed, power=2, prior=1.0),
    "fourth uniform": partial(Weighed, power=4, prior=1.0),
    "by labels": lambda random_state: HerdingQuery(random_state=random_state),
    **get_strategies(["margin"]),
}


class Run(_Run):
    """Also records the accuracy on test samples whose classes are as frequent as in the pool."""

    def _record(self, learner, round_, seconds, picked):
        record = super()._record(learner, round_, seconds, picked)
        classes, counts = np.unique(self.start.y, return_counts=True)
        is_right = learner.predict(self.X_test) == self.y_test
        recalls = [is_right[self.y_test == each].mean() for each in classes]
        return record | {"as_pool": float(np.average(recalls, weights=counts))}


def play(case, strategy, seed):
    """Records of a run; what is in build/class_priors is not played again."""
    path = BUILD / f"{case.name}-{strategy}-{seed}.json"
    if path.exists():
        return json.loads(path.read_text())
    names = {"data": case.data, "estimator": case.estimator, "protocol": case.protocol.name}
    key = RunKey(**names, strategy=strategy, seed=seed)
    make = STRATEGIES[strategy], get_estimator(case.estimator)
    records = list(Run(load_dataset(case.data), case.plan, case.protocol, key, *make).rounds())
    rows = [{k: row[k] for k in ("n_labeled", "accuracy", "as_pool")} for row in records]
    path.write_text(json.dumps(rows))
    return rows


def read():
    """Accuracies of all that was played, by case, strategy, seed and number of labels."""
    rows = []
    for path in BUILD.glob("*.json"):
        name, strategy, seed = path.stem.rsplit("-", 2)
        about = {"case": name, "strategy": strategy, "seed": int(seed)}
        rows += [about | one for one in json.loads(path.read_text())]
    table = pd.DataFrame(rows).set_index(["case", "strategy", "seed", "n_labeled"])
    return table.sort_index()


def measure_area(curve):
    """Area under the curve of one run, a mean over the numbers of labels, in points."""
    n_labeled = curve.index.get_level_values("n_labeled")
    return 100 * curve.apply(lambda column: np.trapezoid(column, n_labeled) / np.ptp(n_labeled))


def compare(difference):
    difference = difference.dropna()
    p = wilcoxon(difference).pvalue if difference.any() else 1.0
    return f"{difference.mean():+.2f} +- {difference.sem():.2f} p={p:.3f}"


def follow(accuracies):
    """Accuracy less herding's after each query, in points: a row for each strategy."""
    table = 100 * accuracies.unstack("strategy")
    rows = {}
    for strategy in [each for each in STRATEGIES if each in table and each != "herding"]:
        difference = (table[strategy] - table["herding"]).dropna().unstack("n_labeled").iloc[:, 1:]
        error = difference.sem().map(" +- {:.1f}".format)
        rows[strategy] = difference.mean().map("{:+.1f}".format) + error
    return pd.DataFrame(rows).T


def make_table(records):
    blocks = []
    for name in [each for each in CASES if each in records.index.levels[0]]:
        accuracies = records.loc[name]
        points = accuracies.groupby(["strategy", "seed"]).apply(measure_area).unstack("strategy")
        first, new = points[points.index < NEW_SEED], points[points.index >= NEW_SEED]
        rows = {}
        for strategy in [each for each in STRATEGIES if each in first["accuracy"]]:
            rows[strategy] = {
                "seeds": str(first["accuracy"][strategy].count()),
                "area": f"{first['accuracy'][strategy].mean():.2f}",
            }
            if strategy == "herding":
                continue
            for column, title in [("accuracy", "less herding"), ("as_pool", "as pool")]:
                difference = first[column][strategy] - first[column]["herding"]
                rows[strategy][title] = compare(difference)
            difference = (new["accuracy"][strategy] - new["accuracy"]["herding"]).dropna()
            if len(difference):
                rows[strategy][f"{len(difference)} new seeds"] = compare(difference)
        of_first = accuracies[accuracies.index.get_level_values("seed") < NEW_SEED]
        text = pd.DataFrame(rows).T.fillna("").to_string()
        after = follow(of_first["accuracy"]).to_string()
        blocks.append(f"{name}\n{text}\n\nless herding, by the number of labels\n{after}\n")
    return "\n".join(blocks)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cases", help="names, separated by commas; 'none' makes the table alone")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--only", help="strategies beside herding, by commas")
    args = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    torch.set_num_threads(1)
    BUILD.mkdir(parents=True, exist_ok=True)
    strategies = ["herding", *args.only.split(",")] if args.only else list(STRATEGIES)
    with threadpool_limits(1):
        for case in [] if args.cases == "none" else get_cases(args.cases.split(",")):
            for seed in range(args.seeds):
                for strategy in strategies:
                    play(case, strategy, seed)
            print(case.name, flush=True)
    text = make_table(read())
    (RESULTS / "class_priors.txt").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
