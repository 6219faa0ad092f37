import numpy as np
import pytest
from PIL import Image

from skvaal.project.reading import read_known, with_own_size


@pytest.fixture
def photos(tmp_path):
    for i in range(5):
        Image.new("RGB", (30 + i, 28), (50 * i, 0, 0)).save(tmp_path / f"{i}.png")
    return tmp_path


def test_small_images_keep_their_size(photos):
    assert read_known(photos).samples.X.shape == (5, 3, 28, 28)


def test_a_size_that_is_named_is_taken(photos):
    assert read_known(photos, size=40).samples.X.shape == (5, 3, 40, 40)


@pytest.mark.parametrize(("side", "expected"), [(100, 64), (3, 8)])
def test_sizes_have_limits(tmp_path, side, expected):
    Image.new("L", (side, side)).save(tmp_path / "a.png")
    assert read_known(tmp_path).samples.X.shape == (1, 3, expected, expected)


def test_rows_have_no_size(known_of):
    samples = known_of(np.eye(3)).samples
    assert with_own_size(samples) is samples


def test_labels_belong_to_the_pool(photos, tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("path,label\n3.png,boot\n1.png,bag\n")

    known = read_known(photos, table)

    assert known.rows.tolist() == [1, 3]
    assert known.labels.tolist() == ["bag", "boot"]


def test_columns_are_handed_on(tmp_path):
    (tmp_path / "t.csv").write_text("note,verdict\nred sky,good\nblue sea,bad\n")

    known = read_known(
        tmp_path / "t.csv", tmp_path / "t.csv", text_column="note", label_column="verdict"
    )

    assert known.samples.kind == "texts"
    assert known.labels.tolist() == ["good", "bad"]
