"""ResNet-18, in the form for small images and in that for large ones."""

from torch import Tensor, nn

from skvaal.benchmark.estimators._networks import BodyAndHead

# Up to this size the first layer keeps the resolution, as in the paper's experiments on CIFAR.
SMALL_IMAGE = 64


def resnet18(input_shape: tuple[int, ...], n_classes: int, dropout: float) -> BodyAndHead:
    """Return ResNet-18 [1]_, with dropout ahead of its last layer.

    Images of up to 64 pixels enter by a 3x3 convolution, larger ones by 7x7 with stride 2, and
    pooling. On 3x32x32 with 10 classes it has 11,173,962 parameters.

    Parameters
    ----------
    input_shape : tuple (channels, height, width)
        Shape of a sample.
    n_classes : int
        Number of logits.
    dropout : float
        Chance of one of the 512 last hidden units to be dropped.

    Returns
    -------
    body : Module
    head : Sequential

    References
    ----------
    .. [1] He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", CVPR 2016.

    Examples
    --------
    >>> import torch
    >>> body, head = resnet18((3, 8, 8), 10, 0.5)
    >>> head(body(torch.zeros(2, 3, 8, 8))).shape
    torch.Size([2, 10])
    """
    channels_in, height, width = input_shape
    if min(height, width) <= SMALL_IMAGE:
        stem: list[nn.Module] = [_conv(channels_in, 64, 3, stride=1), nn.BatchNorm2d(64), nn.ReLU()]
    else:
        stem = [_conv(channels_in, 64, 7, stride=2), nn.BatchNorm2d(64), nn.ReLU()]
        stem.append(nn.MaxPool2d(3, stride=2, padding=1))
    blocks: list[nn.Module] = []
    n_in = 64
    for n_out, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        blocks += [_Block(n_in, n_out, stride), _Block(n_out, n_out, 1)]
        n_in = n_out
    body = nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    for module in body.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return body, nn.Sequential(nn.Dropout(dropout), nn.Linear(512, n_classes))


class _Block(nn.Module):
    """Two 3x3 convolutions, and a way past them: a 1x1 convolution where the shape changes."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            _conv(n_in, n_out, 3, stride),
            nn.BatchNorm2d(n_out),
            nn.ReLU(),
            _conv(n_out, n_out, 3, 1),
            nn.BatchNorm2d(n_out),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or n_in != n_out:
            self.shortcut = nn.Sequential(_conv(n_in, n_out, 1, stride), nn.BatchNorm2d(n_out))

    def forward(self, x: Tensor) -> Tensor:
        return (self.residual(x) + self.shortcut(x)).relu()


def _conv(n_in: int, n_out: int, kernel: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(n_in, n_out, kernel, stride, padding=kernel // 2, bias=False)
