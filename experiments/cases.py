"""What the named cases say: the table of docs/benchmark/cases.rst.

    docs/recommended/make.sh cases NAME,... [STRATEGY,...]   # plays some of them into docs/cases
    python experiments/cases.py                  # takes their accuracies in, and writes the table

Full records of 24 cases would take more room than all other documentation, so git holds accuracies
alone (docs/cases/accuracies.parquet), and where they are from (docs/cases/played.json). The table
is docs/results/research/cases.txt.
"""

import json
from pathlib import Path

import pandas as pd
from comparison import against_random, summarize

from skvaal.benchmark.cases import CASES
from skvaal.benchmark.folder import ResultsFolder
from skvaal.benchmark.inference import equivalence
from skvaal.benchmark.statistics import areas

DOCS = Path(__file__).parents[1] / "docs"
FOLDER = DOCS / "cases"
ACCURACIES, PLAYED = FOLDER / "accuracies.parquet", FOLDER / "played.json"
COLUMNS = ["case", "strategy", "seed", "n_labeled", "accuracy"]
# Herding as it was when the claims were written down.
AGAINST = "herding_power_1"
# An earlier default of VAAL herding, played in 19 cases. It counts in no rank.
EARLIER = "vaal_herding_decoded_n_labeled"
# For these the page says how probable it is that they are behind.
CLAIMED = ["vaal_herding", "herding", EARLIER]


def take_in():
    """Add the records that lie in docs/cases; each strategy takes the place of its older play."""
    known = pd.read_parquet(ACCURACIES) if ACCURACIES.exists() else pd.DataFrame(columns=COLUMNS)
    played = json.loads(PLAYED.read_text()) if PLAYED.exists() else {}
    for name in CASES:
        folder = ResultsFolder(FOLDER / name)
        if not folder.records.exists():
            continue
        results = folder.read()
        new = results.records.assign(case=name)[COLUMNS]
        again = (known["case"] == name) & known["strategy"].isin(new["strategy"])
        known = pd.concat([known[~again], new], ignore_index=True)
        strategies = set(new["strategy"])
        session = results.config["sessions"][-1]
        play = {"started": session["started"], "versions": session["versions"]}
        older = [
            one | {"strategies": sorted(set(one["strategies"]) - strategies)}
            for one in played.get(name, [])
        ]
        played[name] = [one for one in older if one["strategies"]]
        played[name].append(play | {"strategies": sorted(strategies)})
    order = {name: i for i, name in enumerate(CASES)}
    known = known.sort_values("case", key=lambda names: names.map(order), kind="stable")
    known.to_parquet(ACCURACIES, index=False, compression="zstd")
    PLAYED.write_text(
        json.dumps({name: played[name] for name in CASES if name in played}, indent=1) + "\n"
    )
    return known


def write_difference(difference, *, in_full):
    if not in_full:
        return f"{difference.mean():+.2f}"
    behind = 100 * equivalence(difference / 100).worse
    share = "<1" if behind < 1 else round(behind)
    return f"{difference.mean():+.2f} +- {difference.sem():.2f} {share:>3} %"


def summarize_cases(accuracies):
    """What the README shows: mean ranks, and in how many cases a strategy beats random sampling."""
    found = dict(list(accuracies[accuracies["strategy"] != EARLIER].groupby("case", sort=False)))
    found = {name: one.assign(data=name, protocol="") for name, one in found.items()}
    return summarize(found, against_random(found))


def make_table(accuracies):
    """Areas less those of AGAINST, in points; of CLAIMED, how probably they are 0.5 behind."""
    rows, points = {}, {}
    for name, records in accuracies.groupby("case", sort=False):
        table = 100 * areas(records)
        difference = table.sub(table[AGAINST], axis=0).drop(columns=AGAINST)
        rows[name] = {
            each: write_difference(difference[each], in_full=each in CLAIMED) for each in difference
        }
        points[name] = difference.mean()
    of_cases = pd.DataFrame(points).T
    rows["mean of the cases"] = {each: f"{of_cases[each].mean():+.2f}" for each in of_cases}
    table = pd.DataFrame(rows).T.fillna("")
    claimed = [each for each in CLAIMED if each in table]
    table = table[[*claimed, *table.columns.drop(claimed)]]
    text = table.rename(columns={EARLIER: "decoded_n_labeled"}).to_string()
    summary = summarize_cases(accuracies).to_string()
    return f"{text}\n\nagainst random, over {len(points)} cases:\n{summary}\n"


def main():
    text = make_table(take_in())
    path = DOCS / "results" / "research" / "cases.txt"
    path.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
