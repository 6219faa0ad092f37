"""Tables of numbers that come with the package river: files inside it, no network."""

from typing import Any

import numpy as np

from skvaal.benchmark.datasets._bundled import scaled
from skvaal.benchmark.datasets._dataset import Dataset
from skvaal.benchmark.datasets._options import Options


def image_segments(options: Options) -> Dataset:
    """Statistics of patches of outdoor pictures; 224 rows stand twice."""
    return _table("image_segments", "ImageSegments")


def phishing(options: Options) -> Dataset:
    """What pages of the web look like, at two or three levels for each feature."""
    return _table("phishing", "Phishing", classes={False: "honest", True: "phishing"})


def _table(name: str, kind: str, classes: dict[Any, str] | None = None) -> Dataset:
    try:
        from river import datasets
    except ModuleNotFoundError as error:
        raise ImportError(f"data={name!r} comes with river: pip install skvaal[tabular]") from error
    rows, labels = zip(*getattr(datasets, kind)(), strict=True)
    columns = sorted(rows[0])
    X = np.array([[row[key] for key in columns] for row in rows], dtype=np.float64)
    names = list(labels) if classes is None else [classes[label] for label in labels]
    # The file may be sorted by class.
    order = np.random.default_rng(0).permutation(len(X))
    return Dataset.from_arrays(scaled(X)[order], np.array(names)[order], name=name)
