"""Where does each stopping rule stop, and what does that cost?

    python experiments/stopping.py

On digits: rounds of 20 up to 400 labels, ten seeds. All rules look at the same rounds, and
none of them ends these. On simulated curves: the truth is known. Writes
docs/results/research/stopping.txt; docs/guide/stopping.rst has what came out.
"""

import time

import numpy as np
import pandas as pd
from common import RESULTS
from sklearn.base import BaseEstimator
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from skvaal import (
    ActiveLearningClassifier,
    ExpectedGain,
    HerdingQuery,
    StabilizedPredictions,
    TargetAccuracy,
)

SIZES = np.arange(20, 401, 20)
N_VAL, N_TEST = 200, 400
# Name of a rule, the rule, and whether it sees the validation set.
RULES = {
    "stable, 0.99": (StabilizedPredictions(0.99), False),
    "stable, 0.98": (StabilizedPredictions(0.98), False),
    "stable, 0.95": (StabilizedPredictions(0.95), False),
    "gain below 0.5, cross-validated": (ExpectedGain(0.005), False),
    "gain below 0.5, validation set": (ExpectedGain(0.005), True),
    "gain below 0.2, cross-validated": (ExpectedGain(0.002), False),
    "gain below 0.2, validation set": (ExpectedGain(0.002), True),
    "target 90 %, cross-validated": (TargetAccuracy(0.9), False),
    "target 90 %, validation set": (TargetAccuracy(0.9), True),
}


class Watch(BaseEstimator):
    """Lets every rule look at each round, notes what each says, and never stops."""

    def __init__(self, rules, sees_validation, X_test, y_test):
        self.rules = rules
        self.sees_validation = sees_validation
        self.X_test = X_test
        self.y_test = y_test

    def update(self, learner, X, *, X_val, y_val):
        says = [
            rule.update(learner, X, **({"X_val": X_val, "y_val": y_val} if sees else {}))
            for rule, sees in zip(self.rules, self.sees_validation, strict=True)
        ]
        accuracy = float(np.mean(learner.predict(self.X_test) == self.y_test))
        self.rounds_ = [*getattr(self, "rounds_", []), (says, accuracy)]
        return False


class AtRandom(BaseEstimator):
    """Random sampling."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def __call__(self, learner, X_pool, n_instances):
        return np.random.RandomState(self.random_state).permutation(len(X_pool))[:n_instances]


def play_digits(estimator, query, seed):
    """Whether each rule says stop in each round, the test accuracy, and the cross-validated one."""
    X, y = load_digits(return_X_y=True)
    rows = np.random.RandomState(seed).permutation(len(X))
    test, val, pool = np.split(rows, [N_TEST, N_TEST + N_VAL])
    X = X / 16
    rules, sees = zip(*RULES.values(), strict=True)
    watch = Watch(list(rules), list(sees), X[test], y[test])
    sizes = {"initial_size": 20, "batch_size": 20, "n_rounds": 19}
    active = ActiveLearningClassifier(
        estimator, query, **sizes, stopping=watch, random_state=seed
    ).fit(X[pool], y[pool], X[val], y[val])
    watched = active.stopping_
    says, accuracy = zip(*watched.rounds_, strict=True)
    curve = next(
        rule.curve_
        for rule, sees in zip(watched.rules, sees, strict=True)
        if hasattr(rule, "curve_") and not sees
    )
    return np.array(says), np.array(accuracy), np.array([point.accuracy for point in curve])


def first_stop(says):
    """Place of the first round in which a rule says stop; None if it never does."""
    return int(np.argmax(says)) if says.any() else None


def tabulate(names, stops, accuracies):
    """A row for each rule: where it stops, and how far the accuracy then is below the last one."""
    rows = []
    for name, of_rule in zip(names, stops, strict=True):
        places = [len(SIZES) - 1 if stop is None else stop for stop in of_rule]
        labels = SIZES[places]
        below = [100 * (curve[-1] - curve[i]) for curve, i in zip(accuracies, places, strict=True)]
        n_stopped = sum(stop is not None for stop in of_rule)
        rows.append(
            {
                "rule": name,
                "stopped": f"{n_stopped} of {len(of_rule)}",
                "labels": f"{labels.mean():.0f} ({labels.min()} to {labels.max()})",
                "points below the end": f"{np.mean(below):.1f}",
                "at most": f"{np.max(below):.1f}",
                "labels saved": f"{SIZES[-1] - labels.mean():.0f}",
            }
        )
    return pd.DataFrame(rows).set_index("rule").to_string()


def report_digits():
    forest, linear = RandomForestClassifier(50), LogisticRegression(C=10, max_iter=1000)
    cases = {
        "random forest, HerdingQuery": (forest, HerdingQuery(uncertainty_power=1.0), 10),
        "logistic regression, HerdingQuery": (linear, HerdingQuery(uncertainty_power=1.0), 10),
        "random forest, random sampling": (forest, AtRandom(), 5),
    }
    text, biases = [], {}
    for name, (estimator, query, n_seeds) in cases.items():
        played = [play_digits(estimator, query, seed) for seed in range(n_seeds)]
        stops = [[first_stop(says[:, i]) for says, _, _ in played] for i in range(len(RULES))]
        accuracies = [accuracy for _, accuracy, _ in played]
        ends = np.array([curve[-1] for curve in accuracies])
        text += [
            f"digits, {name}, {n_seeds} seeds; accuracy with 400 labels {100 * ends.mean():.1f} %",
            tabulate(RULES, stops, accuracies),
            "",
        ]
        bias = np.mean([cross - accuracy for _, accuracy, cross in played], axis=0)
        biases[name] = (100 * bias[[4, 9, 14, 19]]).round(1)
        print(*text[-3:], sep="\n", flush=True)
    table = pd.DataFrame(biases, index=[f"{n} labels" for n in SIZES[[4, 9, 14, 19]]]).T
    text += ["cross-validated accuracy on the labels so far, less test accuracy; points"]
    return [*text, table.to_string(), ""]


# Simulated curves


class Simulated:
    """A model that is right on a share of the samples; X holds a uniform number for each."""

    def __init__(self, accuracy, noise, rng):
        self.accuracy, self.noise, self.rng = accuracy, noise, rng

    def predict(self, X):
        is_right = X[:, 0] < self.accuracy
        flips = self.rng.rand(len(X)) < self.noise
        truth = np.arange(len(X)) % 10
        return (truth + (is_right == flips) * (1 + np.arange(len(X)) // 10 % 9)) % 10


def power_law(rng):
    asymptote, rise, power = rng.uniform(0.75, 0.98), rng.uniform(0.2, 0.5), rng.uniform(0.5, 1.5)
    return asymptote - rise * (SIZES / 20.0) ** -power


def late_rise(rng):
    """The best model of what is known by then; a class is found with 260 labels."""
    return power_law(rng) - 0.1 * (SIZES < 260)


def s_shape(rng):
    return 0.3 + 0.6 / (1 + np.exp(-(SIZES - rng.uniform(80, 160)) / 20))


def play_simulated(draw, noise, seed):
    rng = np.random.RandomState(seed)
    accuracy = draw(rng)
    X_stop, X_val = rng.rand(1000, 1), rng.rand(N_VAL, 1)
    y_val = np.arange(N_VAL) % 10
    rules = [StabilizedPredictions(0.99), ExpectedGain(0.005), TargetAccuracy(0.8)]
    says, covered = [], []
    for i, n in enumerate(SIZES):
        known = {"X_labeled": np.zeros((n, 1)), "y_labeled": np.arange(n) % 10}
        model = Simulated(accuracy[i], noise, rng)
        says.append(
            [rule.update(model, X_stop, **known, X_val=X_val, y_val=y_val) for rule in rules]
        )
        if 3 <= i < len(SIZES) - 1:
            gain = rules[1].gain_
            covered.append(gain.low <= accuracy[i + 1] - accuracy[i] <= gain.high)
    return np.array(says), accuracy, np.mean(covered)


def report_simulated():
    names = ["stable, 0.99", "gain below 0.5, validation set", "target 80 %, validation set"]
    cases = {
        "power laws": (power_law, 0.0),
        "power laws, 2 % of the predictions at random in each round": (power_law, 0.02),
        "power laws, 10 points more from 260 labels on": (late_rise, 0.0),
        "S-shaped curves": (s_shape, 0.0),
    }
    text = []
    for name, case in cases.items():
        played = [play_simulated(*case, seed) for seed in range(40)]
        stops = [[first_stop(says[:, i]) for says, _, _ in played] for i in range(len(names))]
        accuracies = [accuracy for _, accuracy, _ in played]
        covered = np.mean([share for _, _, share in played])
        early = [
            accuracy[stop] < 0.8
            for accuracy, stop in zip(accuracies, stops[2], strict=True)
            if stop is not None
        ]
        text += [
            f"simulated, {name}, 40 curves",
            tabulate(names, stops, accuracies),
            f"95 % intervals of the gain that hold it: {100 * covered:.0f} %; targets that were "
            f"not reached where the rule stopped: {sum(early)} of {len(early)}",
            "",
        ]
        print(*text[-4:], sep="\n", flush=True)
    return text


def main():
    pd.set_option("display.width", 200)
    started = time.perf_counter()
    text = [*report_simulated(), *report_digits()]
    (RESULTS / "stopping.txt").write_text("\n".join(text))
    print(*text[-6:], sep="\n")
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
