"""Samples of a user's files, under the names by which tables and labelling tools know them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Kind = Literal["images", "features", "texts"]


@dataclass(frozen=True)
class NamedSamples:
    """Samples and their names.

    Parameters
    ----------
    X : LazyImages of n images, array of shape (n, n_features) or object array of n str
        What is known of the samples; images stay in their files until they are asked for, or until
        `load_images` makes an array of them.
    names : array of str, shape (n,)
        Different names: of a file its path relative to `root`, with '/', else the row's number.
    kind : {'images', 'features', 'texts'}
        What `X` holds.
    column : {'path', 'row'}
        What tables call the names.
    root : Path or None
        Folder that paths are relative to.
    source : str
        The pool as the user named it, for messages.
    left_out : mapping of str to str
        Names of files that cannot be read, and why.
    notes : tuple of str
        What the user should know of how the source was read, a sentence each.
    columns : tuple of str
        Columns of the pool's table that `X` was read from: of features, texts or paths. There are
        none if the pool is no table.
    """

    X: Any
    names: NDArray[np.object_]
    kind: Kind
    column: Literal["path", "row"]
    root: Path | None
    source: str
    left_out: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def take(self, rows: ArrayLike) -> NamedSamples:
        """Some of the samples, in the order of `rows`."""
        rows = np.asarray(rows)
        X = self.X[rows] if isinstance(self.X, np.ndarray) else self.X.take(rows)
        return replace(self, X=X, names=self.names[rows])
