"""The tables of README.md and docs/measured.md, and what the research log quotes of them.

    python experiments/comparison.py

Reads the records of docs/recommended and docs/batches. Writes docs/results/research/comparison.txt:
area under the accuracy curve less random's, in points, with a star where Wilcoxon's test gives
p < 0.05 after Holm's correction; mean ranks; in how many cases each strategy is better and worse
than random beyond chance, and where it is worst; the areas of herding, of VAAL herding and of
earlier defaults of both less that of each other strategy, +- standard error over the seeds; and
herding_power_1 less what it was when the margin itself was the weight
(docs/results/research/weighed_by_margin.csv, areas in points, by the functions here from the
records of then).
"""

from pathlib import Path

import pandas as pd

from skvaal.benchmark.folder import find_results
from skvaal.benchmark.inference import paired_difference
from skvaal.benchmark.statistics import areas, cases, mean_ranks

DOCS = Path(__file__).parents[1] / "docs"
RESULTS = DOCS / "results" / "research"
OURS = ("herding", "vaal_herding", "herding_power_1", "vaal_herding_decoded_n_labeled")
# Folders that hold a second comparison of a data set: with more labels, with another task model.
SECOND = ("_many", "_cnn")


def by_case(folder):
    """Areas in points, (seed, strategy), by the name of the case."""
    for results in find_results(DOCS / folder):
        records = results.records
        for ending in filter(results.folder.name.endswith, SECOND):
            records = records.assign(data=records["data"] + ending)
        for _, one in cases(records):
            yield ", ".join(one.iloc[0][["data", "protocol"]]), one


def against_random(found):
    """How far each strategy is above random, in points, with its p, by case."""
    return {
        name: paired_difference(100 * areas(one), baseline="random") for name, one in found.items()
    }


def as_text(table, one):
    """Points above random by strategy, as text; random's own area."""
    stars = table["p_holm"].lt(0.05).map({True: "*", False: ""})
    text = table["mean"].map("{:+.1f}".format) + stars
    return pd.concat([text, pd.Series({"random": f"{100 * areas(one)['random'].mean():.1f}"})])


def played_in_all(found):
    """Records of each case, of the strategies that were played in every one."""
    everywhere = set.intersection(*(set(one["strategy"]) for one in found.values()))
    return {name: one[one["strategy"].isin(everywhere)] for name, one in found.items()}


def summarize(found, against):
    """One row for each strategy, best first: what the README shows of all cases."""
    rank = mean_ranks(pd.concat(played_in_all(found).values())).drop("random")
    tables = {name: table.loc[rank.index] for name, table in against.items()}
    mean = pd.DataFrame({name: table["mean"] for name, table in tables.items()})
    is_sure = pd.DataFrame({name: table["p_holm"] < 0.05 for name, table in tables.items()})
    return pd.DataFrame(
        {
            "mean rank": rank.round(1),
            "better": (is_sure & (mean > 0)).sum(axis=1),
            "worse": (is_sure & (mean < 0)).sum(axis=1),
            "worst": mean.min(axis=1).round(1),
            "worst case": mean.idxmin(axis=1),
        }
    ).loc[rank.index]


def ahead(one, our):
    """How far one strategy is ahead of each other, as text."""
    points = 100 * areas(one)
    difference = points.rsub(points[our], axis=0).drop(columns=our)
    return difference.mean().map("{:+.1f}".format) + difference.sem().map(" +- {:.1f}".format)


def tables(folder):
    """Text: the cases of all strategies, then all cases, of the strategies that were everywhere."""
    found = dict(by_case(folder))
    sizes = {name: one["strategy"].nunique() for name, one in found.items()}
    complete = {name: one for name, one in found.items() if sizes[name] == max(sizes.values())}
    common = played_in_all(found)
    everywhere = set(next(iter(common.values()))["strategy"])
    against = against_random(found)
    text = []
    for title, chosen in (
        (f"{max(sizes.values())} strategies", complete),
        ("played in all", common),
    ):
        rank = mean_ranks(pd.concat(chosen.values())).round(1).rename("mean rank")
        columns = {name: as_text(against[name], found[name]) for name in chosen}
        seeds = {name: one["seed"].nunique() for name, one in chosen.items()}
        text += [f"{folder}, {title}, mean rank over {len(chosen)} cases; seeds: {seeds}"]
        text += [pd.DataFrame({"mean rank": rank, **columns}).loc[rank.index].T.to_string(), ""]
    text += [f"against random, over {len(found)} cases", summarize(found, against).to_string(), ""]
    for our in (one for one in OURS if one in everywhere):
        compared = pd.DataFrame({name: ahead(one, our) for name, one in found.items()}).T
        text += [f"{our} less each other strategy", compared.to_string(na_rep=""), ""]
    return "\n".join(text)


def since_the_margin_was_the_weight():
    """How far herding_power_1 is ahead of what it was before, by case of the comparison."""
    before = pd.read_csv(RESULTS / "weighed_by_margin.csv").set_index(["case", "seed"])["area"]
    lines = ["herding_power_1 less the same weighed by the margin itself"]
    for name, one in by_case("recommended"):
        if name not in before.index.unique(0):
            continue
        gain = 100 * areas(one)["herding_power_1"] - before[name]
        lines.append(f"{name:<28}{gain.mean():+.2f} +- {gain.sem():.2f}")
    return "\n".join(lines) + "\n"


def main():
    folders = "\n".join(tables(folder) for folder in ("recommended", "batches"))
    text = f"{folders}\n{since_the_margin_was_the_weight()}"
    print(text)
    (RESULTS / "comparison.txt").write_text(text)


if __name__ == "__main__":
    main()
