import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.figures import draw_penalty
from skvaal.benchmark.inference import penalty_matrix


def test_penalty_picture_holds_the_matrix_and_its_column_means():
    names = ["a", "b", "c"]
    matrix = [[0, 0.5, 0.25], [0, 0, 0], [0.5, 0.5, 0]]
    penalty = pd.DataFrame(matrix, index=names, columns=names)

    figure = draw_penalty(penalty, heading="made-up data; 3 seeds")

    axes, foot, bar = figure.axes
    # least beaten first: means 0.17, 0.33 and 0.08
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["c", "a", "b"]
    assert [tick.get_text() for tick in foot.get_xticklabels()] == ["c", "a", "b"]
    written = [text.get_text() for text in axes.texts]
    assert written == ["0.5", "0.5", "0.25", "0.5", "0", "0"]  # nothing on the diagonal
    assert [text.get_text() for text in foot.texts] == ["0.08", "0.17", "0.33"]
    assert axes.images[0].get_clim() == (0, 1)
    assert "beats" in foot.get_xlabel()
    assert bar.get_ylabel() == "share of budgets"


def test_penalty_of_one_seed_is_refused(records):
    penalty = penalty_matrix(records[records["seed"] == 0])

    with pytest.raises(ValueError, match=r"no two strategies .* \['margin', 'random'\]; give two"):
        draw_penalty(penalty, heading="one seed")


def test_a_strategy_that_was_not_tested_is_left_out():
    names = ["a", "b", "unknown"]
    matrix = [[0, 0.5, np.nan], [0.25, 0, np.nan], [np.nan, np.nan, 0]]
    penalty = pd.DataFrame(matrix, index=names, columns=names)

    figure = draw_penalty(penalty, heading="made-up data")

    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["a", "b"]


def test_penalty_over_several_cases_says_so():
    names = ["a", "b"]
    penalty = pd.DataFrame([[0, 3.0], [0, 0]], index=names, columns=names)

    figure = draw_penalty(penalty, heading="made-up data", n_data=3)

    assert figure.axes[0].images[0].get_clim() == (0, 3)
    assert figure.axes[2].get_ylabel() == "share of budgets, summed over cases"
