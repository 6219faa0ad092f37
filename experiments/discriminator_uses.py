"""Is there a use of the VAE and of a discriminator that makes herding better?

    SKVAAL_DATA=data python experiments/discriminator_uses.py --seeds 0-6 --cases "news 600"
    ... --seeds 100-115 --cases "news 600,news 600 biased" --only "decoded,trusted D"
    ... --seeds 107-109 --cases "news 600 biased" --only "trusted D" --rounds 3

From the same labels, one batch by each of some forty rules; the task model is then trained on the
labels and that batch. docs/research/discriminator_uses.md says what each rule is and what came out.

The test samples are the official ones and those of the training part that are not in the pool.
SKVAAL_DATA names the folder with the data. Joins the accuracy of each batch, as a share, to
discriminator_uses.csv in docs/results/research, and writes a table (.txt) of all that is there:
rule less herding, and rule less VAAL herding, +- standard error over the seeds, with Wilcoxon's p,
not corrected. With --states, what rules read is kept in a folder, so that another rule needs no
training of the VAE.
"""

import argparse
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from anew_discriminators import (
    choose_discriminatively,
    cross_fitted_auc,
    missing_region_aucs,
    missing_share,
    train_anew,
    train_by_games,
)
from common import RESULTS, ranks, squared_distances
from paired_states import CASES, Start, load_state, read_state
from scipy.stats import wilcoxon

from skvaal import ArbitraryChoiceWarning, Herding
from skvaal._rules.rule import Candidates

N_BATCHES, MIN_SEEDS = 2, 3
BASELINES = ("herding", "vaal_herding")
FIRST_FRESH = 100  # seeds from here on were not looked at before


class Weighted(Herding):
    """Herding by given weights: of what is to be covered, and of what may be chosen."""

    def __init__(self, weights=None, of_choice=None, bandwidth=1.0):
        super().__init__(score_power=0, bandwidth=bandwidth)
        self.weights = weights
        self.of_choice = of_choice

    def _weigh(self, candidates):
        return self.weights

    def _prepare(self, candidates, n, random_state, also=()):
        rows, n_candidates, coverage = super()._prepare(candidates, n, random_state, also)
        if self.of_choice is not None:
            coverage.weights = self.of_choice[rows]
        return rows, n_candidates, coverage


def margin_of(proba):
    """How close the two likeliest classes are: 1 minus the difference of their probabilities."""
    ordered = np.sort(proba / proba.sum(axis=1, keepdims=True), axis=1)
    return 1 - (ordered[:, -1] - ordered[:, -2])


def weigh(u):
    """The weight of herding: the larger of uncertainty and its rank."""
    return np.maximum(u / u.max(), ranks(u, ties="min"))


class Chooser:
    """The rules by name: what each chooses in a state, as rows of the pool."""

    def __init__(self, start, state, seed):
        self.n, self.seed, self.state = start.case.batch, seed, state
        self.u = margin_of(state["proba"])
        self.w = weigh(self.u)
        # What the default rule takes as D's exponent.
        self.power = Herding.exponent_by_labels(*state["components_labeled"].shape)

    def herd(self, space, weights, of_choice=None, bandwidth=1.0):
        s = self.state
        candidates = Candidates(
            len(s[space]), coordinates=s[space], labeled_coordinates=s[f"{space}_labeled"]
        )
        rule = Weighted(weights, of_choice, bandwidth)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ArbitraryChoiceWarning)
            return rule.choose(candidates, self.n, np.random.RandomState(self.seed)).indices

    def by_d(self, unlike, power=0.5, space="decoded"):
        return self.herd(space, self.w * ranks(unlike) ** power)

    def union(self, *proposals):
        share = len(self.w) // 10
        allowed = np.zeros(len(self.w))
        for values in proposals:
            allowed[np.argsort(-values)[:share]] = 1
        return self.herd("decoded", self.w, of_choice=self.w * allowed)

    def anew(self, space):
        return train_anew(self.state[f"{space}_labeled"], self.state[space], self.seed)

    def games(self):
        return train_by_games(self.state["decoded_labeled"], self.state["decoded"], self.seed)

    def by_auc(self):
        s = self.state
        auc, of_distance = missing_region_aucs(s["decoded_labeled"], s["decoded"], self.seed)
        power = 0.5 * max(0.0, 2 * auc - 1) if auc > of_distance else 0.0
        return self.by_d(self.anew("decoded"), power)

    def difference(self):
        """How much the pools differ: 2 AUC - 1 of a D that is cross-fitted among components."""
        s = self.state
        if "difference" not in s:
            auc = cross_fitted_auc(s["components_labeled"], s["components"], self.seed)
            s["difference"] = 2 * auc - 1
        return float(s["difference"])

    def by_difference(self):
        return float(np.clip(3 * self.difference(), 0, 0.5))

    def by_trust(self):
        return self.power * float(np.clip(6 * self.difference(), 0, 1))

    def missing(self, largest):
        """Exponent: so much where a tenth of the pool or more lies where no label is."""
        s = self.state
        if "missing" not in s:
            s["missing"] = missing_share(s["components_labeled"], s["components"], self.seed)
        return largest * float(np.clip(10 * s["missing"], 0, 1))

    def far(self):
        s = self.state
        return squared_distances(s["decoded"], s["decoded_labeled"]).min(axis=1)

    def of_two(self, space):
        both = self.state["proba"] + self.state[f"second_{space}"]
        return self.herd(space, weigh(margin_of(both)))

    def side_by_side(self, *names):
        s = self.state
        for part in ("", "_labeled"):
            parts = [s[name + part] / np.sqrt(s[name].var(0).sum()) for name in names]
            s["+".join(names) + part] = np.hstack(parts).astype(np.float32)
        return "+".join(names)

    def rules(self):
        s, w, n = self.state, self.w, self.n
        d = -s["scores"] if "scores" in s else np.zeros(len(w))
        rng = np.random.RandomState(self.seed + 1)
        shuffled = rng.permutation(d)
        both = partial(self.side_by_side, "components", "decoded")
        return {
            "random": lambda: rng.permutation(len(w))[:n],
            "margin": lambda: np.argsort(-self.u, kind="stable")[:n],
            "herding": lambda: self.herd("components", w),
            "vaal_herding": lambda: self.by_d(d, self.power),
            "decoded": lambda: self.herd("decoded", w),
            "D^.5": lambda: self.by_d(d),
            "D^.5 shuffled": lambda: self.by_d(shuffled),
            "D^2": lambda: self.by_d(d, 2.0),
            "D^.5 components": lambda: self.by_d(d, space="components"),
            "D covers": lambda: self.herd("decoded", w * ranks(d) ** 0.5, of_choice=w),
            "D picks": lambda: self.herd("decoded", w, of_choice=w * ranks(d) ** 0.5),
            "D^difference": lambda: self.by_d(d, self.by_difference()),
            "D^difference shuffled": lambda: self.by_d(shuffled, self.by_difference()),
            "games^difference": lambda: self.by_d(self.games(), self.by_difference()),
            "trusted D": lambda: self.by_d(d, self.by_trust()),
            "trusted D both": lambda: self.by_d(d, self.by_trust(), both()),
            "trusted D components": lambda: self.by_d(d, self.by_trust(), "components"),
            "auto D components": lambda: self.by_d(d, self.power, "components"),
            "missing^.5": lambda: self.by_d(d, self.missing(0.5)),
            "missing^1": lambda: self.by_d(d, self.missing(1)),
            "missing^2": lambda: self.by_d(d, self.missing(2)),
            "missing^.5 components": lambda: self.by_d(d, self.missing(0.5), "components"),
            "missing^1 components": lambda: self.by_d(d, self.missing(1), "components"),
            "missing^.25 components": lambda: self.by_d(d, self.missing(0.25), "components"),
            "missing^2 components": lambda: self.by_d(d, self.missing(2), "components"),
            "missing^.5 components shuffled": lambda: self.by_d(
                shuffled, self.missing(0.5), "components"
            ),
            "missing^.5 components anew": lambda: self.by_d(
                self.anew("components"), self.missing(0.5), "components"
            ),
            "anew^.5": lambda: self.by_d(self.anew("decoded")),
            "anew^auc": self.by_auc,
            "games^.5": lambda: self.by_d(self.games()),
            "of learner^.5": lambda: self.by_d(self.anew("scaled")),
            "of learner alone": lambda: choose_discriminatively(
                s["scaled_labeled"], s["scaled"], n, self.seed
            ),
            "union with D": lambda: self.union(d, self.u, self.far()),
            "union": lambda: self.union(self.u, self.far()),
            "elbo^.25": lambda: self.by_d(s["elbo"], 0.25),
            "squared": lambda: self.herd("components", w**2),
            "decoded squared": lambda: self.herd("decoded", w**2),
            "D^.5 squared": lambda: self.herd("decoded", w**2 * ranks(d) ** 0.5),
            "narrow": lambda: self.herd("components", w, bandwidth=0.25),
            "decoded narrow": lambda: self.herd("decoded", w, bandwidth=0.25),
            "scaled": lambda: self.herd("scaled", w),
            "odds": lambda: self.herd("odds", w),
            "components+decoded": lambda: self.herd(both(), w),
            "components+odds": lambda: self.herd(self.side_by_side("components", "odds"), w),
            "decoded+odds": lambda: self.herd(self.side_by_side("decoded", "odds"), w),
            "two learners": lambda: self.of_two("components"),
            "decoded two learners": lambda: self.of_two("decoded"),
        }


def measure(name, seed, only, folder):
    """Accuracy after the batch of each rule: the mean of two batches.

    The generator decides which samples the bandwidth is measured on, and by that, as choices
    follow from each other, about half of a batch.
    """
    start = Start(CASES[name], seed)
    state = load_state(start, folder)
    case = {"case": name, "seed": seed, "batches": 1, "round": 1}
    before = start.accuracy(np.empty(0, dtype=np.intp))
    rows = [case | {"round": 0, "rule": "before", "accuracy": before}]
    choosers = [Chooser(start, state, 1000 * seed + k) for k in range(N_BATCHES)]
    tables = [chooser.rules() for chooser in choosers]
    for rule in only or tables[0]:
        batches = [rules[rule]() for rules in tables]
        accuracy = np.mean([start.accuracy(batch) for batch in batches])
        row = case | {"rule": rule, "accuracy": accuracy}
        if start.case.protocol == "biased_start":
            row["new_classes"] = np.mean([start.share_of_new(batch) for batch in batches])
        rows.append(row)
    for row in rows:
        row["difference"] = choosers[0].difference()
        row["missing"] = choosers[0].missing(1) / 10
    return rows


def play(name, seed, rule, n_rounds, folder):
    """Accuracy after each of some batches by one rule; what it reads is learned anew for each."""
    start, rows = Start(CASES[name], seed), []
    needs_vae = rule not in ("random", "margin", "herding")
    for k in range(n_rounds):
        state = load_state(start, folder) if needs_vae and k == 0 else read_state(start, needs_vae)
        chooser = Chooser(start, state, 1000 * seed + k)
        batch = chooser.rules()[rule]()
        row = {"case": name, "seed": seed, "batches": n_rounds, "round": k + 1, "rule": rule}
        rows.append(row | {"accuracy": start.accuracy(batch)})
        start.labeled = np.r_[start.labeled, start.rest[batch]]
    return rows


def format_table(records):
    """Gains on herding and on VAAL herding by rule and case, in points."""
    lines = []
    records = records[records["rule"] != "before"].assign(fresh=records["seed"] >= FIRST_FRESH)
    for (is_fresh, batches, case), one in records.groupby(["fresh", "batches", "case"]):
        kind = "fresh seeds" if is_fresh else "seeds that rules were compared on"
        if one["seed"].nunique() < MIN_SEEDS:
            continue
        points = 100 * one.pivot_table(index="seed", columns="rule", values="accuracy", sort=False)
        lines += ["", f"{case}, {kind}, mean of {batches} rounds: gain on herding, on vaal_herding"]
        new = one.pivot_table(index="seed", columns="rule", values="new_classes")
        for rule in points:
            row = f"{rule:<24}{points[rule].count():>3} seeds"
            row += "".join(f"   {compare(points[rule] - points[other])}" for other in BASELINES)
            if rule in new:
                row += f"   new classes {100 * new[rule].mean():.0f} %"
            lines.append(row)
    return "\n".join(lines[1:]) + "\n"


def compare(differences):
    differences = differences.dropna()
    p = wilcoxon(differences).pvalue if differences.any() and len(differences) > 4 else np.nan
    return f"{differences.mean():+.2f} +- {differences.sem():.2f} p={p:.3f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", default="0-19", help="first-last")
    parser.add_argument("--cases", help="names, separated by commas")
    parser.add_argument("--only", help="rules beside herding and vaal_herding, by commas")
    parser.add_argument("--rounds", type=int, default=1, help="batches by the same rule")
    parser.add_argument("--states", type=Path, help="folder of what rules read")
    parser.add_argument("--out", type=Path, default=RESULTS / "discriminator_uses.csv")
    args = parser.parse_args()
    torch.set_num_threads(1)
    first, last = map(int, args.seeds.split("-"))
    names = args.cases.split(",") if args.cases else list(CASES)
    only = args.only and [*BASELINES, *args.only.split(",")]
    records = pd.read_csv(args.out) if args.out.exists() else pd.DataFrame(columns=["batches"])
    for seed in range(first, last + 1):
        for name in names:
            began = time.time()
            if args.rounds == 1:
                rows = measure(name, seed, only, args.states)
            else:
                played = [
                    play(name, seed, rule, args.rounds, args.states) for rule in only or BASELINES
                ]
                rows = [row for one in played for row in one]
            records = join(records, pd.DataFrame(rows))
            records.to_csv(args.out, index=False, float_format="%.5f")
            print(name, seed, f"{time.time() - began:.0f} s", flush=True)
    args.out.with_suffix(".txt").write_text(format_table(records))
    print(format_table(records))


def join(records, new):
    """Records with new ones, which replace those of the same rule, case, seed and round."""
    both = pd.concat([records, new], ignore_index=True) if len(records) else new
    return both.drop_duplicates(["case", "seed", "batches", "round", "rule"], keep="last")


if __name__ == "__main__":
    main()
