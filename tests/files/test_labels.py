import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skvaal._files.labels import LabeledSamples, read_labels
from skvaal._files.loading import load_images
from skvaal._files.pools import read_pool
from tests.files.conftest import EXPORTS, PHOTOS


def as_dict(known):
    return dict(zip(known.samples.names[known.rows].tolist(), known.labels.tolist(), strict=True))


def test_table(pool, write):
    content = f"path,label\n{PHOTOS[2]},01\n./{PHOTOS[0]},NA\n{PHOTOS[1]}, \n{PHOTOS[3]},\n"

    known = read_labels(write("labels.csv", content), pool)

    assert as_dict(known) == {PHOTOS[0]: "NA", PHOTOS[2]: "01"}
    assert known.rows.tolist() == [0, 2]
    assert known.samples is pool
    assert known.classes == ("01", "NA")
    assert known.notes == (
        "2 rows of the labels have no label yet.",
        "'NA' counts as a class; where no label is known, leave the cell empty.",
    )


def test_table_without_a_label(pool, write):
    known = read_labels(write("labels.csv", f"path,label\n{PHOTOS[0]},\n"), pool)

    assert (known.rows.tolist(), known.labels.tolist(), known.classes) == ([], [], ())


@pytest.mark.parametrize(
    ("heading", "options"),
    [
        ("path,label", {}),
        ("File;Class", {}),
        ("filename\tcategory", {}),
        ("path,anything", {}),
        ("a,b,c", {"path_column": "a", "label_column": "b"}),
    ],
)
def test_columns_are_found(pool, write, heading, options):
    delimiter = next(each for each in ",;\t" if each in heading)
    cells = [PHOTOS[0], "cat", "x"][: heading.count(delimiter) + 1]
    path = write("labels.csv", f"{heading}\n{delimiter.join(cells)}\n")

    assert as_dict(read_labels(path, pool, **options)) == {PHOTOS[0]: "cat"}


def test_parquet(pool, tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({"path": PHOTOS[:3], "label": [1.0, None, 7.0]})
    frame.to_parquet(tmp_path / "labels.parquet")

    assert as_dict(read_labels(tmp_path / "labels.parquet", pool)) == {
        PHOTOS[0]: "1",
        PHOTOS[2]: "7",
    }


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (
            "image;kind;x\n",
            "no column is called label, .* target, y or .*'image', 'kind', 'x'; say by",
        ),
        ("a,label\nx,y\n", "no column is called path or .*'a', 'label'; say by path_column"),
        ("label\nx\n", "no column is called path"),
        ("path,label,label\nx,y,z\n", "two columns are called 'label'"),
        (
            f"path,label\n{PHOTOS[0]},a\n{PHOTOS[0]},b\n",
            "'cats/a 1.jpg' has two labels, 'a' and 'b'",
        ),
        (f"path,label\n{PHOTOS[0]},a\na 1.jpg,b\n", "'cats/a 1.jpg' has two labels, 'a' and 'b'"),
        ("path,label\n,a\n", "row 0 has the label 'a' and no name"),
        (
            f"path,label\n{PHOTOS[0]},a\n"
            + "".join(f"{name}.jpg,a\n" for name in ("x\ny", "../z", "v", "w")).replace(
                "x\ny.jpg", '"x\ny.jpg"'
            ),
            r"4 of 5 labels are for samples that are not in .*photos: 'x\\ny.jpg', '../z.jpg', "
            "'v.jpg' and 1 more",
        ),
    ],
)
def test_bad_tables_are_refused(pool, write, content, match):
    with pytest.raises(ValueError, match=r"labels\.csv: " + match) as caught:
        read_labels(write("labels.csv", content), pool)
    assert "\n" not in str(caught.value)


def test_same_label_twice_counts_once(pool, write):
    path = write("labels.csv", f"path,label\n{PHOTOS[0]},a\n{PHOTOS[0]},a\n")

    known = read_labels(path, pool)

    assert as_dict(known) == {PHOTOS[0]: "a"}
    assert known.notes == ("1 label stood there twice, and agreed.",)


def test_label_of_an_image_that_cannot_be_read_is_set_apart_and_named(photos, write, damage):
    damage(photos / PHOTOS[0])
    path = write("labels.csv", f"path,label\n{PHOTOS[0]},a\n{PHOTOS[1]},b\n")

    known = read_labels(path, read_pool(photos))

    assert as_dict(known) == {PHOTOS[1]: "b"}
    assert known.unseen == {PHOTOS[0]: "a"}
    assert known.notes == (
        f"1 label does not count now, since its image is gone or damaged: {PHOTOS[0]!r}.",
    )
    path = write("labels.csv", f"path,label\n{PHOTOS[0]},a\n{PHOTOS[0]},b\n")
    with pytest.raises(ValueError, match=f"'{PHOTOS[0]}' has two labels, 'a' and 'b'"):
        read_labels(path, read_pool(photos))


def test_rows(texts, write):
    known = read_labels(write("labels.csv", "row,label\n3,a\n1,b\n"), texts)

    assert as_dict(known) == {"1": "b", "3": "a"}
    with pytest.raises(
        ValueError, match="2 of 2 labels are for samples that are not in .*: '4', '-1'"
    ):
        read_labels(write("labels.csv", "row,label\n4,a\n-1,b\n"), texts)


def test_texts_by_themselves(texts, write):
    assert as_dict(read_labels(write("l.csv", "text,label\nrain,a\n1,b\n"), texts)) == {
        "1": "a",
        "3": "b",
    }


def test_labels_in_the_table_of_the_pool(texts):
    assert as_dict(read_labels(texts.source, texts)) == {"1": "01", "2": "NA"}


@pytest.mark.parametrize("name", ["label_studio.json", "label_studio_min.json", "label_studio.csv"])
def test_exports_of_label_studio(pool, name):
    known = read_labels(EXPORTS / name, pool)

    assert as_dict(known) == {PHOTOS[0]: "dog", PHOTOS[1]: "dog", "dogs/ü.jpg": "dog"}


def test_tabs_of_label_studio(pool):
    assert len(read_labels(EXPORTS / "label_studio.tsv", pool).rows) == 3


@pytest.mark.parametrize("name", ["cvat_images.xml", "cvat_coco.json"])
@pytest.mark.parametrize("is_packed", [False, True], ids=["file", "zip"])
def test_exports_of_cvat(pool, tmp_path, name, is_packed):
    path = EXPORTS / name
    if is_packed:
        path = tmp_path / "task.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(EXPORTS / name, f"annotations/{name}")
            archive.writestr("images/a.jpg", b"")

    known = read_labels(path, pool)

    assert as_dict(known) == {PHOTOS[0]: "cat", PHOTOS[1]: "dog"}
    assert known.notes == ("1 row of the labels has no label yet.",)


def test_export_of_another_project(texts, tmp_path, write_image):
    write_image(tmp_path / "others" / "z.jpg")

    with pytest.raises(
        ValueError, match=r"cvat_images\.xml: 2 of 2 labels are for samples .*others"
    ):
        read_labels(EXPORTS / "cvat_images.xml", read_pool(tmp_path / "others"))
    with pytest.raises(
        ValueError, match=r"label_studio\.json: the data of task 0 has none of row, text"
    ):
        read_labels(EXPORTS / "label_studio.json", texts)


def test_half_a_character_is_refused(pool, write):
    content = b'[{"image": "d.jpg", "label": "\\ud800"}]'

    with pytest.raises(ValueError, match=r"a\.json: .* is no text that can be written"):
        read_labels(write("a.json", content), pool)


class TestClassFolders:
    @pytest.fixture
    def folder(self, photos, tmp_path, write_image):
        """A copy of one photo, a link to another, and one that is not in the pool."""
        folder = tmp_path / "labels"
        write_image(folder / "01" / "deep" / "new.png", colour=(200, 1, 2))
        shutil.copy(photos / PHOTOS[0], folder / "01" / "renamed.jpg")
        (folder / "dog").mkdir()
        (folder / "dog" / "link.jpg").symlink_to(photos / PHOTOS[2])
        (folder / "notes.txt").touch()
        return folder

    def test_files_are_found_or_come_behind(self, pool, folder):
        known = read_labels(folder, pool)

        new = str(folder / "01" / "deep" / "new.png")
        assert as_dict(known) == {PHOTOS[0]: "01", PHOTOS[2]: "dog", new: "01"}
        assert known.samples.names.tolist() == [*pool.names, new]
        assert known.samples.X[5].mean(axis=(1, 2)).tolist() == [200, 1, 2]
        assert known.notes == ("1 labelled image from outside the pool added to it.",)

    def test_pool_that_is_decoded_already(self, pool, folder):
        known = read_labels(folder, load_images(pool))

        assert known.samples.X.shape == (6, 3, 8, 8)
        np.testing.assert_array_equal(known.samples.X, read_labels(folder, pool).samples.X[:])

    def test_folders_of_the_pool_itself(self, photos, pool):
        (photos / PHOTOS[4]).unlink()

        assert as_dict(read_labels(photos, pool)) == {
            PHOTOS[0]: "cats",
            PHOTOS[1]: "cats",
            PHOTOS[2]: "dogs",
            PHOTOS[3]: "dogs",
        }

    def test_one_file_in_two_classes(self, pool, folder):
        shutil.copy(folder / "01" / "renamed.jpg", folder / "dog" / "again.jpg")

        with pytest.raises(
            ValueError, match=r"labels: '.*again.jpg' has two labels, '01' and 'dog'"
        ):
            read_labels(folder, pool)

    def test_broken_files_are_set_apart_and_named(self, photos, folder, damage):
        damage(folder / "01" / "deep" / "new.png")
        damage(photos / PHOTOS[2])

        known = read_labels(folder, read_pool(photos, image_size=8))

        assert as_dict(known) == {PHOTOS[0]: "01"}
        assert known.unseen == {PHOTOS[2]: "dog"}
        (note,) = known.notes
        assert note.startswith("2 labels do not count now, since their images are gone or damaged:")
        assert repr(PHOTOS[2]) in note
        assert "new.png" in note

    def test_broken_files_alone_are_refused(self, pool, folder, tmp_path, damage):
        shutil.copytree(folder / "01" / "deep", tmp_path / "broken" / "01")
        damage(tmp_path / "broken" / "01" / "new.png")

        with pytest.raises(ValueError, match=r"broken: none of its 1 image can be read"):
            read_labels(tmp_path / "broken", pool)

    def test_folder_without_classes(self, pool, tmp_path, write_image):
        write_image(tmp_path / "flat" / "a.jpg")

        with pytest.raises(ValueError, match=r"flat: it has no image in a folder of its own class"):
            read_labels(tmp_path / "flat", pool)

    def test_samples_that_are_no_files(self, texts, folder):
        with pytest.raises(
            ValueError, match=r"labels is a folder, and the samples of .*texts\.csv"
        ):
            read_labels(folder, texts)

    def test_pipe_in_a_class(self, pool, folder):
        if not hasattr(os, "mkfifo"):
            pytest.skip("needs POSIX")
        os.mkfifo(folder / "dog" / "pipe.jpg")

        assert len(read_labels(folder, pool).rows) == 3


def test_labels_follow_images_that_turn_out_damaged(photos, pool, write, damage):
    content = "path,label\n" + "".join(f"{name},{name[0]}\n" for name in PHOTOS)
    known = read_labels(write("labels.csv", content), pool)
    damage(photos / PHOTOS[1])

    moved = known.on(load_images(known.samples))

    assert moved.rows.tolist() == [0, 1, 2, 3]
    assert as_dict(moved) == {name: name[0] for name in PHOTOS if name != PHOTOS[1]}


def test_without_labels(pool):
    known = LabeledSamples.without_labels(pool)

    assert (known.samples, len(known.rows), known.classes) == (pool, 0, ())


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("a.json", b"", "it is no JSON, or is cut off"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.json", b'{"a": 1}', "it is no COCO"),
        ("a.json", b"[1]", r"the export\[0\] must be an object, not 1"),
        ("a.json", b"3", "it is no|must be a list"),
        ("a.json", b"\xff\xfe[", "it is no JSON"),
        ("a.xml", b"<a/>", "begins with <a>, not with <annotations>"),
        ("a.xml", b"<annotations>", "it is no XML, or is cut off"),
        ("a.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><annotations/>", "it declares a document type"),
        ("a.zip", b"PK\x03\x04", "it is no zip file, or is damaged"),
        ("a.csv", b"", "it is empty"),
        ("a", b"", "it is empty"),
    ],
)
def test_damaged_files_are_named(pool, write, name, content, match):
    with pytest.raises(ValueError, match=rf"{name}: .*({match})"):
        read_labels(write(name, content), pool)


@pytest.mark.parametrize("members", [[], ["a.json", "b.xml"]])
def test_zip_without_one_file_of_annotations(pool, tmp_path, members):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.jpg", b"")
        for name in members:
            archive.writestr(name, b"[]")

    with pytest.raises(ValueError, match=r"a\.zip: it holds .*must hold one file of annotations"):
        read_labels(tmp_path / "a.zip", pool)


def test_zip_that_unpacks_to_too_much(pool, tmp_path, monkeypatch):
    monkeypatch.setattr("skvaal._files.tools.exports.MOST_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b" " * 100_000)

    with pytest.raises(ValueError, match=r"a\.zip: 'a\.json' in it unpacks to more"):
        read_labels(tmp_path / "a.zip", pool)


def test_file_that_is_too_large_is_not_read(pool, tmp_path):
    with (tmp_path / "a.json").open("wb") as file:
        file.write(b"[")
        file.truncate(2**40)

    with pytest.raises(ValueError, match=r"a\.json has 1024\.0 GiB, more than"):
        read_labels(tmp_path / "a.json", pool)


def test_sources_that_are_not_there(pool, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file or folder: .*none"):
        read_labels(tmp_path / "none", pool)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.json")
        with pytest.raises(OSError, match="is no regular file"):
            read_labels(tmp_path / "pipe.json", pool)


def test_labels_of_several_sources_all_count(pool, photos, write):
    first = write("first.csv", f"path,label\n{PHOTOS[0]},cat\n{PHOTOS[1]},\n")
    second = write("second.csv", f"file,kind,by\n{PHOTOS[1]},dog,me\n{PHOTOS[0]},cat,me\n")

    known = read_labels([first, second], pool, label_column="kind")

    assert as_dict(known) == {PHOTOS[0]: "cat", PHOTOS[1]: "dog"}
    assert known.notes == (f"{first}: 1 row of the labels has no label yet.",)
    assert as_dict(read_labels((first, Path(first)), pool)) == {PHOTOS[0]: "cat"}


def test_folders_and_tables_together(pool, photos, write, tmp_path):
    folder = tmp_path / "labelled"
    (folder / "new").mkdir(parents=True)
    Image.fromarray(np.full((8, 8, 3), 9, np.uint8)).save(folder / "new" / "other.png")
    table = write("table.csv", f"path,label\n{PHOTOS[0]},cat\n")

    for sources in ([table, folder], [folder, table]):
        known = read_labels(sources, pool)
        assert len(known.samples) == len(pool) + 1
        assert sorted(known.labels) == ["cat", "new"]
        assert known.samples.names[known.rows].tolist()[0] == PHOTOS[0]


@pytest.mark.parametrize(
    ("content", "options", "complaint"),
    [
        ("path,label\n{},dog\n", {}, "has the label 'cat' in .*first.csv and 'dog' in .*second"),
        (
            "path,label\n",
            {"label_column": "no"},
            "no file of labels has a column label_column",
        ),
        ("path,label\nno.jpg,dog\n", {}, "second.csv: 1 of 1 label is for samples that are not"),
    ],
)
def test_several_sources_that_do_not_fit_are_refused(pool, write, content, options, complaint):
    first = write("first.csv", f"path,label\n{PHOTOS[0]},cat\n")
    second = write("second.csv", content.format(PHOTOS[0]))
    with pytest.raises(ValueError, match=complaint):
        read_labels([first, second], pool, **options)


@pytest.mark.parametrize(("source", "error"), [([], ValueError), ([3], TypeError)])
def test_a_list_of_sources_names_files(pool, source, error):
    with pytest.raises(error, match="source"):
        read_labels(source, pool)


def test_whole_numbers_with_decimals_are_noted(pool, write):
    known = read_labels(write("a.csv", f"path,label\n{PHOTOS[0]},0.0\n{PHOTOS[1]},1.0\n"), pool)
    assert known.labels.tolist() == ["0.0", "1.0"]
    assert "Classes are written as decimals ('0.0' and '1.0')." in known.notes[0]


def test_pictures_that_are_the_same_get_the_label_of_one(photos, tmp_path):
    shutil.copy(photos / PHOTOS[0], photos / "again.jpg")
    labelled = tmp_path / "labelled" / "kind"
    labelled.mkdir(parents=True)
    shutil.copy(photos / PHOTOS[0], labelled / "again.jpg")

    known = read_labels(tmp_path / "labelled", read_pool(photos))

    assert as_dict(known) == {PHOTOS[0]: "kind", "again.jpg": "kind"}
    assert known.notes == (
        "1 picture of the pool is byte by byte the same as others that have a label, and count as "
        "labelled.",
    )


def test_a_picture_in_a_folder_of_its_own_keeps_that_label(tmp_path):
    for name in ("cat/1.png", "dog/2.png", "none/3.png"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(path)
    pool = read_pool(tmp_path / "photos")
    shutil.rmtree(tmp_path / "photos" / "none")

    known = read_labels(tmp_path / "photos", read_pool(tmp_path / "photos"))

    assert as_dict(known) == {"cat/1.png": "cat", "dog/2.png": "dog"}
    assert len(pool) == 3


def test_equal_pictures_of_two_classes_outside_the_pool_are_refused(pool, tmp_path):
    for kind in ("a", "b"):
        (tmp_path / "labelled" / kind).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "labelled" / kind / f"{kind}.png")
    with pytest.raises(ValueError, match="has two labels, 'a' and 'b'"):
        read_labels(tmp_path / "labelled", pool)
    shutil.move(tmp_path / "labelled" / "b" / "b.png", tmp_path / "labelled" / "a")
    known = read_labels(tmp_path / "labelled", pool)
    assert len(known.samples) == len(pool) + 1


def test_a_table_may_name_what_a_folder_adds_in_any_order(pool, write, tmp_path):
    (tmp_path / "labelled" / "a").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "labelled" / "a" / "x.png")
    name = read_labels(tmp_path / "labelled", pool).samples.names[-1]
    table = write("table.csv", f"path,label\n{name},a\n")
    for sources in ([table, tmp_path / "labelled"], [tmp_path / "labelled", table]):
        assert as_dict(read_labels(sources, pool)) == {name: "a"}


def test_keys_of_exports_count_among_several_files(pool, write):
    entry = '[{{"image": "{}", "label": "train", "quality": "{}"}}]'
    first = write("first.json", entry.format(PHOTOS[0], "good"))
    second = write("second.json", entry.format(PHOTOS[1], "bad"))

    known = read_labels([first, second], pool, label_column="quality")

    assert as_dict(known) == {PHOTOS[0]: "good", PHOTOS[1]: "bad"}


def test_a_text_of_another_column_must_agree_with_its_row(write):
    pool = read_pool(write("pool.csv", "body,label\nsun,\nrain,\n"), text_column="body")
    assert as_dict(read_labels(write("a.csv", "row,body,label\n0,sun,good\n"), pool)) == {
        "0": "good"
    }
    assert as_dict(read_labels(write("b.csv", "body,label\nrain,bad\n"), pool)) == {"1": "bad"}
    with pytest.raises(ValueError, match="row 0 has the text 'snow', and in the pool"):
        read_labels(write("c.csv", "row,body,label\n0,snow,good\n"), pool)
