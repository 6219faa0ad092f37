"""Files that a user chooses from, and labels: tables, arrays, exports of labelling tools."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from skvaal._files.labels import read_labels
from skvaal._files.pools import read_pool
from skvaal._files.tools import coco, cvat, label_studio

_NAMES = [f"{folder}/{number}.png" for folder in "ab" for number in range(3)]
_LABELS = ["cat", "dog", "01", "NA", "cat", "dog"]
_TEXTS = ["Shares rise", 'a "quoted"\nline', "ä, ö; ü", "", "NA", "1e5"]


def _write_csv(path: Path) -> None:
    pd.DataFrame({"path": _NAMES, "label": _LABELS}).to_csv(path, index=False)


def _write_parquet(path: Path) -> None:
    pd.DataFrame({"path": _NAMES, "label": _LABELS}).to_parquet(path)


def _write_label_studio(path: Path) -> None:
    tasks = json.loads(label_studio.write_tasks(_NAMES, "images", {}, labels=_LABELS))
    for number, task in enumerate(tasks):
        (prediction,) = task.pop("predictions")
        about = {"completed_by": 1, "was_cancelled": False, "created_at": f"2026-01-0{number + 1}"}
        task["annotations"] = [{"result": prediction["result"], **about}]
    path.write_text(json.dumps(tasks), encoding="utf-8")


def _write_json_min(path: Path) -> None:
    entries = [
        {"image": name, "choice": label, "annotator": 1, "annotation_id": number}
        for number, (name, label) in enumerate(zip(_NAMES, _LABELS, strict=True))
    ]
    path.write_text(json.dumps(entries), encoding="utf-8")


def _write_tool_csv(path: Path) -> None:
    about = {"annotator": "1", "annotation_id": "7", "created_at": "2026-01-01"}
    frame = pd.DataFrame({"image": _NAMES, "choice": _LABELS}).assign(**about)
    frame.to_csv(path, index=False, quoting=1)


def _write_coco(path: Path) -> None:
    path.write_bytes(coco.write_annotations(_NAMES, _LABELS, sizes=[(9, 8)] * 6))


def _write_cvat(path: Path) -> None:
    path.write_bytes(cvat.write_annotations(_NAMES, _LABELS, sizes=[(9, 8)] * 6))


def _write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("annotations.xml", cvat.write_annotations(_NAMES, _LABELS))


def _write_texts(path: Path) -> None:
    pd.DataFrame({"text": _TEXTS}).to_csv(path, index=False)


def _write_features(path: Path) -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(9, 3)), columns=list("uvw"))
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path)


def _write_array(path: Path) -> None:
    np.save(path, np.random.default_rng(0).normal(size=(9, 3)))


def _write_arrays(path: Path) -> None:
    np.savez_compressed(path, X=np.random.default_rng(0).normal(size=(9, 3)))


_LABEL_FILES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "CSV of labels": ("labels.csv", _write_csv),
    "Parquet of labels": ("labels.parquet", _write_parquet),
    "export of Label Studio": ("tasks.json", _write_label_studio),
    "JSON-MIN of Label Studio": ("min.json", _write_json_min),
    "CSV of Label Studio": ("tool.csv", _write_tool_csv),
    "export of COCO": ("coco.json", _write_coco),
    "export of CVAT": ("cvat.xml", _write_cvat),
    "zip of CVAT": ("cvat.zip", _write_zip),
}
_POOL_FILES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "CSV of texts": ("texts.csv", _write_texts),
    "CSV of features": ("features.csv", _write_features),
    "Parquet of features": ("features.parquet", _write_features),
    "npy of features": ("features.npy", _write_array),
    "npz of features": ("features.npz", _write_arrays),
}
USER_FILES = {**_LABEL_FILES, **_POOL_FILES}
WITH_CHECKSUMS = ("zip of CVAT", "npz of features")


def make_user_file(folder: Path, *, name: str) -> Path:
    """Write a file of one kind; beside labels, the images that they are of."""
    if name in _LABEL_FILES:
        for number, image in enumerate(_NAMES):
            path = folder / "photos" / image
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (9, 8), (40 * number, 0, 0)).save(path)
    file, write = USER_FILES[name]
    write(folder / file)
    return folder / file


def read_user_file(path: Path, *, name: str) -> Any:
    """Read it as a pool, or as labels of the images."""
    if name in _POOL_FILES:
        pool = read_pool(path)
        X = np.asarray(pool.X)
        return pool.kind, pool.names.tolist(), X.tolist() if X.dtype == object else X.tobytes()
    known = read_labels(path, read_pool(path.parent / "photos"))
    return known.rows.tolist(), known.labels.tolist()
