import pytest

from skvaal._files.matching import Names
from tests.files.conftest import PHOTOS


@pytest.mark.parametrize(
    "name",
    [
        "{}",
        "./{}",
        "{root}/{}",
        "photos/{}",
        "/other/machine/photos/{}",
        r"/data/local-files/?d={quoted}",
        "http://localhost:8080/data/local-files/?d=photos/{quoted}",
        "https://bucket.example/photos/{quoted}",
        "s3://bucket/photos/{quoted}",
        "/data/upload/3/0123abcd-{file}",
        "0123abcd-{file}",
        "{file}",
    ],
)
@pytest.mark.parametrize("photo", PHOTOS)
def test_names_of_a_file(pool, name, photo):
    from urllib.parse import quote

    named = name.format(
        photo, root=pool.root, quoted=quote(photo), file=photo.rsplit("/", maxsplit=1)[-1]
    )

    assert pool.names[Names(pool).find(named)] == photo


@pytest.mark.parametrize("name", [r"C:\photos\dogs\d.jpg", r"dogs\d.jpg"])
def test_names_of_windows(pool, name):
    assert pool.names[Names(pool).find(name)] == "dogs/d.jpg"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "none.jpg",
        "../photos/cats/a 1.jpg",
        "cats/../dogs/d.jpg",
        "/data/local-files/?d=../../photos/dogs/d.jpg",
        "/data/local-files/",
        "zzzzzzzz-d.jpg",
        "0123abcd-",
        "http://[",
        "cats",
        "0",
        "new\nline",
        "\0",
    ],
)
def test_names_of_no_file(pool, name):
    assert Names(pool).find(name) is None


def test_file_name_that_several_have_is_refused(photos, write_image):
    from skvaal._files.pools import read_pool

    write_image(photos / "cats" / "d.jpg")
    names = Names(read_pool(photos))

    assert names.find("/other/cats/d.jpg") == 2
    for name in ("d.jpg", "/data/upload/1/0123abcd-d.jpg"):
        with pytest.raises(ValueError, match=r"'d.jpg' may be any of 2 samples"):
            names.find(name)


def test_file_of_another_folder_is_not_taken_for_one_of_the_same_name(pool):
    names = Names(pool)

    for name in ("birds/d.jpg", "/photos/birds/d.jpg", "https://host/birds/d.jpg"):
        assert names.find(name) is None


@pytest.mark.parametrize("name", ["birds/{}", "/other/project/{}", r"C:\birds\{}", "file:///a/{}"])
def test_file_of_another_folder_is_not_taken_for_one_at_the_top(pool, name):
    names = Names(pool)

    assert names.find(name.format("e=1&x.jpg")) is None
    assert "the pool has the file's name, but not the folder" in names.way_out
    assert names.find("/moved/photos/e=1&x.jpg") == 4
    assert names.find("/data/upload/3/e=1&x.jpg") == 4
    assert names.notes == []


@pytest.mark.parametrize(
    "name", ["https://host/birds/e%3D1%26x.jpg", "/data/local-files/?d=birds/e%3D1%26x.jpg"]
)
def test_folder_that_a_tool_puts_before_a_name_is_noted(pool, name):
    names = Names(pool)

    assert names.find(name) == 4
    (note,) = names.notes
    assert note.startswith("1 name was matched by the file's name alone")
    assert name in note


@pytest.mark.parametrize("prefix", ["/data/upload/3/0123abcd-", "0123abcd-"])
def test_names_that_label_studio_gives_to_uploads(pool, prefix):
    names = Names(pool)

    found = [
        names.find(prefix + name) for name in ("a_1.jpg", "b2.jpg", "ü.jpg", "e1x.jpg", "a1.jpg")
    ]

    assert [None if row is None else pool.names[row] for row in found] == [
        "cats/a 1.jpg",
        "cats/b#2.jpg",
        "dogs/ü.jpg",
        "e=1&x.jpg",
        None,
    ]
    assert names.find("a_1.jpg") is None


def test_file_that_looks_like_an_upload_goes_first(photos, write_image):
    from skvaal._files.pools import read_pool

    write_image(photos / "dogs" / "0123abcd-d.jpg")
    pool = read_pool(photos)

    assert pool.names[Names(pool).find("/data/upload/1/0123abcd-d.jpg")] == "dogs/0123abcd-d.jpg"


def test_rows(texts):
    names = Names(texts)

    assert [names.find(name) for name in ("0", " 3 ", "2.0", "02")] == [0, 3, 2, 2]
    assert [names.find(name) for name in ("4", "-1", "1.5", "x", "", "9" * 5000)] == [None] * 6


def test_texts(texts):
    names = Names(texts)

    assert (names.find_text("rain"), names.find_text("1"), names.find_text("snow")) == (1, 3, None)
    with pytest.raises(ValueError, match="'sun' may be any of 2 samples"):
        names.find_text("sun")
