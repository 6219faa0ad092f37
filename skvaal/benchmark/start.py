"""Where a repetition starts: the split, the pool, the labelled samples and the oracle's answers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from skvaal._utils.seeds import draw_with_every_class
from skvaal.benchmark.datasets import Dataset
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import Protocol


@dataclass(frozen=True, eq=False, kw_only=True)
class Start:
    """What the strategies of one seed have in common.

    Parameters
    ----------
    pool : ndarray of int of shape (n_pool,)
        The samples that may be labelled, as indices into ``dataset.X``.
    test : ndarray of int of shape (n_test,) or None
        The held-out samples, as indices into ``dataset.X``; None for the official test split.
    labeled : ndarray of int of shape (initial,)
        Those labelled at the start, as indices into `pool`.
    y : ndarray of int of shape (n_pool,)
        What the oracle says of each sample of `pool`.
    model_state, strategy_state : int
        Random states of the task model and of the strategy.
    """

    pool: NDArray[np.intp]
    test: NDArray[np.intp] | None
    labeled: NDArray[np.intp]
    y: NDArray[np.intp]
    model_state: int
    strategy_state: int


def draw_start(dataset: Dataset, plan: Plan, protocol: Protocol, seed: int) -> Start:
    """Draw the start of a repetition.

    The split and the random states depend on the data, the plan and the seed alone, so that
    protocols can be compared, too.

    Parameters
    ----------
    dataset : Dataset
        The data to label.
    plan : Plan
        Sizes.
    protocol : Protocol
        What the strategies are up against.
    seed : int
        Number of the repetition.

    Returns
    -------
    Start
        No sample of it is read.

    Raises
    ------
    ValueError
        If the protocol leaves a pool smaller than the budget, or smaller than the plan asks for,
        or a start with labels of one class alone.

    Examples
    --------
    >>> from skvaal.benchmark import load_dataset
    >>> start = draw_start(load_dataset("digits"), Plan(), Protocol(missing_classes=0.3), seed=0)
    >>> len(start.pool), len(np.unique(start.y[start.labeled]))
    (1257, 7)
    """
    states = [int(state) for state in np.random.SeedSequence(seed).generate_state(6)]
    split_rng, pool_rng, start_rng, oracle_rng = map(np.random.default_rng, states[:4])
    available, test = _split(dataset, plan.test_fraction, split_rng)
    pool = _draw_pool(dataset.y, available, plan, protocol, pool_rng)
    y = dataset.y[pool]
    labeled = _draw_labeled(y, plan.initial, protocol, start_rng, len(dataset.classes))
    answers = _answers(y, protocol.label_noise, dataset, oracle_rng)
    if len(np.unique(answers[labeled])) < 2:
        raise ValueError(
            f"protocol {protocol.name!r} starts seed {seed} with labels of one class alone; raise "
            f"initial={plan.initial}."
        )
    return Start(
        pool=pool,
        test=test,
        labeled=labeled,
        y=answers,
        model_state=states[4],
        strategy_state=states[5],
    )


def _split(
    dataset: Dataset, test_fraction: float, rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp] | None]:
    rows = np.arange(len(dataset.y))
    if dataset.y_test is not None:
        return rows, None
    available, test = train_test_split(
        rows, test_size=test_fraction, stratify=dataset.y, random_state=int(rng.integers(2**31))
    )
    return available, test


def _draw_pool(
    y: NDArray,
    available: NDArray[np.intp],
    plan: Plan,
    protocol: Protocol,
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    if protocol.imbalance > 1:
        available = _imbalanced(y, available, protocol.imbalance, rng)
    size = len(available) if plan.pool_size is None else plan.pool_size
    n_unique = -(-size // protocol.copies)
    if n_unique > len(available) or plan.budget > min(size, len(available)):
        raise ValueError(
            f"protocol {protocol.name!r} leaves a pool of {len(available)} samples; "
            f"pool_size={plan.pool_size} and {plan.budget} labels ask for more. Lower pool_size, "
            "initial, rounds or batch."
        )
    if n_unique < len(available):
        available = available[draw_with_every_class(y[available], n_unique, rng)]
    return np.repeat(available, protocol.copies)[:size]


def _imbalanced(
    y: NDArray, rows: NDArray[np.intp], imbalance: float, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Leave out samples, so that the sizes of the classes fall exponentially."""
    shuffled = rng.permutation(rows)
    by_class = [shuffled[y[shuffled] == label] for label in rng.permutation(np.unique(y[rows]))]
    largest = min(map(len, by_class))  # the same whichever class comes first
    shares = imbalance ** -np.linspace(0, 1, len(by_class))
    counts = np.maximum(1, np.round(largest * shares).astype(int))
    return np.concatenate([one[:n] for one, n in zip(by_class, counts, strict=True)])


def _draw_labeled(
    y: NDArray, n: int, protocol: Protocol, rng: np.random.Generator, n_classes: int
) -> NDArray[np.intp]:
    candidates = np.arange(len(y))
    missing = rng.permutation(n_classes)[: protocol.n_missing(n_classes)]
    candidates = candidates[~np.isin(y, missing)]
    if n > len(candidates):
        raise ValueError(
            f"initial={n} is more than the {len(candidates)} samples of the classes that protocol "
            f"{protocol.name!r} lets be labelled at the start; lower initial."
        )
    if protocol.start == "random":
        return rng.permutation(candidates)[:n]
    if protocol.start == "stratified":
        return _draw_stratified(y, candidates, n, rng)
    return candidates[draw_with_every_class(y[candidates], n, rng)]


def _draw_stratified(
    y: NDArray, candidates: NDArray[np.intp], n: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Draw in the proportions of the classes, by largest remainders, at least one of each."""
    _, which, counts = np.unique(y[candidates], return_inverse=True, return_counts=True)
    quotas = n * counts / counts.sum()
    taken = np.maximum(1, np.floor(quotas)).astype(int)
    while taken.sum() != n:
        short = taken.sum() < n
        gap = np.where(taken < counts, quotas - taken, -np.inf) if short else quotas - taken
        if short:
            taken[np.argmax(gap)] += 1
        else:  # the ones rounded up to 1 are paid for by the largest
            taken[np.argmin(np.where(taken > 1, gap, np.inf))] -= 1
    drawn = [rng.permutation(candidates[which == k])[:count] for k, count in enumerate(taken)]
    return rng.permutation(np.concatenate(drawn))


def _answers(
    y: NDArray, label_noise: float, dataset: Dataset, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Replace the class of some samples by another, of the same super-class where it has one."""
    answers = y.copy()
    n_classes = len(dataset.classes)
    groups = np.zeros(n_classes, int) if dataset.superclasses is None else dataset.superclasses
    for row in rng.permutation(len(y))[: round(label_noise * len(y))]:
        others = np.delete(np.arange(n_classes), y[row])
        alike = others[groups[others] == groups[y[row]]]
        answers[row] = rng.choice(alike if len(alike) else others)
    return answers
