"""Which of the gradients of the layers of stride 2 is slow, and is a matrix product faster?

    python experiments/weight_gradients.py

Each layer of `ConvVAE` that halves or doubles an image, of the paper's width and of the default's,
on 64 images, channels last, on all the threads that torch takes: milliseconds of the pass forward,
of the gradients by x and by the weight as torch has them, and of the latter as a matrix product
with unfold, each the median of seven. A minute. Writes docs/results/research/weight_gradients.txt.
docs/performance.md has what came out.
"""

from functools import partial
from statistics import median

import torch
from stride_two import ARCHITECTURES, BATCH, REPEATS, layers_of, write
from torch import nn

from skvaal._convolutions import _gradient_of_weight
from skvaal.benchmark.timing import timed


def milliseconds(function):
    function()
    return 1000 * median(timed(function, "cpu") for _ in range(REPEATS))


def measured(layer, seen):
    """Forward, by x, by the weight, and that as a product."""
    doubles = isinstance(layer, nn.ConvTranspose2d)
    geometry = [2, 2], [1, 1], [1, 1], doubles, [0, 0], 1
    weight = layer.weight.detach()
    x = torch.randn(BATCH, *seen).contiguous(memory_format=torch.channels_last)
    forward = partial(torch.ops.aten.convolution, x, weight, None, *geometry)
    gradient = torch.randn_like(forward())
    backward = partial(torch.ops.aten.convolution_backward, gradient, x, weight, None, *geometry)
    small, large = (x, gradient) if doubles else (gradient, x)
    product = partial(_gradient_of_weight, small, large, weight)
    torch.testing.assert_close(product(), backward([False, True, False])[1], rtol=1e-3, atol=1e-2)
    calls = (
        forward,
        partial(backward, [True, False, False]),
        partial(backward, [False, True, False]),
        product,
    )
    return [milliseconds(call) for call in calls]


def main():
    lines = [
        f"milliseconds, median of {REPEATS}, {BATCH} images",
        f"{'width':>5}  {'layer':<28}{'forward':>10}{'by x':>10}{'by weight':>10}{'product':>10}",
    ]
    for width, shape in ARCHITECTURES.items():
        for layer, seen in layers_of(width, shape):
            kind = "doubling" if isinstance(layer, nn.ConvTranspose2d) else "halving"
            cells = "".join(f"{ms:>10.1f}" for ms in measured(layer, seen))
            lines.append(f"{width:>5}  {f'{seen[0]}x{seen[1]}x{seen[2]} {kind}':<28}{cells}")
    write("weight_gradients.txt", lines)


if __name__ == "__main__":
    main()
