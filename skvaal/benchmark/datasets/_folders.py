"""Image files in one folder for each class."""

import os
import warnings
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skvaal._files.decoding import find_problem
from skvaal._files.images import LazyImages
from skvaal.benchmark.datasets._dataset import Dataset
from skvaal.benchmark.datasets._options import DATA_VARIABLE, Options

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
CALTECH256_FOLDER = "256_ObjectCategories"
_CLUTTER = "257.clutter"
_IMAGENET_FOLDERS = ("ILSVRC2012", "imagenet", ".")
_N_SHOWN = 5

_Files = dict[str, list[Path]]  # the image files of each class


class BadImageWarning(UserWarning):
    """Image files that cannot be read were left out."""


def image_folder(folder: Path, options: Options, *, name: str | None = None) -> Dataset:
    """Read a tree of image files.

    Parameters
    ----------
    folder : Path
        Holds one folder for each class; or ``train`` and ``test`` (or ``val``) that do. Files of
        other endings, hidden ones and folders inside those of the classes are passed over.
    options : Options
        Size of the images, what to do about bad ones, and the order.
    name : str or None, default=None
        Name for tables and files; None takes the folder's.

    Returns
    -------
    Dataset
        Of images that are decoded when they are asked for. Those to learn from are shuffled.

    Raises
    ------
    ValueError
        If there are fewer than two classes, one has no image, or a file cannot be read.
    """
    train = folder / "train"
    if not (train.is_dir() and _subfolders(train)):
        return _as_dataset(
            name or _readable(folder.resolve()), folder, _files_by_class(folder), options
        )
    tests = [folder / each for each in ("test", "val") if (folder / each).is_dir()]
    return _as_dataset(
        name or _readable(folder.resolve()),
        folder,
        _files_by_class(train),
        options,
        test_files=_files_by_class(tests[0]) if tests else None,
    )


def caltech256(options: Options) -> Dataset:
    """Caltech-256 from its official folder, without the clutter; it has no official split."""
    parent = options.folder("caltech256", wanted=f"{CALTECH256_FOLDER}/")
    folder = parent / CALTECH256_FOLDER
    if not folder.is_dir():
        raise FileNotFoundError(
            f"caltech256: there is no folder {folder}; point {DATA_VARIABLE} to the folder that "
            "holds it."
        )
    numbered = _files_by_class(folder, leave_out=_CLUTTER)
    files = {name.partition(".")[2] or name: paths for name, paths in numbered.items()}
    return _as_dataset("caltech256", folder, files, options)


def imagenet(options: Options) -> Dataset:
    """ImageNet from ``train`` and ``val`` with a folder for each class; ``val`` is for testing."""
    parent = options.folder("imagenet", wanted="ILSVRC2012/train/ and ILSVRC2012/val/")
    for candidate in _IMAGENET_FOLDERS:
        folder = parent / candidate
        if (folder / "train").is_dir() and (folder / "val").is_dir():
            break
    else:
        raise FileNotFoundError(
            f"imagenet: there are no folders ILSVRC2012/train and ILSVRC2012/val in {parent}; "
            f"point {DATA_VARIABLE} to the folder that holds them."
        )
    train, test = _files_by_class(folder / "train"), _files_by_class(folder / "val")
    return _as_dataset("imagenet", folder, train, options, test_files=test)


def _files_by_class(folder: Path, *, leave_out: str = "") -> _Files:
    files: _Files = {}
    for class_folder in _subfolders(folder):
        if class_folder.name == leave_out:
            continue
        paths = [path for path in class_folder.iterdir() if path.suffix.lower() in ENDINGS]
        name = _readable(class_folder)
        files[name] = sorted(path for path in paths if not path.name.startswith("."))
        if not files[name]:
            raise ValueError(
                f"the class {name!r} has no image: {class_folder} holds no file "
                f"that ends in {', '.join(ENDINGS)}; add some, or remove the folder."
            )
    if len(files) < 2:
        raise ValueError(
            f"{folder} has {len(files)} folders of classes, and there must be at least 2: "
            "FOLDER/class/image.jpg, or FOLDER/train/class/image.jpg and FOLDER/test/class/..."
        )
    return files


def _readable(folder: Path) -> str:
    """Name of a folder, whatever bytes it consists of."""
    return os.fsencode(folder.name).decode("utf-8", "backslashreplace")


def _subfolders(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        # Archives packed on macOS bring a folder of that name.
        if path.is_dir() and not path.name.startswith((".", "__MACOSX"))
    )


def _as_dataset(
    name: str, folder: Path, files: _Files, options: Options, *, test_files: _Files | None = None
) -> Dataset:
    strange = sorted(set(test_files or ()) - set(files))
    if strange:
        raise ValueError(
            f"the class {strange[0]!r} is among those for testing in {folder}, but not among those "
            "to learn from; add a folder of that name, or remove this one."
        )
    parts = [files] if test_files is None else [files, test_files]
    bad = {
        path: problem
        for part in parts
        for paths in part.values()
        for path in paths
        if (problem := find_problem(path, max_pixels=options.most_pixels))
    }
    if bad:
        _report(bad, folder, options.skip_bad)
        parts = [_without(set(bad), part) for part in parts]
    classes = tuple(files)
    paths, y = _flat(parts[0], classes)
    order = np.random.default_rng(options.random_state).permutation(len(y))
    X_test, y_test = None, None
    if test_files is not None:
        paths_test, y_test = _flat(parts[1], classes)
        X_test = _images(paths_test, options)
    return Dataset(
        name=name,
        X=_images(paths, options).take(order),
        y=y[order],
        kind="images",
        classes=classes,
        X_test=X_test,
        y_test=y_test,
    )


def _images(paths: Sequence[Path], options: Options) -> LazyImages:
    return LazyImages.from_files(paths, image_size=options.size, max_pixels=options.most_pixels)


def _report(bad: Mapping[Path, str], folder: Path, skip: bool) -> None:
    first = islice(bad.items(), _N_SHOWN)
    shown = ", ".join(f"{path.relative_to(folder)} ({problem})" for path, problem in first)
    if len(bad) > _N_SHOWN:
        shown += f" and {len(bad) - _N_SHOWN} more"
    images = "1 image" if len(bad) == 1 else f"{len(bad)} images"
    if not skip:
        raise ValueError(
            f"{images} in {folder} cannot be read: {shown}; repair or remove them, or leave such "
            "files out by skip_bad=True (--skip-bad on the command line)."
        )
    warnings.warn(f"left out {images} in {folder}: {shown}", BadImageWarning, stacklevel=2)


def _without(bad: set[Path], files: _Files) -> _Files:
    kept = {name: [path for path in paths if path not in bad] for name, paths in files.items()}
    empty = [name for name, paths in kept.items() if not paths]
    if empty:
        folder = files[empty[0]][0].parent
        raise ValueError(
            f"the class {empty[0]!r} has no image that can be read in {folder}; add some, or "
            "remove the folder."
        )
    return kept


def _flat(files: _Files, classes: tuple[str, ...]) -> tuple[list[Path], NDArray[np.intp]]:
    number_of = {name: i for i, name in enumerate(classes)}
    paths = [path for each in files.values() for path in each]
    y = np.repeat([number_of[name] for name in files], [len(each) for each in files.values()])
    return paths, y.astype(np.intp)
