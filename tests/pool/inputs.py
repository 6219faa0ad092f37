"""Kinds of input that people have, and what becomes of each: taken, or a message."""

from __future__ import annotations

import array
import io
import pathlib
import warnings
from collections import UserDict, deque
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from .stores import Items, Stored

N = 12
ROWS = np.random.RandomState(0).rand(N, 4)
IMAGES = np.random.RandomState(0).randint(0, 256, (N, 3, 10, 9), dtype=np.uint8)
RNG = np.random.RandomState(0)
TAKEN = None


class Listed(Dataset):
    """A Dataset of any items."""

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, row: int) -> Any:
        return self.items[row]


class Columns:
    """As much of a ``datasets.Dataset`` of Hugging Face as can be seen from outside."""

    def __init__(self, **columns: Any) -> None:
        self.columns_by_name, self.column_names = columns, list(columns)

    def __len__(self) -> int:
        return N

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self.columns_by_name[key]
        return {name: column[key] for name, column in self.columns_by_name.items()}


class Endless(IterableDataset):
    def __iter__(self):
        return iter([])


class WithArray:
    """Nothing but numpy's protocol."""

    def __array__(self, dtype=None, copy=None):
        return ROWS


class OnADevice:
    """As arrays of other libraries do that lie elsewhere."""

    shape, ndim = (N, 4), 2

    def __array__(self, dtype=None, copy=None):
        raise TypeError("implicit conversion to numpy is not allowed")


def quiet(make):
    """Make something that its library warns of."""

    def make_quietly():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return make()

    return make_quietly


def objects(items):
    made = np.empty(len(items), dtype=object)
    made[:] = items
    return made


def objects_of(value):
    made = np.empty((N, 2), dtype=object)
    for position in np.ndindex(made.shape):
        made[position] = value
    return made


def pictures(mode="RGB", modes=None):
    image = pytest.importorskip("PIL.Image")
    made = [image.fromarray(np.moveaxis(each, 0, -1)) for each in IMAGES]
    return [each.convert(mode) for each in made[:-1]] + [made[-1].convert(modes or mode)]


def of_dask(X, **options):
    return pytest.importorskip("dask.array").from_array(X, **options)


def dask_frame():
    pytest.importorskip("pyarrow")
    return pytest.importorskip("dask.dataframe").from_pandas(pd.DataFrame(ROWS), 2)


def dask_masked():
    return pytest.importorskip("dask.array").ma.masked_array(ROWS, ROWS > 0.5)


def masked_store():
    return Stored(np.ma.masked_array(ROWS, ROWS > 0.9))


def with_column(values, library=pd):
    return library.DataFrame({"a": values, "b": np.arange(N) / N})


def tensor(**options):
    return torch.tensor(ROWS, **options)


# Table of the guide: section, then kind, how to make one, and TAKEN or what the message says.
ARRAYS: list[tuple[str, Callable[[], Any], str | None]] = [
    ("array of real numbers, integers or bool", lambda: ROWS, TAKEN),
    ("array of integers", lambda: (ROWS * 9).astype(np.int64), TAKEN),
    ("array of bool", lambda: ROWS > 0.5, TAKEN),
    ("array of float16", lambda: ROWS.astype(np.float16), TAKEN),
    ("array of long doubles", lambda: ROWS.astype(np.longdouble), TAKEN),
    ("array of another byte order", lambda: ROWS.astype(">f8"), TAKEN),
    ("array of objects that are numbers", lambda: ROWS.astype(object), TAKEN),
    ("array of objects of other kinds", lambda: np.array([[{}, 1]] * N),
     r"X\[0, 0\] is no real num"),
    ("array of objects that are complex numbers", lambda: (ROWS + 1j).astype(object),
     "Complex data|no real num"),
    ("array of objects that are dates", lambda: objects_of(np.datetime64(3, "s")),
     r"X\[0, 0\] is no real number, but of type datetime64"),
    ("array of objects that are time spans", lambda: objects_of(np.timedelta64(3, "s")),
     r"X\[0, 0\] is no real number, but of type timedelta64"),
    ("array of objects that are complex numbers of numpy", lambda: objects_of(np.complex128(1j)),
     r"X\[0, 0\] is no real number, but of type complex128"),
    ("array of objects that are complex tensors", lambda: objects_of(torch.tensor(1j)),
     r"X\[0, 0\] is no real number, but of type Tensor"),
    ("array of arrays as objects", lambda: objects(list(ROWS)), r"pass numpy.stack\(X\)"),
    ("array with None or NaN", lambda: np.array([[1, None]] * N), r"NaN, first at X\[0, 1\]"),
    ("array with infinity", lambda: np.array([[1, np.inf]] * N),
     r"infinity.*at X\[0, 1\]; leave such samples out$"),
    ("array of numbers beyond float32", lambda: np.array([[1, 1e300]] * N),
     r"too large for .*at X\[0, 1\]; leave such samples out, or .*StandardScaler"),
    ("array of complex numbers", lambda: ROWS + 1j, "pass real and imaginary part as features"),
    ("array of dates", lambda: np.zeros((N, 2), "M8[D]"), "dates or times; turn them into numbers"),
    ("array of time spans", lambda: np.zeros((N, 2), "m8[s]"), "dates or times; turn them into"),
    ("array of strings", lambda: np.array([["1", "b"]] * N), "X holds strings; encode"),
    ("array of strings of variable width",  # from NumPy 2 on
     lambda: np.array([["1", "b"]] * N, getattr(np.dtypes, "StringDType", lambda: np.str_)()),
     "X holds strings; encode"),
    ("array of strings among numbers", lambda: np.array([[1, "2"]] * N, object),
     r"strings, such as X\[0, 1\]; encode"),
    ("structured array", lambda: np.zeros(N, [("a", float), ("b", int)]),
     "structured_to_unstructu"),
    ("structured array of two axes", lambda: np.zeros((N, 2), [("a", float)]),
     "each field as a fea"),
    ("structured array, masked", lambda: np.ma.masked_array(np.zeros((N, 2), "i4,f4"), mask=True),
     "each field as a fea"),
    ("masked array without a masked entry", lambda: np.ma.masked_array(ROWS), TAKEN),
    ("masked array", lambda: np.ma.masked_array(ROWS, ROWS > 0.6),
     r"X\[\d, \d\] is masked.*filled"),
    ("numpy.matrix", quiet(lambda: np.matrix(ROWS)), TAKEN),
    ("memoryview", lambda: memoryview(ROWS), TAKEN),
    ("object with __array__", WithArray, TAKEN),
    ("object with __array__, which fails", OnADevice,
     "of type OnADevice cannot be read as numbers: impl"),
    ("array of one axis", lambda: ROWS[:, 0], r"Reshape your data: numpy.reshape\(X, \(-1, 1\)\)"),
    ("array of one axis, in array.array", lambda: array.array("d", [1, 2]), "has one axis"),
    ("array of one axis, in a range", lambda: range(N), "has one axis"),
    ("array without features", lambda: np.empty((N, 0)), r"0 feature\(s\)"),
    ("array without samples", lambda: np.empty((0, 4)), "X is empty"),
    ("number", lambda: 3, "X is the number 3; pass an array"),
    ("array of no axis", lambda: np.array(3.0), "X is a single number"),
]  # fmt: skip
LAYOUTS = [
    ("images, channels first", lambda: IMAGES, TAKEN),
    ("images of real numbers", lambda: IMAGES / 255, TAKEN),
    ("images, channels last", lambda: np.moveaxis(IMAGES, 1, -1), "data_format='channels_last'"),
    (
        "images of two or five bands, last",
        lambda: np.zeros((N, 16, 16, 5)),
        "data_format='channels_l",
    ),
    ("images of many bands, first", lambda: RNG.rand(N, 13, 16, 16), TAKEN),
    ("images smaller than 8x8", lambda: IMAGES[..., :5], "at least 8x8 are needed.*reshape"),
    ("images without a channel axis", lambda: IMAGES[:, 0], r"channel axis: X\[:, None\] makes it"),
    ("series of several values", lambda: np.zeros((N, 50, 3)), r"Series are .* rows, \(12, 150\)"),
    ("volumes or videos", lambda: np.zeros((N, 1, 9, 9, 9)), "X has 5 axes"),
]
SEQUENCES = [
    ("list of lists", lambda: ROWS.tolist(), TAKEN),
    ("list of arrays", lambda: list(ROWS), TAKEN),
    ("tuple of arrays", lambda: tuple(ROWS), TAKEN),
    ("list of images", lambda: list(IMAGES), TAKEN),
    ("list of tensors", lambda: list(tensor(requires_grad=True)), TAKEN),
    ("list of tensors in bfloat16", lambda: list(tensor(dtype=torch.bfloat16)), TAKEN),
    ("list of decimals", lambda: [[Decimal(row), 1] for row in range(N)], TAKEN),
    ("list of lists, in a deque", lambda: deque(ROWS.tolist()), TAKEN),
    ("list of masked arrays", lambda: [np.ma.masked_array([1, 2], [0, 1])] * N,
     r"X\[0\]\[1\] is mask"),
    ("rows of several lengths", lambda: [[1, 2], [3]],
     r"X\[1\] has the shape \(1,\), but X\[0\] \(2,\)"),
    ("images of several sizes", lambda: [IMAGES[0], IMAGES[0][:, :8]], r"X\[1\] .*resize images"),
    ("samples with their labels", lambda: [(row, 0) for row in ROWS], "pass the samples alone"),
    ("a tuple of X and y", lambda: (ROWS, np.zeros(N)), "pass X and y as two arg"),
    ("a list of X and y", lambda: [ROWS.tolist(), ["a"] * N], "pass X and y as two arguments"),
    ("a tuple of X and y of pandas", lambda: (pd.DataFrame(ROWS), pd.Series([0] * N)),
     "pass X and y as two arguments"),
    ("list of dicts", lambda: [{"a": 1, "b": 2}] * N, r"pandas.DataFrame\(list\(X\)\)"),
    ("list of images of PIL", pictures, "data_format='channels_last'"),
    ("list of images of PIL with palettes", lambda: pictures("P"), r"mode P; .*convert\('RGB'\)"),
    ("list of images of PIL of several modes", lambda: pictures("L", "RGB"),
     "mode L, RGB; convert"),
    ("a single image of PIL", lambda: pictures()[0], r"np.stack\(\[image"),
    ("texts", lambda: ["a text", "another"], r"make_pipeline\(TfidfVectorizer\(\)"),
    ("list of bytes", lambda: [b"a", b"b"], "X holds texts"),
    ("names of files", lambda: ["a.PNG", "b.png"], "names of files, such as 'a.PNG'; .*a Dataset"),
    ("list of paths", lambda: [pathlib.Path("a.dat")] * 3, "names of files, such as 'a.dat'"),
    ("name of a file", lambda: "rows.npy", r"X is 'rows.npy'; .*np.load\(path\)"),
    ("path", lambda: pathlib.Path("rows.npy"), r"np.load\(path\)"),
    ("bytes", lambda: b"abc", "X is b'abc'; pass the samples"),
    ("open file", lambda: io.StringIO("1, 2"), r"open file \(StringIO\)"),
    ("generator", lambda: (row for row in ROWS), r"of type generator.*once; pass list\(X\)"),
    ("iterator, map, zip", lambda: map(list, ROWS), r"of type map.*once; pass list\(X\)"),
    ("set", lambda: {1, 2}, r"of type set, whose members have no index; pass list\(X\)"),
    ("view of a dict", lambda: dict(enumerate(ROWS)).values(), r"dict_values.*pass list\(X\)"),
    ("dict of arrays", lambda: {"a": [1], "b": [2]}, r"keys 'a', 'b'; .*pandas.DataFrame\(X\)"),
    ("object like a dict", lambda: UserDict(ids=[[1]]), "of type UserDict with the keys 'ids'"),
    ("dataset of Hugging Face", lambda: Columns(image=[], label=[]),
     r"with the columns 'image', 'label'; .*np.stack\(X.with_format"),
    ("None", lambda: None, "X is None; pass an array"),
    ("empty list", list, "X is empty"),
    ("class", lambda: TensorDataset, "X is the class TensorDataset; pass an object of it"),
    ("any other object", SimpleNamespace, "of type SimpleNamespace; pass an array"),
    ("module of torch", lambda: torch.nn.Linear(2, 2), "of type Linear; pass an array"),
]  # fmt: skip
FRAMES = [
    ("DataFrame of numbers or bool", lambda: with_column(ROWS[:, 0] > 0.5), TAKEN),
    ("DataFrame of nullable columns", lambda: with_column(pd.array([1, 2] * 6, "Int64")), TAKEN),
    ("DataFrame of pyarrow's columns",
     lambda: with_column(pd.array([1.0, 2] * 6, "float64[pyarrow]")), TAKEN),
    ("DataFrame of categories that are numbers", lambda: with_column(pd.Categorical([1, 2] * 6)),
     TAKEN),
    ("DataFrame with NA", lambda: with_column(pd.array([1, None] * 6, "Int64")),
     r"NaN, first at X"),
    ("DataFrame with a column of strings", lambda: with_column(["x"] * N),
     # In pandas 2 they are objects.
     r"strings(, such as .*| in the column 'a'); .*ColumnTransformer"),
    ("DataFrame of categories that are strings", lambda: with_column(pd.Categorical(["u"] * N)),
     "strings in the column 'a'"),
    ("DataFrame with a column of dates", lambda: with_column(pd.date_range("2020", periods=N)),
     "column 'a' of dtype datetime.*dates or times; turn them"),
    ("DataFrame with a column of dates with a time zone",
     lambda: with_column(pd.date_range("2020", periods=N, tz="UTC")), "column 'a' of .*dates"),
    ("DataFrame with a column of time spans", lambda: with_column(pd.to_timedelta(range(N), "s")),
     "column 'a' of .*dates or times"),
    ("DataFrame with a column of periods",
     lambda: with_column(pd.period_range("2020", periods=N, freq="M")), "column 'a' of .*dates"),
    ("DataFrame with a column of intervals", lambda: with_column(pd.interval_range(0, N)),
     "column 'a' of .*pass their ends"),
    ("DataFrame with a column of categories that are intervals",
     lambda: with_column(pd.cut(ROWS[:, 0], 3)), r"'a' of .*their ends, or .*X\['a'\].cat.codes"),
    ("DataFrame with a column of categories that are dates",
     lambda: with_column(pd.Series(pd.date_range("2020", periods=N)).astype("category")),
     "column 'a' of .*dates"),
    ("DataFrame with a column of complex numbers", lambda: with_column(ROWS[:, 0] + 1j),
     "column 'a' of .*real and imaginary part as two columns"),
    ("DataFrame with a column of lists", lambda: with_column([None, *[[1, 2]] * (N - 1)]),
     r"column 'a' of .*give each of their numbers a column: numpy.stack\(X\['a'\]\)"),
    ("DataFrame with a column of arrays", lambda: with_column(list(ROWS)),
     r"column 'a' of .*numpy.stack\(X\['a'\]\)"),
    ("DataFrame of sparse columns",
     lambda: pd.DataFrame.sparse.from_spmatrix(scipy.sparse.csr_matrix(ROWS)), r"X.sparse.to_coo"),
    ("DataFrame with names of several types", lambda: pd.DataFrame(ROWS[:, :2], columns=["a", 1]),
     r"X.columns = X.columns.astype\(str\)"),
    ("DataFrame without columns", lambda: pd.DataFrame(index=range(N)), "X has no columns"),
    ("Series, or Index", lambda: pd.Series(ROWS[:, 0]), "has one axis"),
    ("Index", lambda: pd.Index([1, 2, 3]), "has one axis"),
    ("Series of arrays", lambda: pd.Series(list(ROWS)), r"pass numpy.stack\(X\)"),
    ("Series of texts", lambda: pd.Series(["a text"] * N), "X holds texts"),
    ("grouped DataFrame", lambda: pd.DataFrame({"a": [1, 2]}).groupby("a"),
     "X is of type DataFrameGroupBy; pass the frame itself"),
    ("grouped DataFrame with a column named",
     lambda: pd.DataFrame({"a": [1, 2]}).groupby("a")["a"], "pass the frame itself"),
    ("grouped DataFrame of polars", lambda: pl.DataFrame({"a": [1, 2]}).group_by("a"),
     "pass the frame itself"),
    ("polars DataFrame of numbers or bool", lambda: with_column(ROWS[:, 0] > 0.5, pl), TAKEN),
    ("polars DataFrame with null", lambda: with_column([1, None] * 6, pl),
     r"NaN, first at X\[1, 0\]"),
    ("polars DataFrame with a column of strings", lambda: with_column(["x"] * N, pl),
     "strings in the column 'a'"),
    ("polars DataFrame with a column of dates",
     lambda: with_column(pd.date_range("2020", periods=N).to_list(), pl), "column .a. of .*dates"),
    ("polars DataFrame with a column of lists", lambda: with_column([[1, 2]] * N, pl),
     "column 'a' of .*holds lists; give each of their numbers a column"),
    ("polars Series of structs", lambda: pl.Series([{"a": 1}] * N), r"X.struct.unnest\(\)"),
    ("polars LazyFrame", lambda: pl.DataFrame(ROWS).lazy(), r"pass X.collect\(\)"),
    ("table of pyarrow", lambda: pytest.importorskip("pyarrow").table({"a": ROWS[:, 0]}), TAKEN),
    ("DataFrame of dask", dask_frame, r"pass X.to_dask_array\(lengths=True\)"),
]  # fmt: skip
TENSORS = [
    ("tensor of real numbers, integers or bool", tensor, TAKEN),
    ("tensor in bfloat16", lambda: tensor(dtype=torch.bfloat16), TAKEN),
    ("tensor in float8", lambda: tensor().float().to(torch.float8_e4m3fn), TAKEN),
    ("tensor of unsigned integers", lambda: (tensor() * 9).to(torch.uint16), TAKEN),
    ("tensor with a gradient", lambda: tensor(requires_grad=True), TAKEN),
    ("conjugated or negated view", lambda: torch._neg_view(tensor()), TAKEN),
    ("tensor of complex numbers", lambda: tensor() + 0j, "pass real and imaginary part"),
    ("tensor on the device 'meta'", lambda: torch.empty(N, 4, device="meta"),
     "device 'meta'.*pass"),
    ("sparse tensor", lambda: tensor().to_sparse(), r"torch.sparse_coo; pass X.to_dense\(\)"),
    ("nested tensor", quiet(lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])),
     r"X.to_padded_tensor\(0.0\)"),
    ("quantized tensor",
     quiet(lambda: torch.quantize_per_tensor(tensor().float(), 0.1, 0, torch.quint8)),
     r"X.dequantize\(\)"),
]  # fmt: skip
DATASETS = [
    ("Dataset of tensors or arrays", lambda: Listed(list(tensor())), TAKEN),
    ("Dataset of tuples that begin with one", lambda: Items(ROWS), TAKEN),
    ("TensorDataset", lambda: TensorDataset(tensor(), torch.zeros(N)), TAKEN),
    ("Dataset of tensors in bfloat16", lambda: Listed(list(tensor(dtype=torch.bfloat16))), TAKEN),
    ("Dataset of dicts", lambda: Listed([{"x": tensor()[0], "y": 0}] * N),
     r"one of them, item\['x'\]"),
    ("Dataset of images of PIL", lambda: Listed(pictures()), "a Image; .*PILToTensor"),
    ("Dataset of images of PIL with labels", lambda: Listed([(pictures()[0], 0)] * N),
     "a tuple that begins with a Image; .*PILToTensor"),
    ("Dataset of lists, numbers, texts or None", lambda: Listed([[1.0, 2.0]] * N),
     "a list that begins with a float; an item must be a tensor"),
    ("Dataset of None", lambda: Listed([None] * N), "X.0. is a NoneType; an item must be"),
    ("Dataset of tensors without an axis", lambda: Listed([torch.tensor(1.0)] * N), "has one axis"),
    ("Dataset of complex numbers", lambda: Listed([torch.ones(3) + 1j] * N),
     "must hold booleans, in"),
    ("Dataset of sparse tensors", lambda: Listed([torch.ones(3).to_sparse()] * N),
     r"X\[0\].to_dense"),
    ("Dataset of masked arrays", lambda: Listed([np.ma.masked_array([1, 2], [0, 1])] * N),
     r"X\[0\]\[1\] is masked"),
    ("Dataset of items of several shapes", lambda: Listed([torch.ones(4), torch.ones(5)] * 6),
     r"X\[1\] has shape \(5,\).*a transform that makes all items alike"),
    ("Dataset of items of several dtypes",
     lambda: Listed([torch.ones(4), torch.ones(4).double()] * 6), r"X\[1\] is of dtype float64"),
    ("Dataset of items of several kinds", lambda: Listed([torch.ones(4)] * 5 + [None] * 7),
     r"X\[5\] is a NoneType"),
    ("IterableDataset", Endless, "IterableDataset.*map-style"),
    ("DataLoader", lambda: DataLoader(Items(ROWS)), "pass its dataset: X.dataset"),
]  # fmt: skip
STORES = [
    ("sparse matrix or array of scipy", lambda: scipy.sparse.csc_array(ROWS), TAKEN),
    (
        "sparse array of one axis",
        lambda: scipy.sparse.coo_array(ROWS[0]),
        "sparse array with 1 axes",
    ),
    (
        "sparse matrix of complex numbers",
        lambda: scipy.sparse.csr_matrix(ROWS + 1j),
        "complex128; it",
    ),
    ("array-like with slices, as of zarr and HDF5", lambda: Stored(ROWS), TAKEN),
    ("array-like whose slices are masked", masked_store, r"X\[\d, \d\] is masked"),
    (
        "array-like of strings",
        lambda: Stored(np.full((N, 2), "a")),
        "it must hold booleans, integers",
    ),
    ("dask array", lambda: of_dask(ROWS), TAKEN),
    ("dask array that is masked", dask_masked, r"a part of X\[\d, \d\] is masked"),
    ("dask array of complex numbers", lambda: of_dask(ROWS + 1j), "must hold booleans, integers"),
]
INPUTS = {
    kind: (make, message)
    for table in (ARRAYS, LAYOUTS, SEQUENCES, FRAMES, TENSORS, DATASETS, STORES)
    for kind, make, message in table
}
