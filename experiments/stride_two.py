"""Is there a faster exact form of the layers of stride 2?

    python experiments/stride_two.py

Each layer of `ConvVAE` that halves or doubles an image (kernel 4, stride 2, padding 1), of the
paper's width and of the default's, in other forms that compute the same: space to depth and a
convolution of kernel 2; for the transposed one a convolution for all four phases of the output; and
a matrix product with unfold or fold. All on 64 images, channels last, on all the threads that torch
takes. Time of the layer as torch has it over time of the form, median over pairs, above 1 where the
form is faster. Last, encoder and training step by torch.compile. Some minutes. Writes
docs/results/research/stride_two.txt. docs/performance.md has what came out.
"""

import math
from functools import partial
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F
from torch import nn

from skvaal import ConvVAE
from skvaal.benchmark.machine import machine
from skvaal.benchmark.timing import interleaved, timed

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "research"
REPEATS = 7
SECONDS = 0.05  # that a measurement takes, at least
BATCH = 64
# By width: the shape of an image.
ARCHITECTURES = {128: (3, 32, 32), 16: (1, 28, 28)}


def convolution(layer, x):
    return F.conv2d(x, layer.weight, layer.bias, stride=2, padding=1)


def space_to_depth(layer, x):
    n_out, n_in = layer.weight.shape[:2]
    # Kernel row 2 a + d of the image is row a of its channel d.
    weight = layer.weight.reshape(n_out, n_in, 2, 2, 2, 2).permute(0, 1, 3, 5, 2, 4)
    weight = weight.reshape(n_out, 4 * n_in, 2, 2).contiguous(memory_format=torch.channels_last)
    # Of an odd number of rows the layer never sees the last one of the padding.
    right, bottom = (1 - size % 2 for size in (x.shape[3], x.shape[2]))
    return F.conv2d(F.pixel_unshuffle(F.pad(x, (1, right, 1, bottom)), 2), weight, layer.bias)


def unfold(layer, x):
    n, _, height, width = x.shape
    columns = F.unfold(x, 4, stride=2, padding=1)
    out = layer.weight.flatten(1) @ columns
    if layer.bias is not None:
        out = out + layer.bias[:, None]
    return out.reshape(n, -1, height // 2, width // 2)


def transposed(layer, x):
    return F.conv_transpose2d(x, layer.weight, layer.bias, stride=2, padding=1)


def phases(layer, x):
    n, _, height, width = x.shape
    n_out = layer.weight.shape[1]
    # Even rows of the output see rows 3 and 1 of the kernel, odd ones rows 2 and 0.
    weight = layer.weight[:, :, [[3, 1], [2, 0]]][..., [[3, 1], [2, 0]]]  # in, out, a, s, b, t
    weight = weight.permute(2, 4, 1, 0, 3, 5).reshape(4 * n_out, -1, 2, 2)
    weight = weight.contiguous(memory_format=torch.channels_last)
    grid = F.conv2d(F.pad(x, (1, 1, 1, 1)), weight).unflatten(1, (2, 2, n_out))
    rows = [
        torch.stack([grid[:, a, b, :, a : a + height, b : b + width] for b in (0, 1)], dim=-1)
        for a in (0, 1)
    ]
    out = torch.stack(rows, dim=3).reshape(n, n_out, 2 * height, 2 * width)
    return out if layer.bias is None else out + layer.bias[:, None, None]


def fold(layer, x):
    n, n_in, height, width = x.shape
    columns = layer.weight.reshape(n_in, -1).T @ x.reshape(n, n_in, height * width)
    out = F.fold(columns, (2 * height, 2 * width), 4, stride=2, padding=1)
    return out if layer.bias is None else out + layer.bias[:, None, None]


FORMS = {
    nn.Conv2d: (convolution, {"space to depth": space_to_depth, "unfold": unfold}),
    nn.ConvTranspose2d: (transposed, {"phases": phases, "fold": fold}),
}


def layers_of(width, shape):
    """Layers of stride 2, and the shape of what each sees, in the order of the passes."""
    vae = ConvVAE(shape, width=width).to(memory_format=torch.channels_last)
    found = []
    for module in vae.modules():
        if type(module) in FORMS and module.stride == (2, 2):
            module.register_forward_hook(lambda layer, x, _: found.append((layer, x[0].shape[1:])))
    vae.decode(vae.encode(torch.zeros(2, *shape))[0])
    for layer, _ in found:
        layer._forward_hooks.clear()
    return found


def forward(form, layer, x):
    with torch.inference_mode():
        form(layer, x)


def forward_and_back(form, layer, x):
    form(layer, x).sum().backward()


def ratio(first, second, title):
    """How many times as long the first takes as the second."""
    n = math.ceil(SECONDS / timed(second, "cpu"))
    repeated = partial(_repeat, first, n), partial(_repeat, second, n)
    times = interleaved(*repeated, repeats=REPEATS, device="cpu", title=title)
    return median(a / b for a, b in zip(*times, strict=True))


def _repeat(function, n):
    for _ in range(n):
        function()


def rows_of(width, shape):
    """Lines: how many times as fast each form of each layer is, forward and with backward."""
    for layer, seen in layers_of(width, shape):
        x = torch.randn(BATCH, *seen).contiguous(memory_format=torch.channels_last)
        x.requires_grad_()
        plain, others = FORMS[type(layer)]
        for name, form in others.items():
            torch.testing.assert_close(form(layer, x), plain(layer, x), rtol=1e-3, atol=1e-4)
            kind = f"{seen[0]}x{seen[1]}x{seen[2]} {plain.__name__}"
            found = [
                ratio(partial(call, plain, layer, x), partial(call, form, layer, x), kind)
                for call in (forward, forward_and_back)
            ]
            yield f"{width:>5}  {kind:<28}{name:<16}{found[0]:>9.2f}{found[1]:>10.2f}"


def compiled(width, shape):
    """A line: the same for the encoder forward, and for the whole VAE there and back."""
    vae = ConvVAE(shape, width=width).to(memory_format=torch.channels_last)
    x = torch.randn(BATCH, *shape)

    def encode(encode, x):
        with torch.inference_mode():
            encode(x)

    def step(encode, decode, x):
        decode(encode(x)[0]).square().mean().backward()

    found = []
    for train, call, parts in ((False, encode, ["encode"]), (True, step, ["encode", "decode"])):
        vae.train(train)
        plain = [getattr(vae, part) for part in parts]
        fast = [torch.compile(part) for part in plain]
        found.append(ratio(partial(call, *plain, x), partial(call, *fast, x), "inductor"))
        torch._dynamo.reset()
    return (
        f"{width:>5}  {'encoder; whole VAE':<28}{'inductor':<16}{found[0]:>9.2f}{found[1]:>10.2f}"
    )


def write(name, lines):
    """Print lines, and write them to a file, after what they were measured on."""
    processor, threads = machine()["processor"], torch.get_num_threads()
    heading = f"{processor}, {threads} threads, torch {torch.__version__}"
    text = "\n".join([heading, *lines]) + "\n"
    print(text)
    (RESULTS / name).write_text(text)


def main():
    lines = [
        f"time as torch has it over time in the form, median of {REPEATS} pairs, {BATCH} images",
        f"{'width':>5}  {'layer':<28}{'form':<16}{'forward':>9}{'and back':>10}",
    ]
    for width, shape in ARCHITECTURES.items():
        lines += rows_of(width, shape)
    lines += [compiled(width, shape) for width, shape in ARCHITECTURES.items()]
    write("stride_two.txt", lines)


if __name__ == "__main__":
    main()
