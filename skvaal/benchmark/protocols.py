"""Protocols: from which labels a repetition starts, over which pool, and with which oracle."""

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Literal, get_args

from skvaal._utils.params import Interval, StrOptions
from skvaal.benchmark._lookup import lookup, names_in

StartKind = Literal["every_class", "stratified", "random"]
_STARTS = get_args(StartKind)
_SHARE = Interval(Real, 0, 1, closed="left")
# What each field may be, and in words.
_CONSTRAINTS = {
    "start": (StrOptions(set(_STARTS)), "'" + "', '".join(_STARTS) + "'"),
    "missing_classes": (_SHARE, "in [0, 1)"),
    "label_noise": (_SHARE, "in [0, 1)"),
    "imbalance": (Interval(Real, 1, None, closed="left"), "at least 1"),
    "copies": (Interval(Integral, 1, None, closed="left"), "a whole number from 1"),
    "batch_factor": (Interval(Real, 0, None, closed="neither"), "more than 0"),
}


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """What a strategy is up against.

    Parameters
    ----------
    name : str, default="standard"
        Name for tables and files.
    start : {"every_class", "stratified", "random"}, default="every_class"
        How the samples labelled at the start are drawn: at random with at least one of each
        class; in the proportions of the classes; or at random, whatever comes.
    missing_classes : float, default=0.0
        Share of the classes, drawn for each seed, that have no label at the start: the biased
        initial pool of [1]_, section 4.3. Rounded, at least one class where it is more than 0.
    label_noise : float, default=0.0
        Share of the pool for which the oracle gives a wrong class, always the same one: the noisy
        oracle of [1]_. It confuses classes of one super-class where the data have some. The
        labels of the start are the oracle's too.
    imbalance : float, default=1.0
        How many times more samples of the largest class than of the smallest the pool has;
        in between their number falls exponentially [2]_. Which class is how large is drawn for
        each seed.
    copies : int, default=1
        How many times each sample stands in the pool, which keeps its size, as in the repeated
        MNIST of [3]_ but without noise on the copies.
    batch_factor : float, default=1.0
        What the plan's batch is multiplied by; the number of rounds is divided by it, so that
        the budget stays.

    References
    ----------
    .. [1] S. Sinha, S. Ebrahimi, T. Darrell. "Variational Adversarial Active Learning", ICCV
       2019.
    .. [2] Y. Cui, M. Jia, T.-Y. Lin, Y. Song, S. Belongie. "Class-Balanced Loss Based on
       Effective Number of Samples", CVPR 2019, section 5.1.
    .. [3] A. Kirsch, J. van Amersfoort, Y. Gal. "BatchBALD", NeurIPS 2019, section 4.2.

    Examples
    --------
    >>> Protocol(name="biased and noisy", missing_classes=0.3, label_noise=0.1).copies
    1
    """

    name: str = "standard"
    start: StartKind = "every_class"
    missing_classes: float = 0.0
    label_noise: float = 0.0
    imbalance: float = 1.0
    copies: int = 1
    batch_factor: float = 1.0

    def __post_init__(self) -> None:
        for field, (constraint, good) in _CONSTRAINTS.items():
            value = getattr(self, field)
            if not constraint.is_satisfied_by(value):
                raise ValueError(f"protocol {self.name!r}: {field}={value!r} must be {good}.")

    def n_missing(self, n_classes: int) -> int:
        """Return the number of classes without a label at the start.

        Parameters
        ----------
        n_classes : int
            Number of classes.

        Returns
        -------
        int
            0 only if `missing_classes` is 0.
        """
        return max(1, round(self.missing_classes * n_classes)) if self.missing_classes else 0


def budget_sweep(factors: Iterable[float] = (0.5, 1, 2)) -> list[Protocol]:
    """Return protocols that spend one budget in batches of different size.

    Parameters
    ----------
    factors : iterable of float, default=(0.5, 1, 2)
        What the plan's batch is multiplied by.

    Returns
    -------
    list of Protocol
        Named by their factor; the one of factor 1 is the standard.

    Examples
    --------
    >>> [protocol.name for protocol in budget_sweep()]
    ['batch_x0.5', 'standard', 'batch_x2']
    """
    if not isinstance(factors, Iterable) or not all(isinstance(one, Real) for one in factors):
        raise TypeError(f"factors={factors!r} must be several numbers, such as (0.5, 1, 2).")
    return [
        Protocol() if factor == 1 else Protocol(name=f"batch_x{factor:g}", batch_factor=factor)
        for factor in factors
    ]


def get_protocols(names: Iterable[str]) -> list[Protocol]:
    """Return protocols by name.

    Parameters
    ----------
    names : str or iterable of str
        Keys of `PROTOCOLS`; "budget_sweep" stands for those of :func:`budget_sweep`.

    Returns
    -------
    list of Protocol
        In the order of `names`, each once.

    Raises
    ------
    ValueError
        If a name is not known.

    Examples
    --------
    >>> get_protocols(["noisy_oracle"])[0].label_noise
    0.2
    """
    found = [
        protocol
        for name in names_in(names, argument="names")
        for protocol in lookup(PROTOCOLS, name, argument="protocol")
    ]
    return list(dict.fromkeys(found))


PROTOCOLS: dict[str, list[Protocol]] = {
    protocol.name: [protocol]
    for protocol in (
        Protocol(),
        Protocol(name="random_start", start="random"),
        Protocol(name="stratified_start", start="stratified"),
        Protocol(name="biased_start", missing_classes=0.3),
        Protocol(name="noisy_oracle", label_noise=0.2),
        Protocol(name="imbalanced", imbalance=10),
        Protocol(name="duplicated", copies=3),
    )
} | {"budget_sweep": budget_sweep()}
