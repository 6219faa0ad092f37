"""One argument of anything public with any value: an answer, or an error that names it."""

from __future__ import annotations

import contextlib
import functools
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from reliability.fuzz.examples import Outcome, explore
from reliability.tally import OTHER, UNNAMED, Tally
from reliability.watched import Report, watch

FINE = "works, or is refused by name"
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(max_value=40),  # a large size is legal, and takes long
    st.integers(-3, 40),
    st.floats(),
    st.text(max_size=6),
    st.binary(max_size=3),
    st.sampled_from([10**30, np.float32(0.5), np.int64(3), np.bool_(True), 1j, int, object, len]),
)
_VALUES = st.one_of(
    _SCALARS,
    st.lists(_SCALARS, max_size=3),
    st.lists(_SCALARS, max_size=3).map(tuple),
    st.dictionaries(st.text(max_size=3), _SCALARS, max_size=2),
    st.lists(st.floats(), max_size=3).map(np.array),
)


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Try so many pairs of an argument and a value."""
    watch(tally, explore_arguments, trials, seed, folder)


def explore_arguments(report: Report, trials: int, seed: int, folder: Path) -> None:
    """Draw from all arguments that the tests know, which are those of the signatures."""
    from tests import test_bad_parameters  # trains

    os.chdir(folder)  # a value may be the name of a file to write
    # Compiling takes seconds; the signature tells which options there are.
    compiled = functools.wraps(torch.compile)(lambda function, **options: function)
    setattr(torch, "compile", compiled)  # noqa: B010 (mypy)
    cases = {case.id: case for case in test_bad_parameters.ALL}

    def judge(example: tuple[str, Any]) -> Outcome:
        name, value = example
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            fault = cases[name].fault(value)
        if fault is None:
            return FINE, ""
        return (UNNAMED if fault.startswith("no name") else OTHER), fault

    pairs = st.tuples(st.sampled_from(sorted(cases)), _VALUES)
    explore(report, lambda: pairs, judge, trials, seed)
