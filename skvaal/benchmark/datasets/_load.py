"""Data sets by name."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from skvaal.benchmark._lookup import lookup
from skvaal.benchmark.datasets import _bundled, _cifar, _folders, _npz, _river
from skvaal.benchmark.datasets._dataset import Dataset
from skvaal.benchmark.datasets._openml import PREFIX, openml
from skvaal.benchmark.datasets._options import Options, check_sizes


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """Where a named data set comes from.

    Parameters
    ----------
    load : callable
        Takes Options, returns the Dataset.
    about : str
        What and whence, in a line.
    resizes : bool, default=False
        Whether `image_size` applies.

    Examples
    --------
    >>> DATASETS["iris"].about
    '150 rows of 4 features, 3 classes; with scikit-learn'
    """

    load: Callable[[Options], Dataset]
    about: str
    resizes: bool = False


DATASETS: dict[str, DataSource] = {
    "digits": DataSource(
        load=_bundled.digits, about="1,797 rows of 64 grey levels, 10 classes; with scikit-learn"
    ),
    "iris": DataSource(
        load=_bundled.iris, about="150 rows of 4 features, 3 classes; with scikit-learn"
    ),
    "wine": DataSource(
        load=_bundled.wine, about="178 rows of 13 features, 3 classes; with scikit-learn"
    ),
    "breast_cancer": DataSource(
        load=_bundled.breast_cancer, about="569 rows of 30 features, 2 classes; with scikit-learn"
    ),
    "image_segments": DataSource(
        load=_river.image_segments, about="2,310 rows of 18 features, 7 classes; with river"
    ),
    "phishing": DataSource(
        load=_river.phishing, about="1,250 rows of 9 features, 2 classes; with river"
    ),
    "fashion_mnist": DataSource(
        load=_npz.fashion_mnist, about="70,000 grey images of 28x28; fashion_mnist.npz"
    ),
    "cifar10": DataSource(
        load=_cifar.cifar10,
        about="60,000 images of 32x32; cifar-10-batches-py/, or else cifar10.npz (JPEG)",
    ),
    "cifar10_features": DataSource(
        load=_npz.cifar10_features,
        about="8,000 rows of 1,280 features of a network, in [0, 1]; cifar10_features.npz",
    ),
    "cifar100": DataSource(
        load=_cifar.cifar100, about="60,000 images of 32x32, 20 superclasses; cifar-100-python/"
    ),
    "caltech101_64": DataSource(
        load=_npz.caltech101_64,
        about="8,677 images of 64x64, 101 classes; caltech101_64.npz",
        resizes=True,
    ),
    "caltech256": DataSource(
        load=_folders.caltech256,
        about="29,780 images, 256 classes; 256_ObjectCategories/, without 257.clutter",
        resizes=True,
    ),
    "imagenet": DataSource(
        load=_folders.imagenet,
        about="1.3 million images, 1,000 classes; ILSVRC2012/train/ and ILSVRC2012/val/",
        resizes=True,
    ),
    "ag_news_small": DataSource(
        load=_npz.ag_news_small,
        about="7,600 texts as rows of length 1, 200 features by TF-IDF and SVD; ag_news_small.npz",
    ),
}
OTHER_DATA = f"{PREFIX}NAME, or the path of a folder of images or of an .npz file"


def load_dataset(
    name: str | Path,
    *,
    data_dir: str | Path | None = None,
    skip_bad: bool = False,
    image_size: int | None = None,
    max_pixels: int | None = None,
    random_state: int = 0,
) -> Dataset:
    """Load a data set, by its name or from files of your own.

    Parameters
    ----------
    name : str or Path
        One of these:

        - "digits", "iris", "wine" or "breast_cancer", which come with scikit-learn. Each feature
          is brought to [0, 1] by its least and greatest value over all samples, which tells of no
          label.
        - "image_segments" or "phishing", tables that come with the package river, brought to [0, 1]
          likewise.
        - "fashion_mnist", "cifar10", "cifar100", "caltech101_64", "caltech256" or "imagenet",
          read from `data_dir` in their official forms or from .npz files; ``DATASETS`` says which.
          "cifar10" from cifar10.npz is compressed as JPEG, so accuracies are a little below
          published ones. "caltech256" is without 257.clutter.
        - "cifar10_features", features of 8,000 CIFAR-10 images (JPEG) by a network trained on
          ImageNet, read from cifar10_features.npz in `data_dir`. All are divided by the greatest
          number of the training split, so they lie in [0, 1] there and keep the proportions that
          the network gave them.
        - "ag_news_small", 7,600 news items in English, read from ag_news_small.npz in `data_dir`.
          Their words are weighed by TF-IDF (logarithm of the counts, no English stop words, no
          word of a single text) and projected onto 200 singular vectors, both fitted on the
          training split without its labels; each row is then brought to length 1.
        - "openml:NAME" or "openml:NAME@VERSION", numeric features of openml.org, brought to
          [0, 1]; scikit-learn keeps them in its cache.
        - The path of an .npz file with X and y, and perhaps X_test, y_test and classes, which are
          as in :meth:`Dataset.from_arrays`.
        - The path of a folder that holds one folder of images for each class, or ``train`` and
          ``test`` (or ``val``) that do. Write "./digits" for a folder called as one of the names.
    data_dir : path or None, default=None
        Folder of the data; None takes the environment variable SKVAAL_DATA.
    skip_bad : bool, default=False
        Whether to leave out image files that cannot be read, with one warning, rather than raise.
    image_size : int or None, default=None
        Height and width of images from files, in pixels, at least 8; None takes 64, or for
        "caltech101_64" the images as they are. The shorter side is brought to that size, and the
        middle cut out.
    max_pixels : int or None, default=None
        How many pixels an image file may have, at least 64; None takes 50 million. A larger image
        counts as one that cannot be read: a file of a few kB may ask for gigabytes of memory.
    random_state : int, default=0
        Order of the samples to learn from, where the files hold them class by class: image files
        and "caltech101_64".

    Returns
    -------
    Dataset
        The samples, with the official test split where there is one. JPEG images and image files
        are decoded when they are asked for; see :class:`LazyImages`.

    Raises
    ------
    ValueError
        If the name is not known, or `image_size` is too small or too large. If that or `max_pixels`
        does not apply. If a file is damaged, too large or lacks something. If a class is empty.
    FileNotFoundError
        If the folder is not set, or a file is not in it.
    ConnectionError
        If openml.org cannot be reached.
    ImportError
        If the package that the data come with is not installed.

    Warns
    -----
    BadImageWarning
        If files were left out because of `skip_bad`.

    Examples
    --------
    >>> digits = load_dataset("digits")
    >>> digits.X.shape, float(digits.X.max())
    ((1797, 64), 1.0)
    """
    options = Options(
        data_dir=data_dir,
        skip_bad=skip_bad,
        image_size=image_size,
        max_pixels=max_pixels,
        random_state=random_state,
    )
    check_sizes(options)
    if isinstance(name, str) and name in DATASETS:
        source = DATASETS[name]
        if not source.resizes:
            _check_no_sizes(options, name)
        return source.load(options)
    if isinstance(name, str) and name.startswith(PREFIX):
        _check_no_sizes(options, name)
        return openml(name)
    if not isinstance(name, str | Path):
        raise TypeError(f"name={name!r} must be the name of a data set, or a path.")
    if _is_path(name):
        return _load_path(Path(name).expanduser(), options)
    return _refuse(str(name))


def _check_no_sizes(options: Options, name: str) -> None:
    for argument in ("image_size", "max_pixels"):
        if (value := getattr(options, argument)) is not None:
            raise ValueError(
                f"{argument}={value} does not apply to {name}, whose samples have a size of their "
                "own; leave it out."
            )


def _is_path(name: str | Path) -> bool:
    if isinstance(name, Path) or name.lower().endswith(".npz"):
        return True
    return "/" in name or "\\" in name or os.path.isdir(name)


def _load_path(path: Path, options: Options) -> Dataset:
    if path.is_dir():
        return _folders.image_folder(path, options)
    if not path.exists():
        raise FileNotFoundError(f"data={str(path)!r}: there is no such file or folder.")
    if path.suffix.lower() != ".npz":
        raise ValueError(
            f"data={str(path)!r} is neither a folder of images nor an .npz file; write the arrays "
            "by numpy.savez(path, X=X, y=y)."
        )
    _check_no_sizes(options, str(path))
    return _npz.own_npz(path)


def _refuse(name: str) -> Dataset:
    try:
        lookup(DATASETS, name, argument="data")
    except ValueError as error:
        end = "" if str(error).endswith("?") else "."
        raise ValueError(f"{error}{end} It may also be {OTHER_DATA}.") from None
    raise AssertionError  # load_dataset looked already
