from dataclasses import replace

import numpy as np
import pytest

from skvaal.project.choosing import choosing
from skvaal.project.choosing.choosing import choose
from skvaal.project.choosing.inputs import make_inputs
from skvaal.project.choosing.positions import BY_POSITION, check_positions, fingerprint
from skvaal.project.choosing.predicted import read_predictions

NAMES = np.array(["b.png", "a.png", "c.png"], dtype=object)


@pytest.fixture
def samples(known_of):
    return replace(known_of(np.zeros((3, 1))).samples, names=NAMES, column="path")


def save(path, X, names):
    np.savez(path, X=np.asarray(X, dtype=float), names=np.array(names))
    return str(path)


def test_rows_with_names_are_matched_by_them(samples, tmp_path):
    file = save(tmp_path / "own.npz", [[1], [2], [3], [9]], ["a.png", "b.png", "c.png", "gone.png"])
    inputs = make_inputs(samples, file)
    assert np.argsort(inputs.X[:, 0]).tolist() == [1, 0, 2]
    assert inputs.positions is None


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.png", "b.png", "d.png"], r"own\.npz.* no row for 1 sample of pool: 'c\.png'"),
        (["a.png", "b.png", "a.png"], r"own\.npz.* two rows for 'a\.png'; keep one"),
        (["a.png", "b.png"], r"own\.npz.* 3 rows and 2 names"),
    ],
)
def test_names_that_do_not_fit_are_named(samples, tmp_path, names, message):
    file = save(tmp_path / "own.npz", [[1], [2], [3]], names)
    with pytest.raises(ValueError, match=message):
        make_inputs(samples, file)


def test_names_of_another_type_are_refused(samples, tmp_path):
    file = save(tmp_path / "own.npz", [[1], [2], [3]], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"own\.npz: its array names is of float64"):
        make_inputs(samples, file)


def test_names_that_are_objects_are_not_unpickled(samples, tmp_path):
    file = save(tmp_path / "own.npz", [[1], [2], [3]], np.array([*"abc"], dtype=object))
    with pytest.raises(
        ValueError, match=r"own\.npz: names cannot be read .* save it as an array of"
    ):
        make_inputs(samples, file)


def test_names_may_be_numbers_of_rows(known_of, tmp_path):
    file = save(tmp_path / "own.npz", [[3], [1], [2]], [2, 0, 1])
    inputs = make_inputs(known_of(np.zeros((3, 1))).samples, file)
    assert np.argsort(inputs.X[:, 0]).tolist() == [0, 1, 2]


def test_probabilities_with_names_are_matched_by_them(known_of, tmp_path):
    known = known_of(np.zeros((3, 1)), {0: "cat", 1: "dog"})
    names = [str(name) for name in known.samples.names][::-1]
    file = save(tmp_path / "proba.npz", [[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]], names)
    predicted, _ = read_predictions(file, known)
    assert predicted.proba[:, 0].tolist() == [0.2, 0.5, 0.9]
    assert predicted.positions is None


def test_what_is_matched_by_position_is_in_the_settings(known_of):
    known = known_of(np.zeros((9, 1)))
    rows = np.random.default_rng(0).normal(size=(9, 2))
    picks = choose(known, 2, features=rows, strategy="herding", model="none")
    expected = fingerprint(np.asarray(rows), known.samples)
    assert picks.settings[BY_POSITION] == {"features": expected}
    assert BY_POSITION not in choose(known, 2, strategy="random", model="none").settings


def test_the_same_rows_for_other_samples_are_an_error(samples):
    rows = np.eye(3)
    before = {"features": fingerprint(rows, samples)}
    moved = samples.take(np.array([1, 0, 2]))
    now = {"features": fingerprint(rows, moved)}
    with pytest.raises(ValueError, match="features hold the same rows as in round 2, but"):
        check_positions(now, [{}, before])
    check_positions(before, [before])
    check_positions(now, [{"predictions": before["features"]}])
    check_positions({}, [before])


def test_nothing_is_trained_on_rows_of_other_samples(known_of, monkeypatch):
    rows = np.random.default_rng(0).normal(size=(9, 2))
    known = known_of(np.zeros((9, 1)))
    before = {"features": fingerprint(rows, known.samples.take(np.arange(9)[::-1]))}
    monkeypatch.setattr(choosing, "decide", None)
    with pytest.raises(ValueError, match="features hold the same rows as in round 1, but"):
        choose(known, 2, features=rows, strategy="herding", positions_before=[before])


def test_rows_of_files_are_said_to_be_matched_by_position(known_of):
    rows = np.random.default_rng(0).normal(size=(9, 2))
    options = {"features": rows, "strategy": "random", "model": "none"}
    said = "Rows of features belong to images by position: the first to '000.png', the last to"
    files = known_of(np.zeros((9, 3, 8, 8), np.uint8), kind="images")
    assert any(note.startswith(said) for note in choose(files, 2, **options).notes)
    assert not any("position" in note for note in choose(known_of(rows), 2, **options).notes)


def test_names_may_be_written_as_in_a_table_of_labels(samples, tmp_path):
    file = save(tmp_path / "own.npz", [[1], [2], [3]], ["./a.png", "b.png", "c.png"])
    assert np.argsort(make_inputs(samples, file).X[:, 0]).tolist() == [1, 0, 2]
