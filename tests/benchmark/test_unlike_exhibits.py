"""Files of exhibits that can be read, and could not be drawn."""

import numpy as np
import pytest

from skvaal.benchmark.exhibits import Exhibit

POINTS = {
    "samples": np.zeros((3, 2), np.float32),
    "y": np.array([0, 1, 1]),
    "labeled": np.array([True, False, False]),
    "picks": {"random": np.array([1, 2])},
    "classes": ("a", "b"),
}


def test_a_map_comes_back(tmp_path):
    Exhibit(**POINTS).save(tmp_path / "exhibit.npz")

    loaded = Exhibit.load(tmp_path / "exhibit.npz")

    np.testing.assert_array_equal(loaded.samples, POINTS["samples"])
    assert loaded.picks["random"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"samples": np.zeros((3, 5))}, "samples are neither pictures nor places on a map"),
        ({"samples": np.full((3, 2), 1e35)}, "samples are neither pictures nor places"),
        ({"samples": np.full((3, 2), np.nan)}, "samples are neither pictures nor places"),
        ({"labeled": np.array([True, False])}, "labeled does not fit the samples"),
        ({"labeled": np.array([1, 0, 0])}, "labeled does not fit the samples"),
        ({"y": np.array([0, 1])}, "y does not fit the samples and the classes"),
        ({"y": np.array([0, 1, 2])}, "y does not fit the samples and the classes"),
        ({"y": np.array([0.0, 1.0, 1.0])}, "y does not fit the samples and the classes"),
        ({"picks": {}}, "holds no exhibit"),
        ({"picks": {"random": np.array([3])}}, "picks are not among the samples"),
        ({"picks": {"random": np.array([-1])}}, "picks are not among the samples"),
    ],
)
def test_what_cannot_be_drawn_is_refused(tmp_path, change, complaint):
    path = tmp_path / "exhibit.npz"
    Exhibit(**{**POINTS, **change}).save(path)

    with pytest.raises(ValueError, match=complaint) as caught:
        Exhibit.load(path)

    assert f"{path} holds no exhibit, or a damaged one" in str(caught.value)


@pytest.mark.parametrize("shape", [(0, 8, 8, 3), (2, 8, 8, 2), (2, 64, 8, 3)])
def test_pictures_of_no_possible_shape_are_refused(tmp_path, shape):
    path = tmp_path / "exhibit.npz"
    pictures = np.full((3, 8, 8, 3), 128, np.uint8)
    Exhibit(**{**POINTS, "samples": pictures}).save(path)
    arrays = dict(np.load(path))
    np.savez_compressed(path, **{**arrays, "shape": np.array(shape)})

    with pytest.raises(ValueError, match="no pictures are of shape"):
        Exhibit.load(path)
