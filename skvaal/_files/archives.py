"""Arrays in .npz files that anybody may have written."""

from typing import BinaryIO
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray


def load_arrays(
    file: BinaryIO, needed: tuple[str, ...], optional: tuple[str, ...] = (), *, most_bytes: float
) -> dict[str, NDArray]:
    """Read arrays by name, or raise a ValueError that says what is wrong with the file.

    Nothing is unpickled, and nothing is read if what is wanted would take more than `most_bytes`:
    a file of some kB may unpack to any size.
    """
    try:
        with ZipFile(file) as archive:
            sizes = {
                info.filename.removesuffix(".npy"): info.file_size for info in archive.filelist
            }
    except Exception as error:  # zipfile raises all kinds
        raise ValueError(f"it is no .npz file, or is damaged ({error})") from error
    if missing := [key for key in needed if key not in sizes]:
        raise ValueError(f"it lacks {', '.join(missing)}; it must hold {', '.join(needed)}")
    wanted = [key for key in (*needed, *optional) if key in sizes]
    if (total := sum(sizes[key] for key in wanted)) > most_bytes:
        raise ValueError(
            f"its arrays take {total / 2**30:,.1f} GiB, more than the {most_bytes / 2**30:,.1f} "
            "there are for them"
        )
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        return {key: _array(arrays, key) for key in wanted}


def _array(arrays: np.lib.npyio.NpzFile, key: str) -> NDArray:
    try:
        array = arrays[key]
    except Exception as error:  # numpy, zipfile and zlib raise all kinds
        raise ValueError(
            f"{key} cannot be read ({error}); save it as an array of numbers, or of text "
            "(np.array(list(names), dtype=str))"
        ) from error
    if not isinstance(array, np.ndarray) or (array.size and not array.nbytes):
        raise ValueError(f"{key} cannot be read (it is no array)")
    return array
