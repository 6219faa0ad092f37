from itertools import pairwise

import numpy as np
import pytest

from skvaal.benchmark.datasets._texts import N_COMPONENTS, split_texts, text_features

TEXTS = ["red apple tree", "red pear tree", "green pear", "green apple"]
BYTES = np.frombuffer(b"onetwo", dtype=np.uint8)


def test_rows_have_length_1():
    rows, more = text_features(TEXTS, ["a green tree"])

    assert rows.dtype == more.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(more, axis=1), 1, atol=1e-3)


def test_texts_that_share_words_are_near():
    rows, more = text_features(TEXTS, ["Red tree!"])

    assert (rows @ more[0]).argsort()[:2].tolist() in ([2, 3], [3, 2])


def test_only_the_first_texts_are_learned_from():
    alone, _ = text_features(TEXTS, ["red"])
    together, _ = text_features(TEXTS, ["blue sky", "blue sea"])

    np.testing.assert_array_equal(alone, together)


@pytest.mark.parametrize("text", ["", "sky", "the of and"])
def test_text_without_a_known_word_becomes_zeros(text):
    _, more = text_features(TEXTS, [text])

    np.testing.assert_array_equal(more, np.zeros_like(more))


@pytest.mark.parametrize("texts", [["one", "two"], ["the", "the"], ["", ""]])
def test_texts_that_share_no_word(texts):
    with pytest.raises(ValueError, match="no word is in two of the texts"):
        text_features(texts)


def test_many_words_become_few_features():
    words = [f"word{i}" for i in range(N_COMPONENTS + 100)]
    texts = [f"{one} {two}" for one, two in zip(words, words[1:] + words[:1], strict=True)]

    (rows,) = text_features(texts)

    assert rows.shape == (len(words), N_COMPONENTS)


def test_same_texts_same_features():
    np.testing.assert_array_equal(text_features(TEXTS)[0], text_features(TEXTS)[0])


@pytest.mark.parametrize("offsets", [[0, 3, 6], [0, 0, 6], [2, 2]])
def test_split_gives_what_lies_between_the_offsets(offsets):
    expected = ["onetwo"[i:j] for i, j in pairwise(offsets)]

    assert split_texts(BYTES, np.array(offsets)) == expected


@pytest.mark.parametrize("offsets", [[0], [-1, 3], [0, 7], [0, 4, 3], [0.0, 3.0], [[0, 3]]])
def test_offsets_that_do_not_fit(offsets):
    with pytest.raises(ValueError, match="offsets must be whole numbers that do not fall"):
        split_texts(BYTES, np.array(offsets))


@pytest.mark.parametrize("data", [BYTES.astype(np.int64), BYTES.reshape(2, 3)])
def test_bytes_that_are_none(data):
    with pytest.raises(ValueError, match="not uint8 of"):
        split_texts(data, np.array([0, 3]))


def test_text_in_another_encoding_is_named():
    data = np.frombuffer("eté".encode("latin1"), dtype=np.uint8)

    with pytest.raises(ValueError, match="text 1 is not in UTF-8"):
        split_texts(data, np.array([0, 2, 3]))
