import pytest

from skvaal._files.label_tables import read_rows
from skvaal._files.labels import read_labels

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
        ('"{""choices"": 3}"', "its choice is 3, not a single class"),
        ('"{""choices"": "', "it is no JSON"),
    ],
)
def test_several_choices_in_a_cell(pool, write, cell, match):
    with pytest.raises(ValueError, match=rf"a\.csv: .*{match}"):
        read(write("a.csv", f"{HEADING}1,7,{cell},2026,a.jpg\n"), pool)


@pytest.mark.parametrize(
    "cell",
    ['{"choices": ["3", "4"]}', ' { "choices":["3","4"]}', '[{"x": 1, "choices": ["3", "4"]}]'],
)
def test_several_choices_without_the_columns_of_the_tool(pool, write, cell):
    quoted = cell.replace('"', '""')

    with pytest.raises(ValueError, match=r"a\.csv: .*(has 2 labels|not a single class)"):
        read(write("a.csv", f'image,choice\na.jpg,"{quoted}"\n'), pool)


def test_one_choice_as_json(pool, write):
    rows = 'a.jpg,"{""choices"": [""3""]}"\nb.jpg,{3}\n'

    assert read(write("a.csv", f"image,choice\n{rows}"), pool) == [("a.jpg", "3"), ("b.jpg", "{3}")]


@pytest.mark.parametrize("heading", ["path,class,category", "category,path,Label", "path,y,target"])
def test_several_columns_that_may_hold_labels(pool, write, heading):
    columns = heading.split(",")
    path = write("a.csv", f"{heading}\n{','.join(each[0] for each in columns)}\n")

    with pytest.raises(ValueError, match=r"several columns may hold the labels .*by label_column"):
        read(path, pool)
    assert read(path, pool, label_column=columns[2]) == [("p", columns[2][0])]


def test_row_that_contradicts_its_text(texts, write):
    agree = write("a.csv", "row,text,label\n1,rain,x\n0, sun,y\n")
    differ = write("b.csv", "row,label,text\n1,x,rain\n2,,rain\n3,y,sun\n")

    assert read_labels(agree, texts).rows.tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"b\.csv: row 3 has the text 'sun', .* it has '1'"):
        read_labels(differ, texts)


def test_names_of_rows_are_asked_for(texts, write):
    path = write("a.csv", "id,label\n1,x\n2,y\n")

    with pytest.raises(ValueError, match=r"no column is called row; .*rows, from 0"):
        read_labels(path, texts)
    with pytest.raises(ValueError, match=r"the column 'id' has no 0, .*rename it to 'row'"):
        read_labels(path, texts, path_column="id")
    from_zero = write("b.csv", "id,label\n0,x\n2,y\n")
    assert read_labels(from_zero, texts, path_column="id").rows.tolist() == [0, 2]


def test_label_and_name_are_two_columns(pool, write):
    path = write("a.csv", "path,label\na.jpg,cat\n")

    with pytest.raises(ValueError, match="'path' cannot hold the samples.*by path_column and"):
        read(path, pool, label_column="path")
