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


def write_table(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


def test_labels_of_the_pool_s_table_and_of_files_count_together(tmp_path):
    pool = write_table(tmp_path, "pool.csv", "a,b,label\n1,2,x\n2,1,\n3,3,\n4,1,\n")
    more = write_table(tmp_path, "more.csv", "row,label\n2,z\n")
    assert read_known(pool, more).labels.tolist() == ["x", "z"]
    other = write_table(tmp_path, "other.csv", "row,label\n0,z\n")
    with pytest.raises(ValueError, match="'0' has the label 'x' in .*pool.csv and 'z' in .*other"):
        read_known(pool, other)


def test_a_column_that_labels_every_row_has_no_part_beside_files(tmp_path):
    pool = write_table(tmp_path, "pool.csv", "a,b,target\n1,2,x\n2,1,y\n3,3,x\n")
    more = write_table(tmp_path, "more.csv", "row,label\n2,z\n")
    known = read_known(pool, more)
    assert known.labels.tolist() == ["z"]
    assert known.notes == (
        "The pool's own column 'target' has a label in every row, and had no part.",
    )
    assert read_known(pool, pool).labels.tolist() == ["x", "y", "x"]
    with pytest.raises(ValueError, match="every row has a label in the column 'target'"):
        read_known(pool)


def test_a_column_of_labels_that_is_not_there_is_an_error(tmp_path):
    pool = write_table(tmp_path, "pool.csv", "a,b\n1,2\n2,1\n")
    with pytest.raises(ValueError, match="no column label_column='knd'; the columns are 'a', 'b'"):
        read_known(pool, label_column="knd")


def test_named_columns_may_be_of_the_pool_or_of_the_labels(photos, tmp_path):
    rows = "".join(f"{i}.png,{i}\n" for i in range(5))
    pool = write_table(tmp_path, "pool.csv", f"img,number\n{rows}")
    name = "0.png"
    labels = write_table(tmp_path, "labels.csv", f"path,label\n{name},cat\n")
    own = write_table(tmp_path, "own.csv", f"img,kind\n{name},cat\n")
    for table in (labels, own):
        assert read_known(pool, table, path_column="img").labels.tolist() == ["cat"]
    assert read_known(pool, own, path_column="img", label_column="kind").labels.tolist() == ["cat"]


def test_the_column_of_texts_is_no_column_of_labels(tmp_path):
    pool = write_table(tmp_path, "pool.csv", "annotation,id\nsun,1\nrain,2\n")
    assert read_known(pool, text_column="annotation").labels.tolist() == []
