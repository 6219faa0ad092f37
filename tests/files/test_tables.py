import csv
import os

import numpy as np
import pytest

from skvaal._files import tables
from skvaal._files.tables import CsvTable, read_table

pyarrow = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402


@pytest.fixture
def write_parquet(tmp_path):
    def write(**columns):
        parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
        return tmp_path / "a.parquet"

    return write


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
def test_strings_stay_strings(delimiter, end, mark):
    lines = [["path", "label"], ["ä.jpg", "01"], ["b.jpg", "NA"], ['"c\nd"', "1e5"], ["", "=1+1"]]
    text = end.join(delimiter.join(line) for line in lines) + end

    table = CsvTable(mark + text.encode())

    assert table.columns == ("path", "label")
    assert table.strings([1, 0]) == [
        ["01", "NA", "1e5", "=1+1"],
        ["ä.jpg", "b.jpg", "c\nd", ""],
    ]


def test_delimiter_that_excel_names():
    assert CsvTable(b"sep=;\r\npath;label\r\na,b;1\r\n").strings([0]) == [["a,b"]]


def test_lines_that_end_as_on_old_macs():
    assert CsvTable(b"path,label\ra,1\rb,2").strings([0, 1]) == [["a", "b"], ["1", "2"]]


def test_empty_lines_are_no_rows():
    assert CsvTable(b"\nlabel\n\na\n\nb\n").strings([0]) == [["a", "b"]]


def test_long_fields_are_read_and_the_limit_of_others_stays():
    limit = csv.field_size_limit()
    text = "a" * (limit + 1)

    assert CsvTable(f"text\n{text}\n".encode()).strings([0]) == [[text]]
    assert csv.field_size_limit() == limit


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "it is empty"),
        (b"\n\n", "it is empty"),
        (
            "path\ngrün".encode("latin-1"),
            r"not UTF-8 \(line 2 holds the byte 0xfc\); save it as UTF-8",
        ),
        ("path".encode("utf-16"), "UTF-16; save it as UTF-8"),
        (b"path\na\0b", "null byte"),
        (b"path,label\na\n", r"row 0 \(line 2\) has 1 fields, and there are 2 columns"),
        (b"path,label\na,b\nc,d,e\n", r"row 1 \(line 3\) has 3 fields"),
        (b'path,label\n"a,b\n', r"line 2 is no CSV \(unexpected end of data\)"),
        (b'path,label\n"a"b,c\n', r"line 2 is no CSV"),
    ],
)
def test_bad_csv_is_refused(data, match):
    with pytest.raises(ValueError, match=match):
        CsvTable(data).strings([0])


def test_errors_name_the_file(write):
    with pytest.raises(ValueError, match=r"bad\.csv: it is not UTF-8"):
        read_table(write("bad.csv", b"\xff"))
    with pytest.raises(ValueError, match=r"bad\.parquet: it cannot be read as Parquet"):
        read_table(write("bad.parquet", b"PAR1 and no more"))


def test_numbers_of_csv():
    table = CsvTable(b"id,a,name,b\n0,1.5,x,2\n1,-1e3,y,3\n")

    assert table.numeric() == [0, 1, 3]
    assert table.numbers([1, 3]).tolist() == [[1.5, 2], [-1000, 3]]


@pytest.mark.parametrize("rows", [",2,x\n1,2,", "1,2,x\n,2,", " ,2,\n1,2,x"])
def test_an_empty_cell_says_nothing_of_a_column_in_any_row(rows):
    table = CsvTable(f"a,b,name\n{rows}\n".encode())
    assert table.numeric() == [0, 1]
    with pytest.raises(ValueError, match="row [01] has ' ?' in the column 'a'"):
        table.numbers([0, 1])


def test_a_column_of_empty_cells_has_no_numbers():
    assert CsvTable(b"a,b\n1,\n2,\n").numeric() == [0]


@pytest.mark.parametrize("value", ["", "NA", "nan", "inf", "abc"])
def test_what_is_no_finite_number_is_named(value):
    with pytest.raises(ValueError, match=f"row 1 has '{value}' in the column 'b'"):
        CsvTable(f"a,b\n1,2\n3,{value}\n".encode()).numbers([0, 1])


def test_parquet(write_parquet):
    table = read_table(
        write_parquet(
            label=["01", None, "NA"],
            number=[1, 2, None],
            real=[0.5, 1.0, None],
            flag=[True, False, None],
            kind=pyarrow.array(["a", "b", "a"]).dictionary_encode(),
        )
    )

    assert table.columns == ("label", "number", "real", "flag", "kind")
    assert table.strings([4, 0, 1]) == [["a", "b", "a"], ["01", None, "NA"], ["1", "2", None]]
    assert table.strings([2, 3]) == [["0.5", "1", None], ["True", "False", None]]
    assert table.numeric() == [1, 2, 3]


def test_numbers_of_parquet_come_as_asked_for(write_parquet):
    table = read_table(write_parquet(a=[1, 2], b=[0.5, 1.5]))

    np.testing.assert_array_equal(table.numbers([1, 0]), [[0.5, 1], [1.5, 2]])


def test_missing_number_of_parquet_is_named(write_parquet):
    table = read_table(write_parquet(a=[1.0, 2.0], b=[1.0, None]))

    with pytest.raises(ValueError, match=r"^row 1 has no finite number in the column 'b'"):
        table.numbers([0, 1])


def test_columns_of_other_types_are_refused(write_parquet):
    with pytest.raises(ValueError, match=r"^the column 'a' holds list<"):
        read_table(write_parquet(a=[[1], [2]])).strings([0])


def test_rows_of_parquet_are_counted_before_they_are_read(write_parquet, monkeypatch):
    """Of a constant column, any number of rows takes a few bytes."""
    path = write_parquet(a=np.zeros(100_000, dtype=np.int8))
    assert path.stat().st_size < 2000
    monkeypatch.setattr(tables, "MOST_ROWS", 1000)
    monkeypatch.setattr(parquet.ParquetFile, "iter_batches", None)

    with pytest.raises(
        ValueError, match=r"a\.parquet: it claims 100,000 rows, more than the 1,000"
    ):
        read_table(path)


def test_numbers_that_memory_cannot_hold_are_not_read(write_parquet, monkeypatch):
    table = read_table(write_parquet(a=np.zeros(100_000, dtype=np.int8)))
    monkeypatch.setattr("skvaal._files.reading.memory_bytes", lambda: 1000.0)
    monkeypatch.setattr(parquet.ParquetFile, "iter_batches", None)

    with pytest.raises(ValueError, match=r"^its numbers take 0 GiB, more than"):
        table.numbers([0])


def test_text_beyond_all_bounds_is_refused(write_parquet, monkeypatch):
    table = read_table(write_parquet(a=["x" * 50] * 100))
    monkeypatch.setattr(tables, "_MOST_CHARACTERS", 1000)

    with pytest.raises(ValueError, match=r"^its text takes more than"):
        table.strings([0])


def test_columns_of_one_name_are_refused(tmp_path):
    both = pyarrow.table([pyarrow.array([1]), pyarrow.array([2])], names=["a", "a"])
    parquet.write_table(both, tmp_path / "a.parquet")

    with pytest.raises(ValueError, match=r"a\.parquet: 2 columns are called 'a'"):
        read_table(tmp_path / "a.parquet")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_pipes_are_refused(tmp_path, ending):
    os.mkfifo(tmp_path / f"a.{ending}")

    with pytest.raises(OSError, match="is no regular file"):
        read_table(tmp_path / f"a.{ending}")
