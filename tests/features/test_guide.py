"""The examples of the guide."""

from __future__ import annotations

import json

import numpy as np

from ..guides import GUIDE, run_examples


def test_the_examples_run(fetches):
    names = run_examples("features")
    assert names["X"].shape == (60, 10)
    assert names["chosen"].shape == (5,)
    assert fetches


def test_the_table_is_what_was_measured():
    stored = json.loads((GUIDE.parent / "results" / "features.json").read_text())
    page = (GUIDE / "features.rst").read_text()
    names = {(r["input"], r["strategy"]) for r in stored["records"]}
    assert len(names) == 8
    for kind, name in names:
        records = [r for r in stored["records"] if (r["input"], r["strategy"]) == (kind, name)]
        curves = 100 * np.array([record["accuracy"] for record in records])
        errors = curves.std(axis=0, ddof=1) / np.sqrt(len(curves))
        cells = [
            f'"{mean:.1f} +- {error:.1f}"'
            for mean, error in zip(curves.mean(axis=0), errors, strict=True)
        ]
        assert ", ".join([f'"{kind}"', f'"{name}"', *cells]) in page
