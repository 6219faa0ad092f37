"""Seconds that functions take; of two, in turn."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import torch
from tqdm import tqdm


def timed(function: Callable[[], Any], device: str) -> float:
    """Seconds that a function takes, with what it leaves to the device to do.

    Parameters
    ----------
    function : callable
    device : str

    Returns
    -------
    float

    Examples
    --------
    >>> from skvaal.benchmark.timing import timed
    >>> timed(list, "cpu") < 1
    True
    """
    began = perf_counter()
    function()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return perf_counter() - began


def interleaved(
    first: Callable[[], Any], second: Callable[[], Any], *, repeats: int, device: str, title: str
) -> tuple[list[float], list[float]]:
    """Seconds of two functions, called in turn, after one call of each that warms up.

    Parameters
    ----------
    first, second : callable
    repeats : int
    device : str
    title : str
        Of the progress bar.

    Returns
    -------
    tuple of lists of float
        Of equal length, neighbours at the same place.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for repeat in tqdm(range(repeats + 1), desc=title, unit="pair"):
        # The order alternates, so that a machine that slows down does not favour one of them.
        pair = list(zip((first, second), times, strict=True))
        for function, seconds in pair if repeat % 2 else pair[::-1]:
            took = timed(function, device)
            if repeat:
                seconds.append(round(took, 4))
    return times
