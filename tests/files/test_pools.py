import os

import numpy as np
import pytest

from skvaal._files.pools import read_pool
from tests.files.conftest import PHOTOS


def test_folder(photos, write_image):
    write_image(photos / "16 bits.tif", mode="I;16", colour=4000)
    write_image(photos / "RGBA.png", mode="RGBA", colour=(1, 2, 3, 4))
    (photos / "notes.txt").write_text("no image")

    pool = read_pool(photos, image_size=16)

    assert pool.names.tolist() == sorted([*PHOTOS, "16 bits.tif", "RGBA.png"])
    assert (pool.kind, pool.column, pool.root, pool.left_out) == ("images", "path", photos, {})
    assert pool.X.shape == (7, 3, 16, 16)
    assert pool.X[pool.names.tolist().index("RGBA.png")].mean(axis=(1, 2)).tolist() == [1, 2, 3]


def test_paths_are_relative_to_the_folder_however_it_is_named(photos, monkeypatch):
    monkeypatch.chdir(photos.parent)

    for source in ("photos", "./photos/", photos, "photos/../photos", "photos/**/*.jpg"):
        assert read_pool(source).names.tolist() == list(PHOTOS)


def test_broken_images_are_left_out_and_named(photos, damage, write_image):
    damage(write_image(photos / "dogs" / "broken.png", size=(99, 99)))
    (photos / "dogs" / "empty.jpg").touch()
    if hasattr(os, "mkfifo"):
        os.mkfifo(photos / "dogs" / "pipe.jpg")

    pool = read_pool(photos)

    assert pool.names.tolist() == list(PHOTOS)
    assert {"dogs/broken.png", "dogs/empty.jpg"} <= set(pool.left_out)
    assert "known format" in pool.left_out["dogs/empty.jpg"]
    assert pool.left_out.get("dogs/pipe.jpg", "no regular file") == "no regular file"
    with pytest.raises(
        ValueError, match=r"of \d images cannot be read: 'dogs/broken.png' \(.*repair"
    ):
        read_pool(photos, strict=True)


def test_image_that_unpacks_to_too_many_pixels_is_left_out(photos, write_image):
    write_image(photos / "huge.png", size=(5000, 5000), mode="1", colour=0)

    assert "25000000" not in read_pool(photos).left_out
    assert "5000 x 5000 pixels" in read_pool(photos, max_pixels=10**6).left_out["huge.png"]


def test_names_of_any_bytes_can_be_written(photos, write_image):
    os.rename(write_image(photos / "x.jpg"), os.path.join(os.fsencode(photos), b"\xff\n<b>.jpg"))

    pool = read_pool(photos)

    assert "\\xff\n<b>.jpg" in pool.names
    assert pool.X[[pool.names.tolist().index("\\xff\n<b>.jpg")]].shape == (1, 3, 64, 64)
    " ".join(pool.names).encode()


@pytest.mark.parametrize("names", [[], ["a.txt"], [".a.jpg"]])
def test_folder_without_image(tmp_path, names):
    for name in names:
        (tmp_path / name).touch()

    with pytest.raises(ValueError, match=r"there is no image in it: no file ends in \.jpg"):
        read_pool(tmp_path)


def test_folder_of_which_no_image_can_be_read(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.jpg").touch()

    with pytest.raises(ValueError, match=r"3 of 3 images cannot be read: 'a\.jpg' .* and 2 more"):
        read_pool(tmp_path)


@pytest.mark.parametrize("column", ["path", "Image", "filename"])
def test_table_of_paths(photos, write, column):
    rows = "\n".join([PHOTOS[3], str(photos / PHOTOS[0]), "../photos/./" + PHOTOS[1]])
    table = write("photos/list.csv", f"{column};x\n" + rows.replace("\n", ";1\n") + ";2\n")

    pool = read_pool(table)

    assert pool.names.tolist() == [PHOTOS[3], PHOTOS[0], PHOTOS[1]]
    assert pool.root == photos
    assert pool.X[0].mean(axis=(1, 2)).tolist() == pytest.approx([120, 0, 99], abs=2)


def test_table_of_paths_from_the_working_directory(photos, write, monkeypatch):
    table = write("list.csv", f"path\n{PHOTOS[0]}\n")
    monkeypatch.chdir(photos)

    assert read_pool(table).names.tolist() == [PHOTOS[0]]


def test_files_that_a_table_lists_and_that_are_missing_are_left_out(photos, write):
    pool = read_pool(write("photos/list.csv", f"path\n{PHOTOS[0]}\n{PHOTOS[0]}.bak\n"))

    assert pool.names.tolist() == [PHOTOS[0]]
    assert pool.left_out == {f"{PHOTOS[0]}.bak": "no regular file"}


@pytest.mark.parametrize(
    ("content", "options", "match"),
    [
        ("a,b\nx,y\n", {}, "no column holds paths .* the columns are 'a', 'b'"),
        ("a\nx\n", {"path_column": "c"}, "there is no column path_column='c'; the columns are 'a'"),
        ("a\nx\n", {"kind": "images"}, "no column is called path or image .*by path_column"),
        ("a\nx\n", {"kind": "texts"}, "no column is called text; the columns are 'a'"),
        ("path,path\nx,y\n", {}, "two columns are called 'path'"),
        ("path\n", {}, "it has no rows"),
        ("text\n", {}, "it has no rows"),
        ("a\n", {}, "no column holds paths"),
        ("path,b\n,1\n", {}, "row 0 has no path"),
        ("path\nx.jpg\n./x.jpg\n", {}, "1 path is listed twice: 'x.jpg' in the rows 0 and 1"),
        ("a,b\n1,2\n3,NA\n", {}, "row 1 has 'NA' in the column 'b'"),
        ("a\nx\n", {"path_column": "a", "text_column": "a"}, ".*not both"),
    ],
)
def test_bad_tables_are_refused(write, content, options, match):
    with pytest.raises(ValueError, match=r"list\.csv: " + match):
        read_pool(write("list.csv", content), **options)


def test_table_of_texts(write):
    content = 'Text,label\n"01\n, NA",x\n,y\n'

    pool = read_pool(write("texts.csv", content))

    assert (pool.kind, pool.column, pool.root) == ("texts", "row", None)
    assert pool.X.tolist() == ["01\n, NA", ""]
    assert pool.names.tolist() == ["0", "1"]
    assert read_pool(write("texts.csv", content), text_column="label").X.tolist() == ["x", "y"]


def test_table_of_features(write):
    pool = read_pool(write("features.csv", "id,a,name,b,label\n7,1,x,2,0\n8,3,y,4,1\n"))

    assert (pool.kind, pool.column) == ("features", "row")
    assert pool.X.tolist() == [[1, 2], [3, 4]]
    assert pool.notes == ("Columns 'id', 'name', 'label' were not used as features.",)


def test_parquet(tmp_path, photos):
    pandas = pytest.importorskip("pandas")
    pandas.DataFrame({"path": PHOTOS[:2], "text": ["a", "b"], "x": [1.0, 2.0]}).to_parquet(
        photos / "all.parquet"
    )

    assert read_pool(photos / "all.parquet").names.tolist() == list(PHOTOS[:2])
    assert read_pool(photos / "all.parquet", kind="texts").X.tolist() == ["a", "b"]
    assert read_pool(photos / "all.parquet", kind="features").X.tolist() == [[1], [2]]


def test_array(tmp_path):
    np.save(tmp_path / "own.npy", np.eye(3))

    pool = read_pool(tmp_path / "own.npy")

    assert (pool.kind, pool.names.tolist()) == ("features", ["0", "1", "2"])
    assert isinstance(pool.X, np.memmap)
    assert pool.take([2, 0]).X.tolist() == [[0, 0, 1], [1, 0, 0]]
    with pytest.raises(ValueError, match=r"own\.npy holds features, not images"):
        read_pool(tmp_path / "own.npy", kind="images")


@pytest.mark.parametrize(
    ("name", "error", "match"),
    [
        ("none", FileNotFoundError, "no such file or folder: .*none"),
        ("none/*.jpg", ValueError, r"none/\*\.jpg: there is no image in it"),
        ("a.docx", ValueError, r"a\.docx is no pool: name a folder or a pattern"),
    ],
)
def test_other_sources_are_refused(tmp_path, name, error, match):
    (tmp_path / "a.docx").touch()

    with pytest.raises(error, match=match):
        read_pool(tmp_path / name)


@pytest.mark.parametrize(
    "options", [{"kind": "text"}, {"image_size": 4}, {"max_pixels": 0}, {"n_jobs": 0}], ids=str
)
def test_wrong_options_are_named(photos, options):
    (name,) = options

    with pytest.raises(ValueError, match=f"^{name}="):
        read_pool(photos, **options)


@pytest.mark.parametrize("heading", ["row,a", "row,text", "a,Row"])
def test_rows_that_are_not_counted_from_zero(write, heading):
    rows = ["0,5\n1,6\n", "1,0\n2,1\n"][:: -1 if heading == "a,Row" else 1]

    assert read_pool(write("good.csv", f"{heading}\n{rows[0]}")).names.tolist() == ["0", "1"]
    with pytest.raises(
        ValueError, match=r"bad\.csv: its column '(row|Row)' has '(1|5)' in the row 0"
    ):
        read_pool(write("bad.csv", f"{heading}\n{rows[1]}"))


def test_numbers_are_no_paths(write, tmp_path, write_image):
    path = write("a.csv", "id,a\n1,0.5\n2,0.7\n")

    with pytest.raises(ValueError, match=r"a\.csv: path_column='id' holds numbers, .*rows, from 0"):
        read_pool(path, path_column="id")
    for name in "12":
        write_image(tmp_path / f"{name}.png").rename(tmp_path / name)
    assert read_pool(path, path_column="id").names.tolist() == ["1", "2"]


def test_columns_are_no_option_of_a_folder(photos):
    with pytest.raises(ValueError, match="is no table"):
        read_pool(photos, text_column="text")


def test_a_column_that_counts_the_rows_is_noted(tmp_path):
    rows = "".join(f"{1000 + i},{i % 7}\n" for i in range(12))
    (tmp_path / "pool.csv").write_text(f"patient,size\n{rows}")
    (note,) = read_pool(tmp_path / "pool.csv").notes
    assert note.startswith("Column 'patient' was used as a feature, and goes up by one from row to")


def test_empty_texts_are_counted(tmp_path):
    (tmp_path / "pool.csv").write_text('text,id\nsun,1\n" ",2\n,3\n')
    assert read_pool(tmp_path / "pool.csv").notes == ("2 texts are empty.",)
