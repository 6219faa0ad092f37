import numpy as np
import pytest

from skvaal.benchmark.datasets import Dataset
from skvaal.benchmark.exhibits import MOST_PICTURES, MOST_POINTS, Exhibit, make_exhibit

CLASSES = ("a", "b", "c")


def pictures_of(n, shape=(3, 32, 32), dtype=np.uint8):
    """Images of smooth shades, as photographs are, each of another kind."""
    channels, height, width = shape
    rng = np.random.default_rng(0)
    across = np.linspace(0, 1, width) * rng.uniform(-80, 80, (n, channels, 1, 1))
    down = np.linspace(0, 1, height)[:, None] * rng.uniform(-80, 80, (n, channels, 1, 1))
    noise = rng.normal(scale=4, size=(n, channels, height, width))
    X = np.clip(128 + across + down + noise, 0, 255).astype(dtype)
    return Dataset(name="images", X=X, y=np.arange(n) % 3, kind="images", classes=CLASSES)


def test_pictures_are_those_of_the_start_and_of_the_picks():
    dataset = pictures_of(30)

    exhibit = make_exhibit(
        dataset, {"margin": [7, 5], "random": [5, 29]}, pool=range(30), labeled=[2, 3]
    )

    assert exhibit.has_pictures
    shown = [2, 3, 5, 7, 29]
    np.testing.assert_array_equal(exhibit.samples, np.moveaxis(dataset.X[shown], 1, -1))
    assert exhibit.y.tolist() == [2, 0, 2, 1, 2]
    assert exhibit.labeled.tolist() == [True, True, False, False, False]
    assert {name: picks.tolist() for name, picks in exhibit.picks.items()} == {
        "margin": [3, 2],  # in the order of the choice
        "random": [2, 4],
    }
    assert exhibit.classes == CLASSES


def test_of_many_picks_the_first_are_shown():
    exhibit = make_exhibit(
        pictures_of(80), {"random": range(79, 29, -1)}, pool=range(80), labeled=range(30)
    )

    (picks,) = exhibit.picks.values()
    assert len(picks) == MOST_PICTURES
    assert len(exhibit.samples) == 2 * MOST_PICTURES
    assert exhibit.y[picks[0]] == 79 % 3


@pytest.mark.parametrize(
    ("shape", "dtype", "expected"),
    [
        ((1, 8, 12), np.uint8, (8, 12, 1)),
        ((3, 64, 128), np.uint8, (16, 32, 3)),
        ((4, 32, 32), np.uint8, (32, 32, 1)),
        ((3, 32, 32), np.float32, (32, 32, 3)),
    ],
)
def test_pictures_of_any_kind(shape, dtype, expected):
    exhibit = make_exhibit(
        pictures_of(5, shape, dtype), {"random": [4]}, pool=range(5), labeled=[0]
    )

    assert exhibit.samples.shape == (2, *expected)
    assert exhibit.samples.dtype == np.uint8
    assert exhibit.samples.std() > 5


def test_map_holds_the_start_the_picks_and_part_of_the_pool(monkeypatch):
    monkeypatch.setattr("skvaal.benchmark.exhibits.MOST_POINTS", 50)
    rng = np.random.default_rng(0)
    y = np.arange(300) % 2
    X = np.stack([y + 0.05 * rng.normal(size=300), rng.random(300), rng.random(300)], axis=1)
    dataset = Dataset(name="rows", X=X, y=y, kind="rows", classes=("a", "b"))
    pool = np.arange(100, 300)

    exhibit = make_exhibit(
        dataset, {"margin": [250, 251], "random": [101]}, pool=pool, labeled=[100, 299]
    )

    assert MOST_POINTS == 2000
    assert exhibit.samples.shape == (50, 2)
    assert np.isfinite(exhibit.samples).all()
    assert exhibit.labeled.sum() == 2
    assert exhibit.y[exhibit.picks["margin"]].tolist() == [0, 1]
    # VAAL's latent space tells the two clouds apart, and so does the map
    first = exhibit.samples[exhibit.y == 0].mean(axis=0)
    second = exhibit.samples[exhibit.y == 1].mean(axis=0)
    assert np.linalg.norm(first - second) > exhibit.samples.std()


@pytest.mark.usefixtures("short_maps")
def test_same_map_twice(rows):
    first, second = (
        make_exhibit(rows, {"random": [1]}, pool=range(100), labeled=[0, 60, 99]) for _ in range(2)
    )

    np.testing.assert_array_equal(first.samples, second.samples)


@pytest.mark.usefixtures("short_maps")
def test_scale_of_rows_does_not_matter(rows):
    large = Dataset(name="rows", X=1e6 * rows.X, y=rows.y, kind="rows", classes=rows.classes)

    first, second = (
        make_exhibit(one, {"random": [1]}, pool=range(100), labeled=[0, 60, 99])
        for one in (rows, large)
    )

    np.testing.assert_allclose(first.samples, second.samples, atol=1e-3)


@pytest.mark.usefixtures("short_maps")
def test_saved_map_is_loaded_as_it_was(rows, tmp_path):
    exhibit = make_exhibit(
        rows, {"margin": [1, 2, 3], "random": [4]}, pool=range(100), labeled=[0, 60, 99]
    )

    exhibit.save(tmp_path / "new" / "exhibit.npz")
    loaded = Exhibit.load(tmp_path / "new" / "exhibit.npz")

    for name in ("samples", "y", "labeled"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(exhibit, name))
    assert {name: picks.tolist() for name, picks in loaded.picks.items()} == {
        name: picks.tolist() for name, picks in exhibit.picks.items()
    }
    assert loaded.classes == exhibit.classes


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (3, 9, 13)])
def test_saved_pictures_are_small_and_look_the_same(tmp_path, shape):
    picks = {f"strategy {i}": range(20 * i, 20 * i + 20) for i in range(1, 21)}
    exhibit = make_exhibit(pictures_of(440, shape), picks, pool=range(440), labeled=range(20))
    path = tmp_path / "exhibit.npz"

    exhibit.save(path)
    loaded = Exhibit.load(path)

    assert path.stat().st_size < 300_000
    assert loaded.samples.shape == exhibit.samples.shape
    assert loaded.samples.dtype == np.uint8
    error = np.abs(loaded.samples.astype(int) - exhibit.samples)
    assert error.mean() < 5
    assert list(loaded.picks) == list(picks)


def test_no_pickle_is_read(tmp_path):
    path = tmp_path / "exhibit.npz"
    one = dict.fromkeys(("labeled", "strategies", "n_picks", "picks", "classes"), np.zeros(1))
    np.savez(path, y=np.array([{}], dtype=object), **one)

    with pytest.raises(ValueError, match="allow_pickle"):
        Exhibit.load(path)


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, X=np.eye(2))

    with pytest.raises(ValueError, match=r"other.npz holds no exhibit, .*it lacks y, .*delete it"):
        Exhibit.load(path)


@pytest.mark.parametrize(
    ("picks", "labeled", "complaint"),
    [
        ({}, [0], "first_picks is empty"),
        ({"random": [1, 77]}, [0], "random: sample 77 is not in the pool"),
        ({"random": [1]}, [55], "labeled: sample 55 is not in the pool"),
    ],
)
def test_bad_input(rows, picks, labeled, complaint):
    with pytest.raises(ValueError, match=complaint):
        make_exhibit(rows, picks, pool=range(50), labeled=labeled)


@pytest.mark.usefixtures("short_maps")
@pytest.mark.parametrize("pictures", [True, False])
@pytest.mark.parametrize("damage", ["cut", "emptied", "overwritten", "text"])
def test_a_damaged_file_is_named(rows, tmp_path, pictures, damage):
    path = tmp_path / "exhibit.npz"
    dataset = pictures_of(100) if pictures else rows
    make_exhibit(dataset, {"random": [1]}, pool=range(100), labeled=[0, 60, 99]).save(path)
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "cut": content[:middle],
            "emptied": b"",
            "overwritten": content[: middle - 40] + 80 * b"?" + content[middle + 40 :],
            "text": b"something else",
        }[damage]
    )

    with pytest.raises(ValueError, match=r"exhibit.npz holds no exhibit, or a damaged one"):
        Exhibit.load(path)


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        Exhibit.load(tmp_path / "none.npz")


@pytest.mark.usefixtures("short_maps")
def test_a_failed_save_leaves_the_old_file(rows, tmp_path, monkeypatch):
    path = tmp_path / "exhibit.npz"
    exhibit = make_exhibit(rows, {"random": [1]}, pool=range(100), labeled=[0, 60, 99])
    exhibit.save(path)
    before = path.read_bytes()

    def broken(file, **arrays):
        file.write(b"part")
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez_compressed", broken)
    with pytest.raises(OSError, match="no space left"):
        exhibit.save(path)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("n", "n_labeled", "epochs"),
    [(100, 97, 100), (100, 3, 50), (300, 3, 20), (2000, 64, 4)],
)
def test_the_map_takes_about_a_hundred_steps(monkeypatch, n, n_labeled, epochs):
    # Epochs of ceil(n_unlabelled / 64) steps: 1, 2, 5 and 31.
    asked = []

    class Untrained:
        batch_size = 64

        def __init__(self, **params):
            pass

        def set_params(self, max_epochs):
            asked.append(max_epochs)

        def fit(self, X, y):
            return self

        def transform(self, X):
            return X

    monkeypatch.setattr("skvaal.benchmark.exhibits.VAALQueryStrategy", Untrained)
    X = np.random.default_rng(0).random((n, 3))
    dataset = Dataset(name="rows", X=X, y=np.zeros(n, dtype=int), kind="rows", classes=("a", "b"))

    make_exhibit(dataset, {"random": [n - 1]}, pool=range(n), labeled=range(n_labeled))

    assert asked == [epochs]
