"""What the benchmarks of time and memory share: stop-watches, children, files of results."""

from __future__ import annotations

import json
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser, Namespace
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from tqdm import tqdm

from skvaal.benchmark.machine import git_revision, machine, versions


def make_parser(about: str) -> ArgumentParser:
    r"""Make a parser of a benchmark's command line, which tells the defaults.

    Parameters
    ----------
    about : str
        The docstring of the benchmark, of which the first line is told.

    Returns
    -------
    ArgumentParser

    Examples
    --------
    >>> make_parser("How fast it is.\n\nMore.").description
    'How fast it is.'
    """
    description = about.partition("\n")[0]
    return ArgumentParser(description=description, formatter_class=ArgumentDefaultsHelpFormatter)


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


def in_child(function: Callable[..., Any], *args: Any) -> Any:
    """What a function returns in a process of its own: the peak of its memory is then its own.

    Parameters
    ----------
    function : callable
        Of a module, so that the child can import it.
    *args : object

    Returns
    -------
    object
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        return executor.submit(function, *args).result()


def write_result(
    name: str, args: Namespace, result: Mapping[str, Any], *, not_settings: Collection[str]
) -> Path:
    """Write what was measured, with what it was measured on.

    Parameters
    ----------
    name : str
        Of the benchmark; the file is ``<name>_<device>.json`` in the folder ``args.out``.
    args : Namespace
        Of the command line.
    result : dict
    not_settings : collection of str
        Arguments that say nothing of the measurement.

    Returns
    -------
    Path
        Of the file.
    """
    measured_on = {
        "machine": machine() | {"torch_threads": torch.get_num_threads()},
        "versions": versions(),
        "git_revision": git_revision(),
        "settings": {k: v for k, v in vars(args).items() if k not in not_settings},
    }
    path = Path(args.out) / f"{name}_{args.device.replace(':', '')}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(measured_on | dict(result), indent=2) + "\n", encoding="utf-8")
    return path
