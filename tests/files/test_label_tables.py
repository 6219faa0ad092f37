import pytest

from skvaal._files.label_tables import read_rows

HEADING = "annotation_id,annotator,choice,created_at,image\n"


def read(path, pool, **columns):
    options = {"path_column": None, "label_column": None, **columns}
    found = read_rows(str(path), pool, *options.values(), is_pool=False)
    return [(each.name, each.label) for each in found]


def test_rows_of_label_studio_are_votes(pool, write):
    rows = "1,7,cat,2026-01-02,a.jpg\n2,7,dog,2026-01-01,a.jpg\n,,,,b.jpg\n"

    assert read(write("a.csv", HEADING + rows), pool) == [("a.jpg", "cat"), ("b.jpg", None)]


def test_annotators_who_disagree(pool, write):
    rows = "1,7,cat,2026-01-01,a.jpg\n2,8,dog,2026-01-01,a.jpg\n"

    with pytest.raises(ValueError, match=r"a\.csv: 'a\.jpg' has 2 labels, such as 'cat' and 'dog'"):
        read(write("a.csv", HEADING + rows), pool)


@pytest.mark.parametrize(
    ("cell", "match"),
    [
        ('"{""choices"": [""cat"", ""dog""]}"', "'a.jpg' has 2 labels"),
        ('"{""choices"": 3}"', "is no list of choices"),
        ('"{""choices"": "', "it is no JSON"),
    ],
)
def test_several_choices_in_a_cell(pool, write, cell, match):
    with pytest.raises(ValueError, match=rf"a\.csv: .*{match}"):
        read(write("a.csv", f"{HEADING}1,7,{cell},2026,a.jpg\n"), pool)


def test_label_and_name_are_two_columns(pool, write):
    path = write("a.csv", "path,label\na.jpg,cat\n")

    with pytest.raises(ValueError, match="no column is called label or .*by label_column"):
        read(path, pool, label_column="path")
