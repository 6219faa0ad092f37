"""CONTRIBUTING.md: a part in one file works as the page says, and what the page names exists."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from skvaal import VAALQueryStrategy
from skvaal.project import choose, read_labels
from tests.conftest import SMALL

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
X = np.random.RandomState(0).randn(40, 3).astype(np.float32)
Y = np.where(np.arange(40) < 10, 0, -1)


def run_block(name):
    """Run the one block that defines `name`, as a file of its own; return what it defines."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (block,) = (each for each in blocks if re.search(rf"^(def|class) {name}\b", each, re.M))
    names = {"__name__": "own_part"}
    exec(compile(block, "CONTRIBUTING.md", "exec"), names)
    return names[name]


def test_rule():
    rule = run_block("Farthest")
    strategy = VAALQueryStrategy(**SMALL, rule=rule(space="latent")).fit(X, Y)
    rows, distances = strategy.query(X[10:], 4, return_scores=True)
    Z = strategy.transform(X)
    from_labeled = np.linalg.norm(Z[10:, None] - Z[:10], axis=2).min(axis=1)
    assert rows.tolist() == np.argsort(-from_labeled)[:4].tolist()
    np.testing.assert_allclose(distances, from_labeled[rows], rtol=1e-3)
    with pytest.raises(ValueError, match="'space' parameter of Farthest"):
        VAALQueryStrategy(**SMALL, rule=rule(space="nowhere")).fit(X, Y)


def test_network():
    network = run_block("LinearVAE")
    small = {name: value for name, value in SMALL.items() if not name.startswith("vae__")}
    strategy = VAALQueryStrategy(**small, vae=network, vae__latent_dim=2).fit(X, Y)
    assert strategy.transform(X).shape == (40, 2)
    assert isinstance(strategy.net_.vae_, network)
    assert len(strategy.query(X[10:], 4)) == 4


def test_data_set():
    pytest.importorskip("modAL")
    from skvaal.benchmark import Plan, get_strategies, run

    data = run_block("moons")()
    plan = Plan(n_seeds=1, rounds=1, batch=2, initial=4, pool_size=20)
    results = run(data, get_strategies("random"), plan=plan, estimator="logistic_regression")
    assert set(results.records["data"]) == {"moons"}


def test_reader(tmp_path):
    path = tmp_path / "pool.jsonl"
    path.write_text("".join(f"{row.tolist()}\n" for row in X))
    samples = run_block("read_json_lines")(path)
    (tmp_path / "labels.csv").write_text("row,label\n0,cat\n1,dog\n")
    picks = choose(read_labels(tmp_path / "labels.csv", samples), 3, strategy="herding")
    assert len(set(picks.names) - {"0", "1"}) == 3


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:skvaal|docs|tests)/[\w./]*)`", PAGE)))
)
def test_paths_exist(path):
    assert (ROOT / path).exists()


def test_targets_of_make_exist():
    made = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
    named = re.findall(r"^    make ((?:[a-z-]+ ?)+)", PAGE, re.M)
    targets = {target for line in named for target in line.split()}
    assert targets
    assert targets <= set(made)


@pytest.mark.parametrize(("table", "path"), re.findall(r"`([A-Z]+)`\s+in\s+`([\w/]+\.py)`", PAGE))
def test_tables_of_names_lie_where_the_page_says(table, path):
    (file,) = (ROOT / "skvaal").rglob(path)
    assert re.search(rf"^{table}\b.* = ", file.read_text(), re.M)
