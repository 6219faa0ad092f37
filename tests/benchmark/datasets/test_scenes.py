"""Data sets for segmentation, in tiny trees of the official form."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
from PIL import Image

from skvaal import HerdingQueryStrategy
from skvaal.benchmark import load_scenes
from skvaal.benchmark.datasets._scenes import STREET_CLASSES


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def grey(value):
    return np.full((16, 32, 3), value, np.uint8)


@pytest.fixture
def cityscapes(tmp_path):
    """As in the archives leftImg8bit_trainvaltest.zip and gtFine_trainvaltest.zip."""
    root = tmp_path / "cityscapes"
    frames = [
        ("train", "aachen", "aachen_000000_000019", 10, 7),
        ("train", "aachen", "aachen_000001_000019", 20, 26),
        ("train", "bochum", "bochum_000000_000313", 30, 3),
        ("val", "frankfurt", "frankfurt_000000_000294", 40, 33),
        ("test", "berlin", "berlin_000000_000019", 50, 0),
    ]
    for split, city, frame, value, label in frames:
        save(root / "leftImg8bit" / split / city / f"{frame}_leftImg8bit.png", grey(value))
        ids = np.full((16, 32), label, np.uint8)
        ids[:, 16:] = 1  # ego vehicle
        folder = root / "gtFine" / split / city
        save(folder / f"{frame}_gtFine_labelIds.png", ids)
        save(folder / f"{frame}_gtFine_instanceIds.png", ids)
        save(folder / f"{frame}_gtFine_color.png", grey(7))
        (folder / f"{frame}_gtFine_polygons.json").write_text("{}")
    (root / "leftImg8bit" / "train" / "aachen" / "._aachen_000000_000019_leftImg8bit.png").touch()
    return root


@pytest.fixture
def bdd100k(tmp_path):
    """As in the archives bdd100k_images_10k.zip and bdd100k_sem_seg_labels_trainval.zip."""
    root = tmp_path / "bdd100k"
    frames = [
        ("train", "0004a4c0-d4dff0ad", 10, 0),
        ("train", "00054602-3bf57337", 20, 13),
        ("val", "7d06fefd-f7be05a6", 30, 255),
    ]
    for split, frame, value, label in frames:
        save(root / "images" / "10k" / split / f"{frame}.jpg", grey(value))
        masks = root / "labels" / "sem_seg"
        ids = np.full((16, 32), label, np.uint8)
        save(masks / "masks" / split / f"{frame}.png", ids)
        save(masks / "colormaps" / split / f"{frame}.png", grey(7))
    save(root / "images" / "10k" / "test" / "ac6d4f42-00000000.jpg", grey(1))
    return root


@pytest.fixture
def camvid(tmp_path):
    """Four frames to learn from, one for validation, two for testing."""
    arrays = {"classes": np.array(["sky", "road", "void"]), "ignore_index": np.array(2)}
    for split, n in (("train", 4), ("val", 1), ("test", 2)):
        files = []
        for i in range(n):
            file = io.BytesIO()
            Image.fromarray(grey(60 * i)).save(file, "JPEG", quality=95)
            files.append(np.frombuffer(file.getvalue(), np.uint8))
        arrays[f"jpeg_bytes_{split}"] = np.concatenate(files)
        arrays[f"offsets_{split}"] = np.cumsum([0, *map(len, files)])
        arrays[f"y_{split}"] = np.arange(n, dtype=np.uint8)[:, None, None] % 3 + np.zeros(
            (1, 16, 32), np.uint8
        )
    np.savez(tmp_path / "camvid_small_q95.npz", **arrays)
    return tmp_path, arrays


@pytest.mark.parametrize("inside", [True, False])
def test_cityscapes(cityscapes, inside):
    scenes = load_scenes(
        "cityscapes", data_dir=cityscapes.parent if inside else cityscapes, size=(8, 16)
    )
    assert (scenes.name, scenes.ignore_index, scenes.X.shape) == ("cityscapes", 255, (3, 3, 8, 16))
    assert scenes.X[:, ...][:, 0, 0, 0].tolist() == [10, 20, 30]
    # Road, car, and out of the region of interest, which no class is for.
    assert [scenes.classes[i] for i in scenes.y[:2][:, 0, 0]] == ["road", "car"]
    assert scenes.y[2][0, 0] == 255
    assert (scenes.y[:][:, :, 8:] == 255).all()
    assert scenes.X_test[:][:, 0, 0, 0].tolist() == [40]
    assert scenes.classes[scenes.y_test[0][0, 0]] == "bicycle"
    assert scenes.X_val is None
    assert len(STREET_CLASSES) == 19


def test_bdd100k(bdd100k):
    scenes = load_scenes("bdd100k", data_dir=bdd100k.parent, size=(8, 16))
    assert np.abs(scenes.X[:][:, 0, 0, 0] - np.array([10.0, 20])).max() <= 2  # JPEG
    assert [scenes.classes[i] for i in scenes.y[:][:, 0, 0]] == ["road", "car"]
    assert scenes.y_test[:][:, 0, 0].tolist() == [255]


def test_default_sizes_keep_the_proportions(cityscapes, bdd100k):
    folder = cityscapes.parent
    assert load_scenes("cityscapes", data_dir=folder).X.shape[2:] == (128, 256)
    assert load_scenes("bdd100k", data_dir=folder).y[0].shape == (90, 160)


def test_camvid(camvid):
    folder, arrays = camvid
    scenes = load_scenes("camvid", data_dir=folder, size=(8, 16))
    assert (scenes.classes, scenes.ignore_index) == (("sky", "road"), 2)
    assert np.abs(scenes.X[:][:, 0, 0, 0] - np.array([0.0, 60, 120, 180])).max() <= 2
    np.testing.assert_array_equal(scenes.y[:, 0, 0], arrays["y_train"][:, 0, 0])
    assert (len(scenes.X_val), len(scenes.y_val), len(scenes.X_test)) == (1, 1, 2)


def test_real_camvid():
    folder = os.environ.get("SKVAAL_DATA", "")
    if not os.path.isfile(os.path.join(folder, "camvid_small_q95.npz")):
        pytest.skip("needs camvid_small_q95.npz")
    scenes = load_scenes("camvid", size=(24, 32))
    assert (len(scenes.X), len(scenes.X_val), len(scenes.X_test)) == (367, 101, 233)
    assert len(scenes.classes) == scenes.ignore_index == scenes.y.max() == 11


def test_a_strategy_reads_scenes(cityscapes):
    scenes = load_scenes("cityscapes", data_dir=cityscapes, size=(8, 16))
    strategy = HerdingQueryStrategy(random_state=0).fit_pools(scenes.X.take([0]), scenes.X)
    assert strategy.query(scenes.X, 2).shape == (2,)


@pytest.mark.parametrize("name", ["cityscapes", "bdd100k"])
@pytest.mark.parametrize("gone", ["images", "maps"])
def test_image_without_a_map_and_the_other_way_round(cityscapes, bdd100k, name, gone):
    root = {"cityscapes": cityscapes, "bdd100k": bdd100k}[name]
    patterns = {
        ("cityscapes", "images"): "leftImg8bit/val/*/[!.]*.png",
        ("cityscapes", "maps"): "gtFine/val/*/*labelIds.png",
        ("bdd100k", "images"): "images/10k/train/0004*.jpg",
        ("bdd100k", "maps"): "labels/sem_seg/masks/train/0004*.png",
    }
    (path,) = root.glob(patterns[name, gone])
    path.unlink()
    other = {"images": "an image", "maps": "a label map"}[gone]
    message = f"{name}: 1 files are without {other}: .*{path.stem[:8]}.*unpack"
    with pytest.raises(ValueError, match=message):
        load_scenes(name, data_dir=root)


def test_what_is_not_there(cityscapes, bdd100k, tmp_path, monkeypatch):
    monkeypatch.delenv("SKVAAL_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match="set the environment variable SKVAAL_DATA"):
        load_scenes("cityscapes")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(FileNotFoundError, match="no folder images/10k/train"):
        load_scenes("bdd100k", data_dir=empty)
    (bdd100k / "images" / "10k" / "val").rename(bdd100k / "away")
    with pytest.raises(FileNotFoundError, match="there is no folder .*images/10k/val"):
        load_scenes("bdd100k", data_dir=bdd100k)
    for path in cityscapes.glob("*/val/*/*"):
        path.unlink()
    with pytest.raises(ValueError, match=r"val holds no file \*/\*_leftImg8bit\.png"):
        load_scenes("cityscapes", data_dir=cityscapes)
    with pytest.raises(FileNotFoundError, match=r"no file .*camvid_small_q95\.npz"):
        load_scenes("camvid", data_dir=empty)
    with pytest.raises(ValueError, match="name='cityscape' is not known; did you mean 'citysc"):
        load_scenes("cityscape", data_dir=empty)


@pytest.mark.parametrize("size", [8, (8,), (7, 8), (8.0, 8), (True, 8), "88"])
def test_size(size, cityscapes):
    with pytest.raises(ValueError, match=r"size=.* must be \(height, width\)"):
        load_scenes("cityscapes", data_dir=cityscapes, size=size)


@pytest.mark.parametrize(
    ("key", "change", "message"),
    [
        ("offsets_val", lambda a: a + 10**6, "offsets must rise"),
        ("offsets_val", lambda a: a.astype(float), "offsets whole numbers"),
        ("jpeg_bytes_test", lambda a: a.astype(np.int16), "jpeg_bytes must be uint8"),
        ("y_train", lambda a: a[:2], r"y is uint8 of shape \(2, 16, 32\), not uint8 of \(4"),
        ("y_train", lambda a: a + np.uint8(3), "y holds 5, more than ignore_index=2"),
    ],
)
def test_damaged_camvid(camvid, key, change, message):
    folder, arrays = camvid
    arrays[key] = change(arrays[key])
    np.savez(folder / "camvid_small_q95.npz", **arrays)
    with pytest.raises(ValueError, match=f"camvid_small_q95.npz is damaged.*{message}"):
        load_scenes("camvid", data_dir=folder)
