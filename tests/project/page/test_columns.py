import numpy as np
import pytest

from skvaal._files.named_samples import NamedSamples
from skvaal._files.pools import read_pool
from skvaal.project.page.columns import Columns, write_number


def columns_of(X, most=1_000):
    X = np.asarray(X)
    names = np.array([str(i) for i in range(len(X))], dtype=object)
    return Columns(NamedSamples(X, names, "features", "row", None, "pool.npy"), most)


def names_of(cells):
    return [int(name.removeprefix("column ")) for name, *_ in cells]


@pytest.fixture
def X():
    return np.random.RandomState(0).randn(50, 20) * np.logspace(-3, 6, 20)


def test_the_column_that_differs_most_from_the_nearest_row_comes_first(X):
    difference = np.abs(X[3] - X[8]) / X.std(axis=0)
    row = columns_of(X).of(3, nearest=8)

    order = np.argsort(-difference)
    assert names_of(row.telling) == order[:6].tolist()
    assert names_of(row.others) == sorted(order[6:].tolist())
    assert row.n_left_out == 0


def test_without_a_nearest_row_it_is_the_median(X):
    X[0] = np.median(X, axis=0)
    X[0, 12] += 9 * X[:, 12].std()
    row = columns_of(X).of(0, nearest=None)

    assert names_of(row.telling)[0] == 12
    assert all(len(cells) == 3 for cells in row.telling)


def test_equal_rows_are_ordered_by_the_median(X):
    X[5] = X[6] = np.median(X, axis=0)
    X[5:7, 9] += 5 * X[:, 9].std()

    assert names_of(columns_of(X).of(5, nearest=6).telling)[0] == 9


def test_a_cell_has_the_value_the_nearest_and_the_median():
    X = [[1, 0.25], [2, 0.5], [60, 0.5]]

    assert columns_of(X).of(0, nearest=1).telling == [
        ("column 1", "0.25", "0.5", "0.5"),
        ("column 0", "1", "2", "2"),
    ]


def test_a_wide_row_is_cut(X):
    row = columns_of(X, most=8).of(0, nearest=None)

    assert (len(row.telling), len(row.others), row.n_left_out) == (6, 2, 12)
    assert len(columns_of(X, most=0).of(0, nearest=None).telling) == 6


@pytest.mark.parametrize(
    "odd", [[np.nan] * 4, [np.inf, 1, 2, 3], [5, 5, 5, 5], [1e308, -1e308, 1e308, 0], [0, 0, 0, 0]]
)
def test_odd_columns_can_be_shown(odd):
    X = np.column_stack([np.arange(4.0), odd])
    row = columns_of(X).of(0, nearest=3)

    assert sorted(names_of(row.telling)) == [0, 1]
    assert all(isinstance(cell, str) and cell for cells in row.telling for cell in cells)


def test_what_deviates_in_a_constant_column_comes_first():
    X = np.zeros((10_001, 2))
    X[:, 0] = np.arange(10_001)
    X[1, 1] = 7  # not among the rows that are looked at

    assert names_of(columns_of(X).of(1, nearest=10_000).telling) == [1, 0]


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.float32])
def test_all_kinds_of_numbers(dtype):
    X = np.array([[1, 0], [1, 1], [0, 1]], dtype=dtype)

    assert ("column 1", "0", "1", "1") in columns_of(X).of(0, nearest=1).telling


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (1234567.8, "1234568"), (1e7, "1e+07"), (0.00012345, "0.0001234"),
        (2016, "2016"), (-3.10, "-3.1"), (100, "100"), (9999.96, "10000"), (5e-324, "4.941e-324"),
        (np.inf, "no number"), (np.nan, "no number"),
    ],
)  # fmt: skip
def test_numbers(value, text):
    assert write_number(value) == text


def test_a_long_name_loses_its_middle(tmp_path):
    table = tmp_path / "pool.csv"
    table.write_text(f"begin{'x' * 300}end,short\n1,0\n0,1\n")
    samples = read_pool(table)

    (long, *_), (short, *_) = sorted(Columns(samples, most=9).of(0, nearest=None).telling)

    assert short == "short"
    assert len(long) == 61
    assert long.startswith("beginx")
    assert long.endswith("xend")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_names_are_those_of_the_columns_that_are_read(tmp_path, ending):
    pd = pytest.importorskip("pandas")
    path = tmp_path / f"pool.{ending}"
    table = pd.DataFrame(
        {
            "id": [1, 2],
            "height": [1.5, 2.0],
            "town": ["Bern", "Rom"],
            "a\nb": [3, 4],
            "kind": [0, 1],
        }
    )
    if ending == "csv":
        table.to_csv(path, index=False)
    else:
        pytest.importorskip("pyarrow")
        table.to_parquet(path)

    samples = read_pool(path, label_column="kind")

    assert samples.X.shape == (2, 2)
    assert samples.columns == ("height", "a\nb")
    told = Columns(samples.take([1, 0]), most=9).of(0, nearest=None).telling
    assert sorted(name for name, *_ in told) == [r"a\nb", "height"]


def test_an_array_has_no_names(tmp_path):
    np.save(tmp_path / "pool.npy", np.arange(6.0).reshape(3, 2))

    samples = read_pool(tmp_path / "pool.npy")

    assert samples.columns == ()
    told = Columns(samples, most=9).of(0, nearest=None).telling
    assert sorted(name for name, *_ in told) == ["column 0", "column 1"]
