import pytest

from skvaal._files.reading import (
    check_fits,
    counted,
    find_column,
    listed,
    naming,
    readable,
    shown,
    those_there,
)


def test_names_are_shown_on_one_line():
    assert shown("a/ü b.jpg") == "a/ü b.jpg"
    assert shown("a\n\x1b[31m.jpg") == "a\\n\\x1b[31m.jpg"
    assert shown("\udcff.jpg") == readable("\udcff.jpg") == "\\xff.jpg"


def test_first_names_are_listed():
    assert listed("abc", 3) == "'a', 'b', 'c'"
    assert listed(iter("abcdef"), 1006) == "'a', 'b', 'c' and 1,003 more"


def test_numbers_go_with_their_noun():
    assert (counted(1, "image"), counted(2000, "image")) == ("1 image", "2,000 images")
    assert counted(2, "path is", "paths are") == "2 paths are"


def test_errors_name_the_file():
    with pytest.raises(ValueError, match=r"^a\\nb: no$"), naming("a\nb"):
        raise ValueError("no")


def test_columns_are_found_by_their_usual_names():
    columns = ("x", " Image ", "path")

    assert find_column(columns, None, ("path", "image"), "path_column") == 2
    assert find_column(columns, None, ("image",), "path_column") == 1
    assert find_column(columns, None, ("file",), "path_column") is None
    assert find_column(columns, "x", ("path",), "path_column") == 0
    with pytest.raises(
        ValueError, match="there is no column path_column='X'; the columns are 'x',"
    ):
        find_column(columns, "X", (), "path_column")


def test_few_columns_are_listed():
    assert those_there(()) == "it has no columns"
    assert those_there([str(i) for i in range(30)]).endswith("'19' and 10 more")


def test_what_fits_and_what_does_not(monkeypatch):
    monkeypatch.setattr("skvaal._files.reading.memory_bytes", lambda: 2.0**30)

    check_fits(2**30, "its numbers")
    with pytest.raises(ValueError, match="its numbers take 2 GiB, more than the 1 GiB"):
        check_fits(2**31, "its numbers")
