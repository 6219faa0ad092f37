from dataclasses import replace

import numpy as np
import pytest

from skvaal.project.choosing.inputs import make_inputs
from skvaal.project.choosing.predicted import read_predictions

NAMES = ["row", "cat", "dog"]


@pytest.fixture
def known(known_of):
    return known_of(np.zeros((4, 2)), {3: "cat", 2: "dog"})


@pytest.fixture
def write(tmp_path):
    def write_table(*rows, names=NAMES):
        path = tmp_path / "proba.csv"
        lines = [",".join(map(str, row)) for row in (names, *rows)]
        path.write_text("\n".join(lines) + "\n")
        return path

    return write_table


def test_rows_are_found_by_name(known, write):
    path = write((2, 0.5, 0.5), (1, 0.25, 0.75), (0, 1, 0), (3, 0, 1))

    predicted, notes = read_predictions(path, known)

    assert predicted.proba.tolist() == [[1, 0], [0.25, 0.75], [0.5, 0.5], [0, 1]]
    assert predicted.classes == ("cat", "dog")
    assert predicted.likeliest(1) == ("dog", "cat")
    assert notes == []


def test_labelled_samples_may_be_missing_and_others_are_counted(known, write):
    predicted, notes = read_predictions(write((0, 1, 0), (1, 0, 1), (7, 0, 1)), known)

    assert np.isnan(predicted.proba[2:]).all()
    assert notes == ["1 row of the predictions is not of the pool."]


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([(0, 1, 0)], "it has no row for 1 sample of pool: '1'"),
        ([(0, 1, 0), (1, 1, 0), (0, 1, 0)], "'0' has two rows"),
        ([(0, 1, 0), (1, 0.9, 0.9)], "the numbers of '1' are no class probabilities"),
        ([(0, 1, 0), (1, 1.5, -0.5)], "the numbers of '1' are no class probabilities"),
        ([(0, 1, 0), (1, "nan", 1)], "'nan' in the column 'cat'"),
        ([], "it has no row for 2 samples"),
    ],
)
def test_what_is_wrong_in_a_table_is_named(known, write, rows, complaint):
    with pytest.raises(ValueError, match=complaint) as caught:
        read_predictions(write(*rows), known)
    assert "proba.csv" in str(caught.value)


def test_the_column_of_names_is_needed(known, write):
    with pytest.raises(ValueError, match="no column is called row.*'name', 'cat', 'dog'"):
        read_predictions(write((0, 1, 0), names=["name", "cat", "dog"]), known)


def test_a_table_of_names_alone_is_refused(known, write):
    with pytest.raises(ValueError, match="no column of probabilities"):
        read_predictions(write((0,), names=["row"]), known)


def test_an_array_has_a_row_for_each_sample(known, tmp_path):
    np.save(tmp_path / "proba.npy", np.full((4, 2), 0.5))

    predicted, notes = read_predictions(tmp_path / "proba.npy", known)

    assert predicted.classes == ("cat", "dog")
    assert "alphabetical order" in notes[0]


def test_an_array_with_other_classes_numbers_them(known, tmp_path):
    np.save(tmp_path / "proba.npy", np.full((4, 4), 0.25))
    assert read_predictions(tmp_path / "proba.npy", known)[0].classes[3] == "class 3"


def test_an_array_of_another_pool_is_refused(known, tmp_path):
    np.save(tmp_path / "proba.npy", np.full((5, 2), 0.5))
    with pytest.raises(ValueError, match=r"proba.npy: it has the shape \(5, 2\), and pool has 4"):
        read_predictions(tmp_path / "proba.npy", known)


def test_an_array_of_logits_is_refused(known, tmp_path):
    np.save(tmp_path / "logits.npy", np.full((4, 2), 5.0))
    with pytest.raises(ValueError, match=r"logits.npy: it\[0\]"):
        read_predictions(tmp_path / "logits.npy", known)


def test_a_file_that_is_not_there_is_named(known, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file: .*nowhere.csv"):
        read_predictions(tmp_path / "nowhere.csv", known)


def test_classes_that_the_predictions_lack_are_named(known_of, tmp_path):
    known = known_of(np.zeros((4, 2)), {0: "circle", 1: "square"})
    path = tmp_path / "proba.csv"
    path.write_text("row,cat,square\n" + "".join(f"{i},0.5,0.5\n" for i in range(4)))
    _, notes = read_predictions(path, known)
    assert any("no column for 'circle'" in note for note in notes)


def test_a_class_has_one_column(known, write):
    with pytest.raises(ValueError, match="two columns are called 'cat'; a class needs one"):
        read_predictions(write((0, 0.5, 0.2, 0.3), names=["row", "cat", "cat", "dog"]), known)


def test_names_matched_by_the_file_alone_are_noted(known_of, tmp_path):
    samples = replace(
        known_of(np.zeros((2, 1))).samples,
        names=np.array(["a.png", "b.png"], dtype=object),
        column="path",
    )
    known = replace(known_of(np.zeros((2, 1))), samples=samples)
    table = tmp_path / "proba.csv"
    table.write_text("path,cat,dog\nhttps://host/other/a.png,1,0\nb.png,0,1\n")
    _, notes = read_predictions(table, known)
    assert notes[0].startswith("1 name was matched by the file's name alone, since the pool has no")
    np.savez(tmp_path / "own.npz", X=np.eye(2), names=["https://host/other/a.png", "b.png"])
    assert list(make_inputs(samples, str(tmp_path / "own.npz")).notes) == notes[:1]
