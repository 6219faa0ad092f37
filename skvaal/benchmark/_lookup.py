"""Look-up of a named part, with the nearest right name in the error."""

from collections.abc import Mapping
from typing import TypeVar

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
    if name in table:
        return table[name]
    raise ValueError(f"{argument}={name!r} is not known; {did_you_mean(name, table)}")
