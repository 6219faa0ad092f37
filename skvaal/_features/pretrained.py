"""Features of images by a pretrained network, as a transformer of scikit-learn."""

from __future__ import annotations

from numbers import Integral
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skvaal._features.cache import FeatureCache, check_cache, open_cache
from skvaal._features.embedding import embed
from skvaal._features.network import Network
from skvaal._features.pictures import Pictures, open_pictures
from skvaal._utils.params import Interval, renaming
from skvaal._utils.progress import VERBOSE_CONSTRAINT, Verbose, progress_bar
from skvaal._utils.undoing import undone_on_error

DEFAULT_MODEL = "efficientnet_lite0"
# Where neither a network nor its images say how large they are.
_DEFAULT_SIZE = 224
_MIN_SIZE = 8


class PretrainedFeatures(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Turn images into features by a network that others have trained.

    Distances between pixels say little of what is in a photo; distances between features do. Put
    this in front of a strategy, and in front of a linear model. It learns nothing from X.

    By default it takes a network of timm, and needs ``pip install skvaal[features]``. An image is
    brought to RGB, its shorter side to the network's size, its middle is cut out, and the network's
    own mean and standard deviation are applied. The classifier is left out.

    Parameters
    ----------
    model : str or torch.nn.Module, default='efficientnet_lite0'
        Name of a network of timm, such as 'resnet50' or 'vit_small_patch14_dinov2.lvd142m'; or a
        module that maps images (n, 3, height, width) to features (n, n_features). A module is
        copied. If it has timm's ``pretrained_cfg``, its size, mean and standard deviation count;
        else it gets numbers in [0, 1].
    checkpoint : str, path or None, default=None
        A local file of weights: of safetensors, or a state dict by ``torch.save``. Nothing in it is
        run. None lets timm download its weights, or takes those of the module.
    image_size : int or None, default=None
        Height and width that the network sees, 8 at least. None takes the network's own; of a
        module without one, that of the images, and 224 for files.
    batch_size : int, default=64
        Images that the network sees at a time.
    device : str or torch.device, default='auto'
        'cpu', 'cuda', 'cuda:1', 'mps'. 'auto' takes a GPU if there is one.
    cache : str, path, False or None, default=None
        Folder in which features are kept, by the content of the image, the weights and all that is
        done to the image. Each network has one file, which grows by ``4 * n_features`` bytes an
        image, some 5 MB for 1,000; it may be deleted at any time. None is ``$SKVAAL_CACHE`` or
        ``~/.cache/skvaal`` for networks of timm, and no folder for a module, whose code may change.
        False keeps nothing.
    verbose : {'auto'} or int, default='auto'
        1 shows a progress bar, 0 none. 'auto' shows one for what takes longer than three seconds,
        on a terminal or in a notebook.

    Attributes
    ----------
    module_ : torch.nn.Module
        The network, in evaluation mode, on the device.
    image_size_ : int or None
        Height and width that it sees; None if images are taken as they are.
    n_features_ : int
        How many features an image has.

    See Also
    --------
    TextFeatures : The same for texts.

    Notes
    -----
    timm's own evaluation resizes by ``crop_pct`` first, and may interpolate by cubic splines; here
    the middle is as large as it can be, and interpolation is bilinear.

    Examples
    --------
    >>> import numpy as np
    >>> from torch import nn
    >>> from skvaal import PretrainedFeatures
    >>> images = np.random.default_rng(0).integers(0, 256, (5, 3, 16, 16), dtype=np.uint8)
    >>> own = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())  # (n, 8, 14, 14): averaged
    >>> PretrainedFeatures(own, device="cpu").fit_transform(images).shape
    (5, 8)
    """

    _parameter_constraints: dict = {
        "model": [str, nn.Module],
        "checkpoint": [str, PathLike, None],
        "image_size": [Interval(Integral, _MIN_SIZE, None, closed="left"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "device": "no_validation",
        "cache": "no_validation",
        "verbose": VERBOSE_CONSTRAINT,
    }

    def __init__(
        self,
        model: str | nn.Module = DEFAULT_MODEL,
        checkpoint: Any = None,
        *,
        image_size: int | None = None,
        batch_size: int = 64,
        device: Any = "auto",
        cache: Any = None,
        verbose: Verbose = "auto",
    ) -> None:
        self.model = model
        self.checkpoint = checkpoint
        self.image_size = image_size
        self.batch_size = batch_size
        self.device = device
        self.cache = cache
        self.verbose = verbose

    @undone_on_error
    def fit(self, X: Any, y: Any = None) -> PretrainedFeatures:
        """Load the network, and try it on the first image.

        Parameters
        ----------
        X : list of paths, LazyImages or array of uint8 of shape (n_samples, 3, height, width) or \
                (n_samples, height, width, 3)
            Images. Grey ones have one channel in an array, and any form in a file.
        y : None
            Not read.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            If a parameter or X cannot be used, or the network and the checkpoint do not belong
            together.
        OSError
            If weights or an image cannot be read, or there is no network to fetch weights by.
        ImportError
            If timm is missing.
        """
        self._validate_params()
        check_cache(self.cache)
        pictures = self._open(X, self.image_size)
        with renaming({"path": "checkpoint"}):
            network = Network.load(self.model, self.checkpoint, self.image_size, self.device)
        if network.size != self.image_size:
            pictures = self._open(X, network.size)
        first = network.features(pictures.pixels(np.array([0])), self.batch_size)
        self._network = network
        self._cache = self._open_cache(network)
        self.module_ = network.module
        self.image_size_ = network.size
        self.n_features_ = first.shape[1]
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Compute features.

        Parameters
        ----------
        X
            Images as in :meth:`fit`.

        Returns
        -------
        array of float32 of shape (n_samples, n_features)
            An image that is there twice is computed once.

        Raises
        ------
        ValueError, TypeError, OSError
            If X cannot be used, or an image cannot be read; its path is named.
        """
        check_is_fitted(self)
        pictures = self._open(X, self.image_size_)
        positions = progress_bar(
            range(len(pictures)), verbose=self.verbose, desc="reading", unit="image"
        )

        def compute(positions: NDArray[np.intp]) -> NDArray[np.float32]:
            return self._network.features(pictures.pixels(positions), self.batch_size)

        return embed(
            [pictures.key(position) for position in positions],
            compute,
            self.n_features_,
            cache=self._cache,
            batch_size=self.batch_size,
            verbose=self.verbose,
        )

    def _open_cache(self, network: Network) -> FeatureCache | None:
        cache = False if self.cache is None and isinstance(self.model, nn.Module) else self.cache
        return None if cache is False else open_cache(cache, network.name, network.fingerprint())

    def _open(self, X: Any, size: int | None) -> Pictures:
        return open_pictures(X, size, _DEFAULT_SIZE)

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
