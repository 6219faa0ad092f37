import numpy as np
import pytest
from PIL import Image

from skvaal._files.pools import read_pool
from skvaal.project.choosing.inputs import decode, make_inputs, reads_pixels, small_pixels


def test_columns_of_a_table_are_standardised(known_of):
    X = np.random.default_rng(0).normal([5, -3], [100, 0.01], (50, 2))

    inputs = make_inputs(known_of(X).samples)

    np.testing.assert_allclose(inputs.X.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(inputs.X.std(axis=0), 1, rtol=1e-5)
    assert not inputs.suit_linear


def test_a_constant_column_says_nothing(known_of):
    X = np.column_stack([np.full(30, 0.1), np.arange(30)])
    assert (make_inputs(known_of(X).samples).X[:, 0] == 0).all()


@pytest.mark.parametrize("bad", [np.nan, -np.inf, 1e308])
def test_what_cannot_be_computed_with_is_named(known_of, bad):
    X = np.ones((9, 3))
    X[:, 1] = np.arange(9)
    X[4, 1] = bad
    with pytest.raises(ValueError, match="pool: row 4 has .* in column 1") as caught:
        make_inputs(known_of(X).samples)
    assert "\n" not in str(caught.value)


def test_given_features_keep_the_ratio_of_their_columns(known_of):
    given = np.random.default_rng(0).normal(7, [1, 10], (40, 2)).astype(np.float32)

    inputs = make_inputs(known_of(np.zeros((40, 1))).samples, given)

    assert np.square(inputs.X).mean() == pytest.approx(1, rel=1e-4)
    ratio = given.std(axis=0)[1] / given.std(axis=0)[0]
    assert inputs.X.std(axis=0)[1] / inputs.X.std(axis=0)[0] == pytest.approx(ratio, rel=1e-4)
    assert inputs.suit_linear


def test_features_of_a_file_need_a_row_for_each_sample(known_of, tmp_path):
    path = tmp_path / "own.npy"
    np.save(path, np.eye(3))
    with pytest.raises(ValueError, match=r"own.npy.* has the shape \(3, 3\), and pool has 4"):
        make_inputs(known_of(np.eye(4)).samples, str(path))


def test_texts_become_features_of_their_words(known_of):
    texts = np.array(["red apple", "red pear", "blue sea", "blue sky"] * 5, dtype=object)

    inputs = make_inputs(known_of(texts, kind="texts").samples)

    assert len(inputs.X) == 20
    assert inputs.name == "features by TF-IDF"
    assert inputs.suit_linear


def test_pixels_stay_as_they_are_and_are_small_for_a_model(known_of):
    images = np.random.default_rng(0).integers(0, 256, (6, 3, 40, 40), dtype=np.uint8)

    inputs = make_inputs(known_of(images, kind="images").samples)

    assert inputs.X is images
    assert inputs.rows.shape == (6, 3 * 13 * 13)
    assert not inputs.suit_linear


def test_small_pixels_are_means_over_squares():
    images = np.arange(2 * 32 * 32, dtype=np.uint8).reshape(1, 2, 32, 32)
    expected = images.reshape(1, 2, 16, 2, 16, 2).mean(axis=(3, 5)) / 255
    np.testing.assert_allclose(small_pixels(images), expected.reshape(1, -1), rtol=1e-6)


def test_rows_of_a_file_stay_in_the_file(known_of, tmp_path):
    stored = np.lib.format.open_memmap(tmp_path / "a.npy", "w+", np.uint8, (5, 3, 8, 8))
    stored[:] = np.arange(5)[:, None, None, None]

    part = make_inputs(known_of(stored, kind="images").samples).part(np.array([3, 1]))

    assert not isinstance(part, np.ndarray)
    assert (part.shape, part.dtype, part.ndim, len(part)) == ((2, 3, 8, 8), np.uint8, 4, 2)
    assert part[0:2][:, 0, 0, 0].tolist() == [3, 1]


@pytest.mark.parametrize(
    ("kind", "features", "expected"),
    [("images", None, True), ("images", "pixels", True), ("images", "resnet18", False),
     ("texts", None, False)],
)  # fmt: skip
def test_only_pixels_are_decoded(known_of, kind, features, expected):
    assert reads_pixels(known_of(np.zeros(3), kind=kind).samples, features) is expected


def test_an_image_that_turns_out_to_be_damaged_is_left_out(tmp_path):
    for i in range(4):
        Image.new("RGB", (9, 9), (60 * i, 0, 0)).save(tmp_path / f"{i}.jpg")
    samples = read_pool(tmp_path, image_size=8)
    data = (tmp_path / "1.jpg").read_bytes()
    (tmp_path / "1.jpg").write_bytes(data[:40] + bytes(len(data) - 42) + data[-2:])

    whole, decoded = decode(samples)

    assert whole.names.tolist() == decoded.names.tolist() == ["0.jpg", "2.jpg", "3.jpg"]
    assert list(whole.left_out) == ["1.jpg"]
    np.testing.assert_array_equal(whole.X[:], decoded.X)
