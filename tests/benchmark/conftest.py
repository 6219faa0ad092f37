import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.datasets import DATA_VARIABLE, Dataset

N_TRAIN, N_TEST = 80, 30


@pytest.fixture
def rows():
    """Two well separated classes and a rare third one, as rows."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [50, 44, 6])
    X = y[:, None] + 0.1 * rng.standard_normal((100, 3))
    return Dataset(name="rows", X=X, y=y, kind="rows", classes=("a", "b", "c"))


@pytest.fixture
def fashion_arrays():
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (N_TRAIN, 28, 28), dtype=np.uint8),
        "y_train": np.arange(N_TRAIN, dtype=np.uint8) % 10,
        "x_test": rng.integers(0, 256, (N_TEST, 28, 28), dtype=np.uint8),
        "y_test": np.arange(N_TEST, dtype=np.uint8) % 10,
        "classes": np.array([f"class {i}" for i in range(10)]),
    }


@pytest.fixture
def fashion_folder(tmp_path, monkeypatch, fashion_arrays):
    """A small fashion_mnist.npz in the folder that the environment variable names."""
    folder = tmp_path / "data"
    folder.mkdir()
    np.savez(folder / "fashion_mnist.npz", **fashion_arrays)
    monkeypatch.setenv(DATA_VARIABLE, str(folder))
    return folder


@pytest.fixture
def records():
    """Two strategies, two seeds, budgets 20, 40 and 80; areas known by hand."""
    accuracy = {
        ("margin", 0): (0.5, 0.7, 0.9),
        ("margin", 1): (0.3, 0.7, 0.9),
        ("random", 0): (0.5, 0.5, 0.5),
        ("random", 1): (0.3, 0.3, 0.6),
    }
    return pd.DataFrame(
        [
            {
                "data": "made-up",
                "strategy": strategy,
                "seed": seed,
                "round": round_,
                "n_labeled": n_labeled,
                "accuracy": values[round_],
                "train_seconds": 0.25,
                "query_seconds": 0.1 * round_ if round_ else np.nan,
            }
            for (strategy, seed), values in accuracy.items()
            for round_, n_labeled in enumerate((20, 40, 80))
        ]
    )
