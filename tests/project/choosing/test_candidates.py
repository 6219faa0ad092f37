import numpy as np
import pytest

from skvaal.project.choosing.candidates import Pools


@pytest.fixture
def known(known_of):
    return known_of(np.zeros((6, 2)), {1: "cat", 4: "dog"})


def test_what_was_asked_for_before_is_covered_and_not_free(known):
    pools = Pools.of(known, ["0", "4", "no longer there"])

    assert pools.pending.tolist() == [0]  # 4 has its label
    assert pools.free.tolist() == [2, 3, 5]
    assert pools.settled.tolist() == [1, 4, 0]


@pytest.mark.parametrize("n", [0, -1, 1.5, "3", None, True])
def test_n_is_a_whole_number(known, n):
    with pytest.raises(ValueError, match="n=.* must be a whole number, 1 or more"):
        Pools.of(known, []).check(n)


def test_more_than_is_left_is_refused_with_numbers(known):
    with pytest.raises(ValueError, match="n=4") as caught:
        Pools.of(known, ["0"]).check(4)
    assert str(caught.value) == (
        "n=4 is more than what is left of pool: 3 of 6 samples (2 labelled, 1 asked for before); "
        "ask for 3 or fewer"
    )


def test_nothing_left_is_said(known):
    with pytest.raises(ValueError, match="none of its 6 samples is left to choose"):
        Pools.of(known, list("0235")).check(1)


def test_all_that_is_left_can_be_chosen(known):
    Pools.of(known, []).check(np.int64(4))


def test_one_name_is_no_list_of_names(known):
    with pytest.raises(TypeError, match="exclude='0' must be a list of names"):
        Pools.of(known, "0")
