"""Samples of odd types, shapes and layouts: n different rows of the pool, or an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from reliability.fuzz.examples import Outcome, answer, explore
from reliability.samples import QUICK, is_right
from reliability.tally import RIGHT, WRONG, Tally
from reliability.watched import watch
from skvaal import HerdingQueryStrategy, VAALQueryStrategy

_DTYPES = [
    *("?", "i1", "u1", "<i2", ">i4", "u4", "i8", "u8", "f2", "<f4", ">f4", "f8", ">f8", "g"),
    *("c8", "c16", "O", "S3", "U3", "M8[D]", "m8[s]", "i4,f4"),
]
_LAYOUTS = {
    "as it is": lambda X: X,
    "Fortran": np.asfortranarray,
    "reversed": lambda X: X[::-1],
    "every second": lambda X: np.repeat(X, 2, axis=0)[::2],
    "read-only": lambda X: np.lib.stride_tricks.as_strided(X, writeable=False),
    "broadcast": lambda X: np.broadcast_to(X[:1], X.shape),
    "matrix": np.asmatrix,
    "masked": lambda X: np.ma.masked_array(X, mask=np.arange(X.size).reshape(X.shape) == 1),
    "list": lambda X: X.tolist(),
    "list of arrays": list,
    "DataFrame": pd.DataFrame,
    "tensor": torch.tensor,
    "list of tensors": lambda X: [torch.tensor(row) for row in X],
    "csr": sparse.csr_matrix,
    "coo": sparse.coo_array,
    "dok": sparse.dok_matrix,
    "generator": iter,
    "dict": lambda X: dict(enumerate(X)),
}
_SHAPES = st.one_of(
    st.tuples(st.integers(0, 12), st.integers(0, 5)),
    st.tuples(st.integers(8, 12), st.integers(1, 5)),
    hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=9),
    st.sampled_from([(8, 1, 8, 8), (8, 8, 8, 1), (8, 3, 9, 8), (8, 5, 8, 8), (8, 8, 8)]),
)


@st.composite
def _examples(draw: Any) -> tuple[str, np.ndarray, str]:
    dtype = np.dtype(draw(st.sampled_from(_DTYPES)))
    shape = draw(_SHAPES)
    X = draw(hnp.arrays(dtype, shape, elements=_elements(dtype)))
    return draw(st.sampled_from(["herding", "vaal"])), X, draw(st.sampled_from([*_LAYOUTS]))


def _elements(dtype: np.dtype) -> Any:
    if dtype.kind == "O":
        return st.one_of(st.floats(), st.integers(), st.text(max_size=2), st.none())
    if dtype.kind == "f":  # often numbers as people have them
        ordinary = st.integers(-50, 50).map(lambda n: n / 4)
        return st.one_of(ordinary, hnp.from_dtype(dtype))
    return None


def examples() -> st.SearchStrategy:
    """What is drawn."""
    return _examples()


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Try so many examples."""
    watch(tally, explore, examples, judge, trials, seed)


def judge(example: tuple[str, np.ndarray, str]) -> Outcome:
    """Fit on the samples, and query them."""
    name, array, layout = example

    def try_one() -> Outcome:
        try:
            X = _LAYOUTS[layout](array)
        except Exception:
            return "no such samples", ""
        n_samples = len(array) if array.ndim else 1
        y = np.where(np.arange(n_samples) < max(1, n_samples // 3), 0, -1)
        made: Any = HerdingQueryStrategy(random_state=0)
        if name == "vaal":
            params = QUICK if array.ndim == 2 else {k: QUICK[k] for k in QUICK if "vae" not in k}
            made = VAALQueryStrategy(**params, random_state=0)
        made.fit(X, y)
        again = _LAYOUTS[layout](array) if layout == "generator" else X
        n = min(2, n_samples)
        return (RIGHT if is_right(made.query(again, n=n), n, n_samples) else WRONG), ""

    return answer(try_one, "X", "X_unlabeled")
