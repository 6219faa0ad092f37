"""Forms of values, and tests of arrays: what fits them, and what their errors say."""

from __future__ import annotations

import numpy as np
import pytest

from skvaal._utils.schema import (
    ANYTHING,
    COUNT,
    LIST,
    NOTHING,
    POSITIVE,
    SHARE,
    TABLE,
    TEXT,
    TRUTH,
    check_array,
    check_names,
    entries,
    list_of,
    maybe,
    number,
    one_of,
    table_of,
    whole,
)

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("form", "wanted", "fitting", "others"),
    [
        (COUNT, "a whole number from 0", [0, 2**53 - 1], [-1, 2**53, True, 1.0, "1", None, NAN]),
        (POSITIVE, "a whole number from 1", [1], [0, -1]),
        (whole(0, 5), "a whole number from 0 to 5", [0, 5], [6, -1, False]),
        (
            number(0),
            "a finite number from 0",
            [0, 0.5, 10**300, 1e308],
            [-1e-9, NAN, INF, 10**400, True, "0", None],
        ),
        (SHARE, "a finite number from 0 to 1", [0, 1, 0.5], [-1e-9, 1.001, NAN, True, 10**400]),
        (one_of("a", 3), "'a' or 3", ["a", 3], ["b", 3.0, None, ["a"]]),
        (one_of(1), "1", [1], [True, 1.0]),
        (maybe(COUNT), "a whole number from 0", [0, None], [-1, False, ""]),
        (list_of(COUNT, [1, 3]), "a list of length 1 or 3", [[1], [1, 2, 3]], [[], [1, 2]]),
        (list_of(COUNT, [1]), "a list of length 1", [[1]], ["a", (1,), 1, None]),
        (LIST, "a list", [[], [1]], ["ab", ("a",), {}, None]),
        (NOTHING, "None", [None], [0, False, "", []]),
        (TEXT, "text", [""], [b"", None]),
        (TRUTH, "true or false", [True, False], [0, 1, None]),
        (TABLE, "a table of keys and values", [{}], [[], None]),
        (ANYTHING, "", [None, NAN, "", [], {}], []),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_is_of_a_form(form, wanted, fitting, others):
    for value in fitting:
        form(value, "a.b")
    for value in others:
        with pytest.raises(ValueError, match=r"^a\.b is .*, not ") as error:
            form(value, "a.b")
        assert str(error.value).endswith(f", not {wanted}")


@pytest.mark.parametrize(
    ("form", "value", "complaint"),
    [
        (list_of(TEXT), ["a", 1], r"top\[1\] is 1, not text"),
        (list_of(list_of(COUNT)), [[0], [0, "a"]], r"top\[1\]\[1\] is 'a', not a whole number"),
        (table_of(TEXT), {"a": "", "b": 3}, r"top\.b is 3, not text"),
        (table_of(TEXT), [], r"top is \[\], not a table"),
        (
            table_of(entries({"a": list_of(COUNT)})),
            {"b": {"a": [-1]}},
            r"top\.b\.a\[0\] is -1, not",
        ),
        (table_of(TEXT), {"\ud800": 3}, r"top\.'\\ud800' is 3, not text"),
    ],
)
def test_an_entry_is_named_by_its_path(form, value, complaint):
    with pytest.raises(ValueError, match=f"^{complaint}"):
        form(value, "top")


def test_what_stands_at_the_top_is_named():
    with pytest.raises(ValueError, match=r"^it is \[1\], not a table of keys and values"):
        entries({})([1], "")
    with pytest.raises(ValueError, match=r"^a is 1, not text"):
        entries({"a": TEXT})({"a": 1}, "")


def test_keys_of_entries():
    strict = entries({"a": COUNT}, {"b": TEXT}, others=False)
    strict({"a": 1}, "")
    strict({"a": 1, "b": ""}, "")
    entries({"a": COUNT}, {"b": TEXT})({"a": 1, "c": 1}, "")
    with pytest.raises(ValueError, match=r"^a is missing$"):
        strict({"b": ""}, "")
    with pytest.raises(ValueError, match=r"^top\.c is a key that this version does not know$"):
        strict({"a": 1, "c": 1}, "top")
    with pytest.raises(ValueError, match=r"^b is 3, not text"):
        strict({"a": 1, "b": 3}, "")


def test_a_long_value_is_shown_in_short():
    with pytest.raises(ValueError, match="it is 'xxx") as error:
        TRUTH("x" * 10**6, "")
    assert len(str(error.value)) < 200


def test_arrays():
    array = np.zeros((2, 3), np.float32)
    for shape in [(2, 3), (None, 3), (None, None)]:
        assert check_array({"a": array}, "a", np.float32, shape) is array
    for shape in [(3, 2), (2,), (2, 3, 1), ()]:
        with pytest.raises(ValueError, match=r"array a of float32 and shape \(2, 3\) must be"):
            check_array({"a": array}, "a", np.float32, shape)
    with pytest.raises(ValueError, match=r"must be of float64 and shape \(2, any\)"):
        check_array({"a": array}, "a", np.float64, (2, None))
    with pytest.raises(ValueError, match=r"of float32 and shape \(0, 3\) must be"):
        check_array({"a": array[:0]}, "a", np.float32, (None, 3))
    check_array({"a": array[:0]}, "a", np.float32, (0, 3))
    check_array({"a": np.array(3)}, "a", np.int64, ())
    with pytest.raises(ValueError, match="it holds no array b"):
        check_array({"a": array}, "b", np.float32, (2, 3))


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_numbers_are_finite(value):
    with pytest.raises(ValueError, match="array a .* holds numbers that are not finite"):
        check_array({"a": np.array([0, value])}, "a", np.float64, (2,))


def test_names_of_arrays():
    check_names(["a"], ["a", "b"])
    with pytest.raises(ValueError, match="it holds an array 'c', which is unknown here"):
        check_names(["a", "d", "c"], ["a", "b"])
