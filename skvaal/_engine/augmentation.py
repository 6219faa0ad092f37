"""Random changes of images that keep what they show, for a whole batch at once, on any device."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# Of the shorter side; 4 pixels of 32, as is usual on CIFAR-10.
_PADDING = 1 / 8
N_DRAWS = 3


def augment(x: Tensor, draws: Tensor, kind: str) -> Tensor:
    """Flip images (n, channels, height, width), and shift them within a border that reflects them.

    `draws` (n, N_DRAWS) in [0, 1) say whether each is flipped, and how far it goes down and right.
    """
    if "flip" in kind:
        is_flipped = (draws[:, 0] < 0.5)[:, None, None, None]
        x = torch.where(is_flipped, x.flip(-1), x)
    return _shift(x, draws[:, 1:]) if "crop" in kind else x


def _shift(x: Tensor, draws: Tensor) -> Tensor:
    n, _, height, width = x.shape
    padding = max(1, round(_PADDING * min(height, width)))
    padded = F.pad(x, (padding,) * 4, mode="reflect")
    crops = padded.unfold(2, height, 1).unfold(3, width, 1)  # (n, channels, down, right, ...)
    down, right = (draws * (2 * padding + 1)).long().unbind(dim=1)
    return crops[torch.arange(n, device=x.device), :, down, right]
