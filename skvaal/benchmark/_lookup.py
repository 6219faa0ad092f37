"""Names and paths that a user passes, and the parts that names stand for."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from skvaal._utils.params import did_you_mean

T = TypeVar("T")


def lookup(table: Mapping[str, T], name: str, *, argument: str) -> T:
    """Return ``table[name]``.

    Parameters
    ----------
    table : mapping of str to object
        The parts by name.
    name : str
        The name asked for.
    argument : str
        What the name stands for, for the error.

    Returns
    -------
    object
        The part called `name`.

    Raises
    ------
    ValueError
        If no part is called `name`.

    Examples
    --------
    >>> lookup({"digits": 1}, "digit", argument="data")
    Traceback (most recent call last):
    ...
    ValueError: data='digit' is not known; did you mean 'digits'?
    """
    if isinstance(name, str) and name in table:
        return table[name]
    raise ValueError(f"{argument}={name!r} is not known; {did_you_mean(name, table)}")


def names_in(names: Any, *, argument: str) -> list[str]:
    """Return one name or several as a list.

    Parameters
    ----------
    names : str or iterable of str
        What the user passed.
    argument : str
        The name of the argument, for the error.

    Returns
    -------
    list of str
        At least none.

    Raises
    ------
    TypeError
        If it is neither.

    Examples
    --------
    >>> names_in("random", argument="names")
    ['random']
    """
    listed = [names] if isinstance(names, str) else names
    if isinstance(listed, Iterable) and not isinstance(listed, bytes):
        listed = list(listed)
        if all(isinstance(name, str) for name in listed):
            return listed
    raise TypeError(f"{argument}={names!r} must be a name, or several in a list.")


def path_of(path: Any, *, argument: str) -> Path:
    """Return a path.

    Parameters
    ----------
    path : str or path
        What the user passed.
    argument : str
        The name of the argument, for the error.

    Returns
    -------
    Path
        The same.

    Raises
    ------
    TypeError
        If it is none.
    ValueError
        If it is empty, which would mean the folder where the program runs.

    Examples
    --------
    >>> path_of("results", argument="out").name
    'results'
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{argument}={path!r} must be the path of a folder or a file.")
    if not os.fspath(path):
        raise ValueError(f"{argument}={path!r} must be the path of a folder or a file.")
    return Path(path)
