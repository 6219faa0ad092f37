"""Class probabilities of any shape, type and value: a right choice, or an error."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reliability.fuzz.examples import Outcome, answer, explore
from reliability.samples import N_SAMPLES, fitted, is_right, tiny
from reliability.tally import RIGHT, SILENT, WRONG, Tally
from reliability.watched import watch

_UNCERTAINTIES = st.sampled_from(
    ["auto", "margin", "entropy", "least_confident", "disagreement", None]
)
_FORMS = {
    "array": np.asarray,
    "list": lambda proba: proba.tolist(),
    "list of arrays": list,
    "DataFrame": pd.DataFrame,
    "tensor": torch.tensor,
    "masked": lambda proba: np.ma.masked_array(proba, mask=proba == proba.max()),
    "read-only": lambda proba: np.broadcast_to(proba, proba.shape),
}


@st.composite
def _examples(draw: Any) -> tuple[str, np.ndarray, str, Any]:
    dtype = np.dtype(draw(st.sampled_from(["f8", "f4", "f2", ">f8", "i8", "?", "c16", "O", "U3"])))
    if draw(st.booleans()):  # nearly right
        n_classes = draw(st.integers(1, 4))
        members = (draw(st.integers(1, 3)),) if draw(st.booleans()) else ()
        shape = (*members, N_SAMPLES, n_classes)
        proba = np.full(shape, 1 / n_classes)
        for _ in range(draw(st.integers(0, 2))):
            place = tuple(draw(st.integers(0, size - 1)) for size in shape)
            proba[place] = draw(st.floats())
    else:
        proba = draw(hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, max_side=4)))
    name = draw(st.sampled_from(["herding", "vaal"]))
    return name, proba, draw(st.sampled_from([*_FORMS])), draw(_UNCERTAINTIES)


def examples() -> st.SearchStrategy:
    """What is drawn."""
    return _examples()


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Try so many examples."""
    watch(tally, explore, examples, judge, trials, seed)


@cache
def _fitted(name: str) -> Any:
    return fitted(name)


def judge(example: tuple[str, np.ndarray, str, Any]) -> Outcome:
    """Query with the probabilities."""
    name, proba, form, uncertainty = example

    def try_one() -> Outcome:
        try:
            given = _FORMS[form](proba)
        except Exception:
            return "no such probabilities", ""
        strategy = _fitted(name).set_params(uncertainty=uncertainty)
        chosen, values = strategy.query(tiny()[0], n=3, proba=given, return_scores=True)
        if uncertainty is not None and _are_impossible(proba):
            return SILENT, "no probabilities, and no error"
        is_fine = is_right(chosen, 3, N_SAMPLES) and not np.isnan(values).any()
        return (RIGHT if is_fine else WRONG), ""

    return answer(try_one, "proba")


def _are_impossible(proba: np.ndarray) -> bool:
    if proba.dtype.kind != "f":
        return False
    return not (np.isfinite(proba).all() and (proba >= 0).all() and (proba <= 1.001).all())
