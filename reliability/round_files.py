"""Files of labelling rounds beside labels: probabilities of a model, a project, weights."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from skvaal._features.weights import read_weights
from skvaal._files.labels import read_labels
from skvaal._files.pools import read_pool
from skvaal.project import Project
from skvaal.project.choosing.predicted import read_predictions

_N = 9


def _write_pool(folder: Path) -> Path:
    """Write features, and labels of two of them."""
    np.save(folder / "pool.npy", np.random.default_rng(0).normal(size=(_N, 3)))
    (folder / "labels.csv").write_text("row,label\n0,cat\n1,dog\n")
    return folder / "pool.npy"


def _write_proba(path: Path) -> None:
    proba = np.random.default_rng(0).dirichlet([1, 1], size=_N)
    if path.suffix == ".npy":
        np.save(path, proba)
    elif path.suffix == ".npz":
        np.savez_compressed(path, proba=proba)
    else:
        frame = pd.DataFrame(proba, columns=["cat", "dog"])
        frame.insert(0, "row", np.arange(_N))
        frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path)


def _write_named(path: Path) -> None:
    proba = np.random.default_rng(0).dirichlet([1, 1], size=_N)
    np.savez_compressed(path, X=proba, names=np.arange(_N)[::-1].astype(str))


def _read_proba(path: Path) -> Any:
    pool = read_pool(path.parent / "pool.npy")
    predicted, _ = read_predictions(path, read_labels(path.parent / "labels.csv", pool))
    return predicted.classes, predicted.proba.tobytes()


def _start_project(path: Path) -> None:
    folder = path.parent.parent
    pool, labels = folder / "pool.npy", folder / "labels.csv"
    project = Project.start(path.parent, pool, labels=labels)
    names = project.ask(2, strategy="random").round.names
    (folder / "answer.csv").write_text("row,label\n" + "".join(f"{each},cat\n" for each in names))
    project.tell(folder / "answer.csv")


def _read_project(path: Path) -> Any:
    state = Project(path.parent).read_state()
    return dict(state.labels), [list(one.names) for one in state.rounds], state.waiting


def _write_weights(path: Path) -> None:
    weights = {"0.weight": torch.arange(6.0).reshape(2, 3), "0.bias": torch.ones(2)}
    if path.suffix == ".safetensors":
        from safetensors.torch import save

        path.write_bytes(save(weights))
    else:
        content = BytesIO()
        torch.save(weights, content)
        path.write_bytes(content.getvalue())


def _read_weights(path: Path) -> Any:
    return {name: tensor.tolist() for name, tensor in read_weights(path).items()}


_KINDS: dict[str, tuple[str, Callable[[Path], None], Callable[[Path], Any]]] = {
    "CSV of probabilities": ("proba.csv", _write_proba, _read_proba),
    "Parquet of probabilities": ("proba.parquet", _write_proba, _read_proba),
    "npy of probabilities": ("proba.npy", _write_proba, _read_proba),
    "npz of probabilities": ("proba.npz", _write_proba, _read_proba),
    "npz of named probabilities": ("named.npz", _write_named, _read_proba),
    "project": ("pets/project.db", _start_project, _read_project),
    "safetensors of weights": ("net.safetensors", _write_weights, _read_weights),
    "weights of torch": ("net.pt", _write_weights, _read_weights),
}
ROUND_FILES = tuple(_KINDS)
# Of these a changed number is found.
SEALED = ("npz of probabilities", "npz of named probabilities", "project")


def make_round_file(folder: Path, *, name: str) -> Path:
    """Write a file of one kind, and what is read beside it."""
    file, write, _ = _KINDS[name]
    _write_pool(folder)
    write(folder / file)
    return folder / file


def read_round_file(path: Path, *, name: str) -> Any:
    """Read what a user sees of it."""
    return _KINDS[name][2](path)
