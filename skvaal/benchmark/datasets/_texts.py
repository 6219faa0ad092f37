"""Texts as rows of numbers, by latent semantic analysis."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

N_COMPONENTS = 200


def text_features(train: Sequence[str], *others: Sequence[str]) -> tuple[NDArray[np.float32], ...]:
    """Turn texts into rows of length 1, by what the first ones hold.

    The words are weighed by TF-IDF (with the logarithm of a word's count, without English stop
    words and without words of a single text) and projected onto the leading singular vectors.
    Nothing reads a label.

    Parameters
    ----------
    train : sequence of str
        The texts that the words, their weights and the singular vectors are taken from.
    *others : sequences of str
        More texts, to be brought into the same features.

    Returns
    -------
    tuple of ndarray of float32, shape (n, 200)
        One array for each argument; fewer columns if there are fewer texts or words. A text
        without a known word becomes a row of zeros.

    Raises
    ------
    ValueError
        If no word is in two of the texts to fit on.

    Examples
    --------
    >>> rows, more = text_features(["red apple", "red pear", "pear apple"], ["a blue pear"])
    >>> rows.shape, more.shape
    ((3, 3), (1, 3))
    """
    weigh = TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english")
    try:
        weights = weigh.fit_transform(train)
    except ValueError as error:  # its texts name parameters
        raise ValueError("no word is in two of the texts, stop words aside.") from error
    project = make_pipeline(
        TruncatedSVD(min(N_COMPONENTS, *weights.shape), random_state=0), Normalizer()
    )
    rows = [project.fit_transform(weights)]
    rows += [project.transform(weigh.transform(texts)) for texts in others]
    # The last digits depend on the machine and its threads; Dataset.checksum must not.
    return tuple(one.round(4).astype(np.float32) for one in rows)


def split_texts(data: NDArray, offsets: NDArray) -> list[str]:
    """Decode texts that stand one behind the other.

    Parameters
    ----------
    data : ndarray of uint8, shape (n_bytes,)
        The texts in UTF-8.
    offsets : ndarray of int, shape (n + 1,)
        Text i is ``data[offsets[i]:offsets[i + 1]]``.

    Returns
    -------
    list of str
        The n texts.

    Raises
    ------
    ValueError
        If the offsets do not fit the data, or a text is not in UTF-8.

    Examples
    --------
    >>> split_texts(np.frombuffer(b"onetwo", dtype=np.uint8), np.array([0, 3, 6]))
    ['one', 'two']
    """
    if data.ndim != 1 or data.dtype != np.uint8:
        raise ValueError(f"the bytes are {data.dtype} of shape {data.shape}, not uint8 of (n,).")
    if (
        offsets.ndim != 1
        or offsets.dtype.kind not in "iu"
        or len(offsets) < 2
        or offsets[0] < 0
        or offsets[-1] > len(data)
        or np.any(offsets[1:] < offsets[:-1])
    ):
        raise ValueError(
            f"offsets must be whole numbers that do not fall, from 0 or more to at most the "
            f"{len(data)} bytes; they are {offsets}."
        )
    content = data.tobytes()
    texts = []
    for i, (start, end) in enumerate(pairwise(offsets)):
        try:
            texts.append(content[start:end].decode())
        except UnicodeDecodeError as error:
            raise ValueError(f"text {i} is not in UTF-8 ({error}).") from error
    return texts
