import numpy as np

from skvaal.benchmark.estimators import as_rows


def test_as_rows_scales_uint8_images():
    X = np.array([[[[0, 51], [102, 255]]]], dtype=np.uint8)

    rows = as_rows(X)

    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, [[0, 0.2, 0.4, 1]], rtol=1e-6)


def test_as_rows_leaves_rows_of_numbers_alone():
    X = np.array([[0.5, 300.0]])

    np.testing.assert_array_equal(as_rows(X), X)
