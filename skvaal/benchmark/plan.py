"""Sizes and repetitions of a comparison, checked before anything is trained."""

from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any

import numpy as np

from skvaal._utils.params import Interval
from skvaal.benchmark.datasets import Dataset
from skvaal.benchmark.protocols import Protocol

MOST_SEEDS = 10_000  # the start of each is drawn before the first run


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is labelled, how often, and how many times over.

    Parameters
    ----------
    n_seeds : int, default=8
        Number of repetitions, each with a split, a start and a task model of its own; at most
        10,000.
    rounds : int, default=4
        Number of queries in each repetition.
    batch : int, default=40
        Samples labelled in each round.
    initial : int, default=20
        Samples labelled at the start.
    pool_size : int or None, default=None
        Samples that a repetition may label, the ones of the start included; None takes all.
    test_fraction : float, default=0.3
        Share of the samples held out for the accuracy, stratified by class; data with an
        official test split use that one in full.

    Examples
    --------
    >>> Plan(initial=20, batch=10, rounds=3).budget
    50
    """

    n_seeds: int = 8
    rounds: int = 4
    batch: int = 40
    initial: int = 20
    pool_size: int | None = None
    test_fraction: float = 0.3

    @property
    def budget(self) -> int:
        """Number of labels at the end."""
        return self.initial + self.rounds * self.batch

    def under(self, protocol: Protocol) -> "Plan":
        """Return the plan with the batches of a protocol.

        Parameters
        ----------
        protocol : Protocol
            With a factor for the batch.

        Returns
        -------
        Plan
            Of the same budget.

        Raises
        ------
        ValueError
            If the budget cannot be spent in batches of that size.

        Examples
        --------
        >>> Plan(batch=40, rounds=4).under(Protocol(batch_factor=0.5)).rounds
        8
        """
        _check_kind("protocol", protocol, Protocol)
        batch = round(self.batch * protocol.batch_factor)
        if batch < 1 or batch != self.batch * protocol.batch_factor or self._labelled % batch:
            raise ValueError(
                f"protocol {protocol.name!r} multiplies batch={self.batch} by "
                f"batch_factor={protocol.batch_factor:g}; rounds={self.rounds} of "
                f"batch={self.batch} cannot be spent in whole batches of that size. Use even "
                "numbers."
            )
        return replace(self, batch=batch, rounds=self._labelled // batch)

    @property
    def _labelled(self) -> int:
        return self.rounds * self.batch

    def check(self, dataset: Dataset, protocol: Protocol | None = None) -> None:
        """Raise if the plan cannot be carried out on the data.

        Parameters
        ----------
        dataset : Dataset
            The data to label.
        protocol : Protocol or None, default=None
            The protocol; None takes the standard.

        Raises
        ------
        ValueError
            Naming the argument, its value and the way out.
        """
        protocol = Protocol() if protocol is None else protocol
        _check_kind("dataset", dataset, Dataset)
        _check_kind("protocol", protocol, Protocol)
        for argument in ("n_seeds", "rounds", "batch", "initial"):
            _check_count(argument, getattr(self, argument))
        if self.n_seeds > MOST_SEEDS:
            raise ValueError(f"n_seeds={self.n_seeds} must be at most {MOST_SEEDS}.")
        if not Interval(Real, 0, 1, closed="neither").is_satisfied_by(self.test_fraction):
            raise ValueError(f"test_fraction={self.test_fraction!r} must lie between 0 and 1.")
        self._check_classes(dataset, protocol)
        self._check_pool(dataset)
        self.under(protocol)

    def n_available(self, dataset: Dataset) -> int:
        """Return the number of samples outside the test split.

        Parameters
        ----------
        dataset : Dataset
            The data to label.

        Returns
        -------
        int
            The largest possible pool.
        """
        _check_kind("dataset", dataset, Dataset)
        n_samples = len(dataset.y)
        if dataset.y_test is not None:
            return n_samples
        return n_samples - int(np.ceil(self.test_fraction * n_samples))

    def _check_classes(self, dataset: Dataset, protocol: Protocol) -> None:
        counts = np.bincount(dataset.y, minlength=len(dataset.classes))
        fewest = 1 if dataset.y_test is not None else 2  # one for the pool, one for the test
        for name, count in zip(dataset.classes, counts, strict=True):
            if count < fewest:
                has = "no sample" if count == 0 else f"{count} sample"
                raise ValueError(
                    f"{dataset.name}: class {name!r} has {has}; it needs {fewest} or more, or "
                    "must be left out of the data."
                )
        n_classes = len(counts)
        n_missing = protocol.n_missing(n_classes)
        if n_classes - n_missing < 2:
            raise ValueError(
                f"protocol {protocol.name!r} leaves {n_missing} of the {n_classes} classes of "
                f"{dataset.name} without a label; at least 2 must have one."
            )
        if protocol.start != "random" and self.initial < n_classes - n_missing:
            raise ValueError(
                f"initial={self.initial} is less than the {n_classes - n_missing} classes of "
                f"{dataset.name}, each of which is labelled once at the start; "
                f"use initial={n_classes - n_missing} or more."
            )

    def _check_pool(self, dataset: Dataset) -> None:
        available = self.n_available(dataset)
        if self.pool_size is not None:
            _check_count("pool_size", self.pool_size)
            if self.pool_size > available:
                raise ValueError(
                    f"pool_size={self.pool_size} is more than the {available} samples of "
                    f"{dataset.name} outside the test split; use {available} or less."
                )
        pool_size = available if self.pool_size is None else self.pool_size
        if self.budget > pool_size:
            raise ValueError(
                f"initial={self.initial} and rounds={self.rounds} of batch={self.batch} ask for "
                f"{self.budget} labels, but the pool of {dataset.name} has pool_size={pool_size} "
                "samples; lower initial, rounds or batch, or raise pool_size."
            )


def _check_kind(argument: str, value: Any, kind: type) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{argument}={value!r} must be a {kind.__name__}.")


def _check_count(argument: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{argument}={value!r} must be a whole number of at least 1.")
