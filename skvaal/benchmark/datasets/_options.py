"""What the loaders of data sets are asked for."""

import os
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

from skvaal._files.decoding import DEFAULT_MAX_PIXELS
from skvaal._files.images import DEFAULT_IMAGE_SIZE, MIN_IMAGE_SIZE

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
    max_pixels: int | None = None
    random_state: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.data_dir, str | os.PathLike | None):
            raise TypeError(f"data_dir={self.data_dir!r} must be the path of a folder, or None.")

    @property
    def size(self) -> int:
        """Height and width of image files, in pixels."""
        return DEFAULT_IMAGE_SIZE if self.image_size is None else self.image_size

    @property
    def most_pixels(self) -> int:
        """How many pixels an image file may have."""
        return DEFAULT_MAX_PIXELS if self.max_pixels is None else self.max_pixels

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


def check_pixels(value: Any, name: str, minimum: int) -> None:
    """Raise a ValueError unless an argument is None or a whole number of pixels."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
        raise ValueError(f"{name}={value!r} must be a whole number of pixels, {minimum} or more.")


def check_sizes(options: Options) -> None:
    """Raise unless images can have the sizes that are asked for.

    Parameters
    ----------
    options : Options
        With what the user passed.

    Raises
    ------
    ValueError
        If `image_size` or `max_pixels` is neither None nor a whole number of pixels, or the one
        asks for more pixels than the other allows.

    Examples
    --------
    >>> check_sizes(Options(image_size=4))
    Traceback (most recent call last):
    ...
    ValueError: image_size=4 must be a whole number of pixels, 8 or more.
    """
    least = {"image_size": MIN_IMAGE_SIZE, "max_pixels": MIN_IMAGE_SIZE**2}
    for name, minimum in least.items():
        check_pixels(getattr(options, name), name, minimum)
    if options.size**2 > options.most_pixels:
        raise ValueError(
            f"image_size={options.size} asks for images of {options.size**2} pixels, and "
            f"max_pixels={options.most_pixels} allows no more than that; change one of them."
        )
