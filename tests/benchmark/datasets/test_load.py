import numpy as np
import pytest

from skvaal.benchmark.datasets import DATASETS, load_dataset


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("digit", "digits"), ("fashion-mnist", "fashion_mnist"), ("FashionMNIST", "fashion_mnist")],
)
def test_unknown_name_offers_the_nearest(name, nearest):
    with pytest.raises(ValueError, match=f"data='{name}'.*did you mean '{nearest}'.*the path of"):
        load_dataset(name)


@pytest.mark.parametrize("name", ["zzz", ""])
def test_name_like_no_other_lists_the_known_ones(name):
    with pytest.raises(ValueError, match="not known; known are ag_news_small, .*wine. It may also"):
        load_dataset(name)


@pytest.mark.parametrize("name", ["no/such/folder", "nothing.npz", "./digits"])
def test_path_of_nothing_is_named(name):
    with pytest.raises(FileNotFoundError, match=r"there is no such file or folder"):
        load_dataset(name)


def test_path_of_another_file_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.touch()

    with pytest.raises(ValueError, match="neither a folder of images nor an .npz file"):
        load_dataset(str(path))


def test_name_goes_before_a_folder(image_tree, monkeypatch):
    monkeypatch.chdir(image_tree.parent)
    image_tree.rename("digits")

    assert load_dataset("digits").kind == "rows"
    assert load_dataset("./digits").kind == "images"


def test_folder_is_found_without_a_slash(image_tree, monkeypatch):
    monkeypatch.chdir(image_tree.parent)

    assert load_dataset("pets").name == "pets"


@pytest.mark.parametrize("image_size", [7, 0, -8, 8.0, "64", True])
def test_image_size_has_a_least_value(image_size):
    with pytest.raises(ValueError, match="image_size=.* must be a whole number of pixels, 8 or"):
        load_dataset("caltech256", image_size=image_size)


def test_least_image_size(image_tree):
    assert load_dataset(image_tree, image_size=np.int64(8)).X.shape == (5, 3, 8, 8)


@pytest.mark.parametrize("name", ["digits", "fashion_mnist", "openml:blood"])
def test_image_size_where_it_does_not_apply(name):
    with pytest.raises(ValueError, match=f"image_size=32 does not apply to {name}"):
        load_dataset(name, image_size=32)


def test_image_size_does_not_apply_to_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", X=np.eye(2), y=[0, 1])

    with pytest.raises(ValueError, match="image_size=32 does not apply to"):
        load_dataset(tmp_path / "a.npz", image_size=32)


def test_every_source_says_what_it_is():
    assert all(source.about for source in DATASETS.values())
