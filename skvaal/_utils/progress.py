"""Progress bars, and how the parameter `verbose` decides which are shown."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from multiprocessing import current_process
from typing import Any, TypeAlias

from tqdm.auto import tqdm

from skvaal._utils.params import StrOptions

Verbose: TypeAlias = bool | int | str
# Of the parameter, in the form of `_parameter_constraints`.
VERBOSE_CONSTRAINT = ["verbose", StrOptions({"auto"})]
# Seconds after which 'auto' shows a bar.
DELAY = 3.0


def progress_bar(iterable: Iterable | None = None, *, verbose: Verbose, **options: Any) -> tqdm:
    """Make a bar of tqdm that vanishes when it is done.

    >>> list(progress_bar(range(3), verbose=0, desc="counting"))
    [0, 1, 2]
    """
    return tqdm(iterable, leave=False, **visibility(verbose), **options)


def visibility(verbose: Verbose) -> dict[str, Any]:
    """Options of tqdm: 'auto' waits some seconds, and stays away where nobody watches."""
    return {"disable": not may_show(verbose), "delay": DELAY if verbose == "auto" else 0.0}


def may_show(verbose: Verbose) -> bool:
    """Whether a bar may be shown at all."""
    return is_watched() if verbose == "auto" else bool(verbose)


def is_watched() -> bool:
    """Whether stderr is a terminal or a notebook, and this is not one of many workers."""
    if current_process().name != "MainProcess":
        return False
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if "IPKernelApp" in getattr(shell, "config", {}):
        return True
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # there is none, or it is closed
        return False
