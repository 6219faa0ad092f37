"""What the loaders of data sets are asked for."""

import os
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

from skvaal.benchmark.datasets._images import DEFAULT_IMAGE_SIZE, MIN_IMAGE_SIZE

DATA_VARIABLE = "SKVAAL_DATA"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Arguments of :func:`load_dataset` other than the name; see there.

    Examples
    --------
    >>> Options().size
    64
    """

    data_dir: str | Path | None = None
    skip_bad: bool = False
    image_size: int | None = None
    random_state: int = 0

    @property
    def size(self) -> int:
        """Height and width of image files, in pixels."""
        return DEFAULT_IMAGE_SIZE if self.image_size is None else self.image_size

    def folder(self, name: str, wanted: str) -> Path:
        """Return the folder of the data, or say what to set.

        Parameters
        ----------
        name : str
            The data set.
        wanted : str
            What the folder must hold, for the error.

        Returns
        -------
        Path
            `data_dir`, or else what SKVAAL_DATA names.

        Raises
        ------
        FileNotFoundError
            If neither names a folder.
        """
        folder = self.data_dir or os.environ.get(DATA_VARIABLE)
        if not folder:
            raise FileNotFoundError(
                f"{name}: set the environment variable {DATA_VARIABLE} to the folder that holds "
                f"{wanted}, or use the data 'digits', which need no file."
            )
        return Path(folder)


def check_image_size(value: Any) -> None:
    """Raise unless the value is None or a size that images can have.

    Parameters
    ----------
    value : object
        What the user passed.

    Raises
    ------
    ValueError
        If it is neither None nor a whole number of at least 8.

    Examples
    --------
    >>> check_image_size(4)
    Traceback (most recent call last):
    ...
    ValueError: image_size=4 must be a whole number of pixels, 8 or more.
    """
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, Integral) or value < MIN_IMAGE_SIZE:
        raise ValueError(
            f"image_size={value!r} must be a whole number of pixels, {MIN_IMAGE_SIZE} or more."
        )
