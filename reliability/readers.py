"""Every reader of a user's file: how a whole file is made, and what the user sees of it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from reliability.round_files import ROUND_FILES, SEALED, make_round_file, read_round_file
from reliability.samples import choice, fitted
from reliability.user_files import USER_FILES, WITH_CHECKSUMS, make_user_file, read_user_file
from skvaal import HerdingQueryStrategy, ModelFileError, VAALQueryStrategy
from skvaal.benchmark import Plan, Protocol, get_strategies, load_dataset
from skvaal.benchmark.description import settings_of
from skvaal.benchmark.exhibits import Exhibit
from skvaal.benchmark.folder import ResultsFolder
from skvaal.benchmark.journal import Journal, RunKey
from skvaal.benchmark.results import COLUMNS, as_frame


@dataclass(frozen=True)
class Reader:
    """How to make a file in an empty folder, and to read it.

    `finds_changes` says whether the format holds checksums. In others, no reader can tell a changed
    number from a right one.
    """

    make: Callable[[Path], Path]
    read: Callable[[Path], Any]
    errors: tuple[type[Exception], ...] = field(default=(ValueError,))
    finds_changes: bool = True


def plain(value: Any) -> Any:
    """What can be compared, bit for bit."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else repr(value)


def _save(path: Path, *, name: str) -> Path:
    fitted(name).save(path / f"{name}.safetensors")
    return path / f"{name}.safetensors"


def _load(path: Path, *, kind: Any) -> Any:
    strategy = kind.load(path)
    params = {name: repr(value) for name, value in sorted(strategy.get_params().items())}
    fit = {name: plain(getattr(strategy, name)) for name in ("n_labeled_", "input_shape_")}
    return params, fit, choice(strategy)


def _make_results(folder: Path, *, file: str) -> Path:
    """Write the files of a comparison that has ended, but for one run, which has a journal."""
    iris, strategies = load_dataset("iris"), get_strategies(["random", "herding"])
    settings = settings_of([iris], strategies, "svm", Plan(n_seeds=2, rounds=2), [Protocol()])
    results = ResultsFolder(folder)
    headings = {"iris": {"standard": "iris"}}
    results.open(settings, headings=headings, command="skvaal benchmark --data iris")
    records = [
        _record(strategy, seed, r) for strategy in strategies for seed in (0, 1) for r in range(3)
    ]
    key = {
        name: records[-1][name] for name in ("data", "estimator", "protocol", "strategy", "seed")
    }
    failure = key | {"round": 1, "error": "ValueError: n=3", "traceback": "Traceback\n"}
    results.write(as_frame(records[:-3]), [failure])
    journal = Journal(results.journals, RunKey(**key))
    journal.write(records[-3:], is_complete=True)
    files = {"records": results.records, "config": results.config, "failures": results.failures}
    return {**files, "journal": journal.path}[file]


def _record(strategy: str, seed: int, round_: int) -> dict[str, Any]:
    rng = np.random.default_rng([seed, round_])
    record: dict[str, Any] = dict.fromkeys(COLUMNS)
    for name in COLUMNS:
        if name.endswith(("accuracy", "seconds", "mib")):
            record[name] = float(rng.random())
    names = {"data": "iris", "estimator": "svm", "protocol": "standard", "strategy": strategy}
    counts = {"seed": seed, "round": round_, "n_labeled": 20 + 40 * round_}
    picked = rng.permutation(105)[:40].tolist() if round_ else None
    return record | names | counts | {"picked": picked}


def _read_results(path: Path) -> Any:
    folder = path.parent if path.parent.name != "rounds" else path.parent.parent
    results = ResultsFolder(folder).read()
    rows = sorted(map(repr, results.records.to_dict("records")))
    return rows, repr(results.failures), repr(results.config)


def _make_exhibit(folder: Path, *, has_pictures: bool) -> Path:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 255, (12, 8, 8, 3), dtype=np.uint8)
    Exhibit(
        samples=pictures if has_pictures else rng.normal(size=(12, 2)),
        y=np.arange(12) % 3,
        labeled=np.arange(12) < 4,
        picks={"random": np.array([5, 6]), "margin": np.array([7])},
        classes=("a", "b", "c"),
    ).save(folder / "exhibit.npz")
    return folder / "exhibit.npz"


def _read_exhibit(path: Path) -> Any:
    return plain(vars(Exhibit.load(path)))


def _make_npz(folder: Path, *, save: Callable[..., None]) -> Path:
    rng = np.random.default_rng(0)
    y = np.arange(30) % 3
    save(folder / "own.npz", X=rng.random((30, 4)), y=y, classes=np.array(["a", "b", "c"]))
    return folder / "own.npz"


def _make_images(folder: Path, *, ending: str, **options: Any) -> Path:
    rng = np.random.default_rng(0)
    for number in range(4):
        path = folder / "images" / "ab"[number % 2] / f"{number}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        smooth = np.add.outer(np.arange(20), np.arange(24)) * 4
        pixels = (smooth[..., None] + rng.integers(0, 40, (20, 24, 3))).astype(np.uint8)
        Image.fromarray(pixels).save(path, **options)
    return path


def _read_data(path: Path) -> Any:
    """Read a data set from a file, or from the folder of images that the file is in."""
    dataset = load_dataset(path if path.suffix == ".npz" else path.parent.parent)
    return dataset.classes, plain(dataset.y), plain(np.asarray(dataset.X[:]))


def _make_cifar(folder: Path) -> Path:
    own = folder / "cifar-100-python"
    own.mkdir()
    classes, groups = [f"class {i}" for i in range(4)], ["one", "two"]
    content = {"fine_label_names": classes, "coarse_label_names": groups}
    (own / "meta").write_bytes(pickle.dumps(content, protocol=2))
    rng = np.random.default_rng(0)
    for name in ("test", "train"):
        data = rng.integers(0, 255, (4, 3072), dtype=np.uint8)
        samples = {b"data": data, b"fine_labels": [0, 1, 2, 3], b"coarse_labels": [0, 0, 1, 1]}
        (own / name).write_bytes(pickle.dumps(samples, protocol=2))
    return own / "train"


def _read_cifar(path: Path) -> Any:
    dataset = load_dataset("cifar100", data_dir=path.parent.parent)
    return plain([dataset.X, dataset.y, dataset.X_test, dataset.y_test, dataset.superclasses])


_RESULTS = ("records", "journal", "config", "failures")
_OF_MODELS = (ModelFileError,)

READERS: dict[str, Reader] = {
    "model of herding": Reader(
        partial(_save, name="herding"), partial(_load, kind=HerdingQueryStrategy), _OF_MODELS
    ),
    "model of VAAL": Reader(
        partial(_save, name="vaal"), partial(_load, kind=VAALQueryStrategy), _OF_MODELS
    ),
    **{
        f"{file} of a comparison": Reader(partial(_make_results, file=file), _read_results)
        for file in _RESULTS
    },
    "exhibit of points": Reader(partial(_make_exhibit, has_pictures=False), _read_exhibit),
    "exhibit of pictures": Reader(partial(_make_exhibit, has_pictures=True), _read_exhibit),
    "npz of data": Reader(partial(_make_npz, save=np.savez), _read_data),
    "compressed npz of data": Reader(partial(_make_npz, save=np.savez_compressed), _read_data),
    "PNG": Reader(partial(_make_images, ending="png"), _read_data),
    "JPEG": Reader(partial(_make_images, ending="jpg"), _read_data, finds_changes=False),
    "TIFF": Reader(partial(_make_images, ending="tif"), _read_data, finds_changes=False),
    "BMP": Reader(partial(_make_images, ending="bmp"), _read_data, finds_changes=False),
    "WebP": Reader(
        partial(_make_images, ending="webp", lossless=True), _read_data, finds_changes=False
    ),
    "pickle of CIFAR": Reader(_make_cifar, _read_cifar, finds_changes=False),
    **{
        name: Reader(
            partial(make_user_file, name=name),
            partial(read_user_file, name=name),
            finds_changes=name in WITH_CHECKSUMS,
        )
        for name in USER_FILES
    },
    **{
        name: Reader(
            partial(make_round_file, name=name),
            partial(read_round_file, name=name),
            # SQLite says of some damage that it cannot read.
            (ValueError, OSError) if name == "project" else (ValueError,),
            finds_changes=name in SEALED,
        )
        for name in ROUND_FILES
    },
}
