"""Models of sentence-transformers by name; the package is imported when one is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._engine.device import memory_checked, resolve_device
from skvaal._features.embedding import hash_of
from skvaal._features.weights import hash_weights


class SentenceModel:
    """A model of sentence-transformers that shows no bar of its own."""

    def __init__(self, model: Any, name: str, device: str) -> None:
        self.model = model
        self.name = name
        self.device = device

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Embeddings of texts, (n, n_features), in one batch."""
        way_out = "a smaller batch_size, or device='cpu'"
        with memory_checked(len(texts), self.device, way_out):
            rows: NDArray[np.float32] = self.model.encode(
                texts, batch_size=len(texts), convert_to_numpy=True, show_progress_bar=False
            )
        return rows


def load_sentence_model(name: str, device: Any) -> SentenceModel:
    """Load a model by name or from a folder; no code that comes with it is run."""
    resolved = str(resolve_device(device))
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ImportError(
            f"model={name!r} needs sentence-transformers ({error}): run pip install "
            "'skvaal[texts]', or take model='tfidf'"
        ) from error
    try:
        model = SentenceTransformer(name, device=resolved, trust_remote_code=False)
    # Of the network's, the hub's and the file system's there are all kinds.
    except Exception as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise OSError(
            f"model={name!r} cannot be loaded ({reason}). Check the name at "
            "https://huggingface.co/sentence-transformers; without a network, pass the folder of a "
            "model that was fetched elsewhere, or model='tfidf'"
        ) from error
    return SentenceModel(model, name, resolved)


def fingerprint_of(model: SentenceModel) -> str:
    """What embeddings depend on beside the text, as short text."""
    parts = model.name, str(getattr(model.model, "max_seq_length", None))
    return hash_of(repr(parts).encode(), hash_weights(model.model).encode()).hex()[:16]
