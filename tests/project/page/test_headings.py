import numpy as np
import pytest

from skvaal._files.named_samples import NamedSamples
from skvaal._files.pools import read_pool
from skvaal.project.page.headings import read_headings

HEADING = "id,height,town,<i>width</i>,label\n"


def headings_of(source, n):
    names = np.array(["0", "1"], dtype=object)
    return read_headings(
        NamedSamples(np.zeros((2, n)), names, "features", "row", None, str(source))
    )


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_names_are_those_of_the_columns_that_are_read(tmp_path, ending):
    pd = pytest.importorskip("pandas")
    path = tmp_path / f"pool.{ending}"
    table = pd.DataFrame(
        {"id": [1, 2], "height": [1.5, 2.0], "town": ["Bern", "Rom"], "a\nb": [3, 4]}
    )
    if ending == "csv":
        table.to_csv(path, index=False)
    else:
        pytest.importorskip("pyarrow")
        table.to_parquet(path)

    samples = read_pool(path)

    assert samples.X.shape == (2, 2)
    assert read_headings(samples) == ("height", "a\nb")


def test_only_the_beginning_of_a_table_is_read(tmp_path, monkeypatch):
    path = tmp_path / "pool.csv"
    path.write_bytes((HEADING + "1,2,Zürich,3,x\n" + "no,table,at,all\n" * 9).encode())
    monkeypatch.setattr("skvaal.project.page.headings._MOST_BYTES", len(HEADING) + 20)

    assert headings_of(path, 2) == ("height", "<i>width</i>")


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_ends_of_lines(tmp_path, monkeypatch, end):
    path = tmp_path / "pool.csv"
    path.write_bytes((HEADING + "1,2,Bern,3,x\n" * 9).replace("\n", end).encode())
    monkeypatch.setattr("skvaal.project.page.headings._MOST_BYTES", len(HEADING) + 20)

    assert headings_of(path, 2) == ("height", "<i>width</i>")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"one,two\n1,2\n", id="another number of columns"),
        pytest.param(b"a,b,c\n1,2\n", id="a row too short"),
        pytest.param(b"\xff\xfea,b,c", id="UTF-16"),
        pytest.param(b'"a,b\n', id="an open quote"),
        pytest.param(None, id="lost"),
    ],
)
def test_without_names_there_are_numbers(tmp_path, content):
    path = tmp_path / "pool.csv"
    if content is not None:
        path.write_bytes(content)

    assert headings_of(path, 3) == ("column 0", "column 1", "column 2")


def test_damaged_parquet_has_no_names(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "pool.parquet"
    path.write_bytes(b"PAR1 and no more")

    assert headings_of(path, 1) == ("column 0",)


def test_an_array_has_no_names(tmp_path):
    assert headings_of(tmp_path / "pool.npy", 2) == ("column 0", "column 1")
