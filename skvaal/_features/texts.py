"""Features of texts: TF-IDF and a singular value decomposition, or a pretrained network."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import Normalizer
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from skvaal._features.cache import FeatureCache, check_cache, open_cache
from skvaal._features.embedding import embed, hash_of
from skvaal._pool.kinds import is_pandas, is_polars
from skvaal._utils.params import HasMethods, Interval
from skvaal._utils.progress import VERBOSE_CONSTRAINT, Verbose
from skvaal._utils.undoing import undone_on_error

TFIDF = "tfidf"
# Words that are counted, the most frequent ones.
_MOST_WORDS = 100_000


class TextFeatures(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Turn texts into features.

    By default it learns latent semantic analysis from X: TF-IDF with the logarithm of a word's
    count, the leading singular vectors, rows of length 1. That needs no download. With the name of
    a model of sentence-transformers, it takes the embeddings of that, learns nothing from X, and
    needs ``pip install skvaal[texts]``.

    Parameters
    ----------
    model : str or object, default='tfidf'
        'tfidf'; a name such as 'all-MiniLM-L6-v2', or the folder of a model; or an object with
        ``encode(texts)`` that returns an array (n, n_features).
    n_components : int, default=200
        Most features of 'tfidf'; fewer if there are fewer texts or words. A model has its own.
    batch_size : int, default=64
        Texts that a model sees at a time.
    device : str or torch.device, default='auto'
        Where a model is computed; 'auto' takes a GPU if there is one.
    cache : str, path, False or None, default=None
        As in :class:`PretrainedFeatures`, for a model that is named; 'tfidf' keeps nothing.
    random_state : int, RandomState instance or None, default=None
        Seeds the singular value decomposition of 'tfidf'.
    verbose : {'auto'} or int, default='auto'
        As in :class:`PretrainedFeatures`.

    Attributes
    ----------
    n_features_ : int
        How many features a text has.
    pipeline_ : Pipeline
        Of 'tfidf': the fitted steps.
    model_ : object
        Of a model: what encodes.

    See Also
    --------
    PretrainedFeatures : The same for images.

    Examples
    --------
    >>> from skvaal import TextFeatures
    >>> texts = ["red apple", "red pear", "green apple", "a blue sea"]
    >>> TextFeatures(n_components=3, random_state=0).fit_transform(texts).shape
    (4, 3)
    """

    _parameter_constraints: dict = {
        "model": [str, HasMethods("encode")],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "device": "no_validation",
        "cache": "no_validation",
        "random_state": ["random_state"],
        "verbose": VERBOSE_CONSTRAINT,
    }

    def __init__(
        self,
        model: Any = TFIDF,
        *,
        n_components: int = 200,
        batch_size: int = 64,
        device: Any = "auto",
        cache: Any = None,
        random_state: Any = None,
        verbose: Verbose = "auto",
    ) -> None:
        self.model = model
        self.n_components = n_components
        self.batch_size = batch_size
        self.device = device
        self.cache = cache
        self.random_state = random_state
        self.verbose = verbose

    @undone_on_error
    def fit(self, X: Any, y: Any = None) -> TextFeatures:
        """Learn words and singular vectors, or load a model and try it on the first text.

        Parameters
        ----------
        X : list, array or Series of n_samples str
            Texts.
        y : None
            Not read.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            If a parameter or X cannot be used, or X holds no word.
        OSError
            If a model is neither a folder nor can be downloaded.
        ImportError
            If sentence-transformers is missing.
        """
        self._fit(X)
        return self

    def fit_transform(self, X: Any, y: Any = None, **params: Any) -> NDArray[np.float32]:
        """Fit, and compute features of the same texts, (n_samples, n_features)."""
        return self.fit(X).transform(X)

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Compute features.

        Parameters
        ----------
        X
            Texts as in :meth:`fit`.

        Returns
        -------
        array of float32 of shape (n_samples, n_features)
            Of 'tfidf', a text without a known word is a row of zeros.

        Raises
        ------
        ValueError, TypeError
            If X holds no texts.
        """
        check_is_fitted(self)
        texts = as_texts(X)
        if hasattr(self, "pipeline_"):
            rows: NDArray = self.pipeline_.transform(texts)
            return rows.astype(np.float32)

        def compute(positions: NDArray[np.intp]) -> NDArray[np.float32]:
            return _encode(self.model_, [texts[position] for position in positions])

        return embed(
            [hash_of(b"text", text.encode("utf-8", "surrogatepass")) for text in texts],
            compute,
            self.n_features_,
            cache=self._cache,
            batch_size=self.batch_size,
            verbose=self.verbose,
        )

    def _fit(self, X: Any) -> None:
        self._validate_params()
        check_cache(self.cache)
        texts = as_texts(X)
        for name in {"pipeline_", "model_"} & set(vars(self)):
            delattr(self, name)
        self._cache: FeatureCache | None = None
        if isinstance(self.model, str) and self.model == TFIDF:
            self.pipeline_ = _fit_tfidf(texts, self.n_components, self.random_state)
            self.n_features_ = self.pipeline_[1].components_.shape[0]
            return
        model: Any = self.model
        if isinstance(model, str):
            from skvaal._features.sentence_models import fingerprint_of, load_sentence_model

            model = load_sentence_model(self.model, self.device)
            if self.cache is not False:
                self._cache = open_cache(self.cache, self.model, fingerprint_of(model))
        self.n_features_ = _encode(model, texts[:1]).shape[1]
        self.model_ = model

    @property
    def _n_features_out(self) -> int:
        return self.n_features_

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def as_texts(X: Any, name: str = "X") -> list[str]:
    """Texts in a list, a 1-D array, a Series, or one column; else a TypeError or a ValueError."""
    if isinstance(X, str | bytes):
        raise TypeError(f"{name} is one text; pass a list of texts")
    if is_pandas(X) or is_polars(X):
        X = X.to_numpy()
    if isinstance(X, np.ndarray):
        X = X[:, 0] if X.ndim == 2 and X.shape[1] == 1 else X
        if X.ndim != 1:
            raise ValueError(f"{name} has shape {X.shape}; pass one column of texts")
        X = X.tolist()
    if not isinstance(X, list | tuple):
        raise TypeError(f"{name} is of type {type(X).__name__}; pass a list of texts")
    if not X:
        raise ValueError(f"{name} is empty: found 0 sample(s); at least 1 is required")
    for row, text in enumerate(X):
        if not isinstance(text, str):
            raise TypeError(
                f"{name}[{row}] is {text!r} of type {type(text).__name__}, and no text; leave such "
                "rows out, or pass ''"
            )
    return list(X)


def _fit_tfidf(texts: list[str], n_components: int, random_state: Any) -> Pipeline:
    weigh = TfidfVectorizer(sublinear_tf=True, max_features=_MOST_WORDS)
    try:
        weights = weigh.fit_transform(texts)
    except ValueError as error:  # its text names parameters
        raise ValueError(
            "X holds no word of two letters or more, so that TF-IDF has nothing to count; pass "
            "other texts, or model=<a model of sentence-transformers>"
        ) from error
    if weights.shape[1] < 2:
        raise ValueError("X holds one word only, so that no two texts differ; pass other texts")
    svd = TruncatedSVD(min(n_components, *weights.shape), random_state=random_state)
    with np.errstate(invalid="ignore"):  # of equal texts, the share of the variance is 0 / 0
        rest = make_pipeline(svd, Normalizer()).fit(weights)
    return Pipeline([("tfidf", weigh), *rest.steps])


def _encode(model: Any, texts: list[str]) -> NDArray[np.float32]:
    rows = np.asarray(model.encode(texts))
    if rows.ndim != 2 or len(rows) != len(texts) or rows.dtype.kind not in "iuf":
        raise ValueError(
            f"model={type(model).__name__}: encode must turn {len(texts)} texts into numbers of "
            f"shape ({len(texts)}, n_features), got {rows.dtype} of shape {rows.shape}"
        )
    if not np.isfinite(rows).all():
        raise ValueError(f"model={type(model).__name__} gives features that are NaN or infinite")
    return rows.astype(np.float32)
