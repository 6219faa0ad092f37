"""Random changes of images that keep what they show, for a whole batch at once, on any device."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

AUGMENTATIONS: dict[str, frozenset[str]] = {
    "flip": frozenset({"flip"}),
    "crop": frozenset({"crop"}),
    "flip_crop": frozenset({"flip", "crop"}),
}
# Of the shorter side; 4 pixels of 32, as is usual on CIFAR-10.
_PADDING = 1 / 8
N_DRAWN = 3


def augmented(x: Tensor, drawn: Tensor, kind: str) -> Tensor:
    """Images, flipped and shifted.

    Parameters
    ----------
    x : tensor of shape (n_samples, channels, height, width)
    drawn : tensor of shape (n_samples, 3)
        From [0, 1): whether an image is flipped, and how far it is shifted down and right.
    kind : {'flip', 'crop', 'flip_crop'}
        'flip' mirrors every second image, left to right. 'crop' pads by an eighth of the shorter
        side, with what a mirror at the edge would show, and cuts the old size out anywhere.

    Returns
    -------
    tensor of the shape of x

    Examples
    --------
    >>> import torch
    >>> from skvaal._augmentation import augmented
    >>> x = torch.arange(64.0).reshape(1, 1, 8, 8)
    >>> augmented(x, torch.tensor([[0.0, 0.5, 0.5]]), "flip_crop")[0, 0, 0, :3]
    tensor([7., 6., 5.])
    """
    if "flip" in AUGMENTATIONS[kind]:
        flips = (drawn[:, 0] < 0.5)[:, None, None, None]
        x = torch.where(flips, x.flip(-1), x)
    return _shifted(x, drawn[:, 1:]) if "crop" in AUGMENTATIONS[kind] else x


def _shifted(x: Tensor, drawn: Tensor) -> Tensor:
    n, channels, height, width = x.shape
    padding = max(1, round(_PADDING * min(height, width)))
    padded = F.pad(x, (padding,) * 4, mode="reflect")
    down, right = (drawn * (2 * padding + 1)).long().unbind(dim=1)

    def along(size: int) -> Tensor:
        return torch.arange(size, device=x.device)

    rows = (down[:, None] + along(height))[:, None, :, None]
    columns = (right[:, None] + along(width))[:, None, None, :]
    sample, channel = along(n)[:, None, None, None], along(channels)[None, :, None, None]
    return padded[sample, channel, rows, columns]
