"""The processes that train one model: this one alone, or all that ``accelerate launch`` started.

Several processes train on the same batches as one would. Each takes its shard of every batch,
batch normalisation uses the statistics of the whole batch, all draw the noise of the whole batch,
and gradients are averaged. The trained model differs by rounding only.

Torch's DistributedDataParallel, which accelerate wraps modules in, is not used. It wants one call
of ``forward`` for each backward pass, and gradients of all parameters in each. VAAL calls encode
and decode, and descends on one module through the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from skvaal._engine.generators import generator_on


class OneProcess:
    """One process that trains alone: nothing is shared, averaged or sent."""

    index = 0
    count = 1
    is_main = True

    def draw(
        self, function: Callable[..., Tensor], shape: tuple[int, ...], n_of_pool: int, device: Any
    ) -> Tensor:
        """Draw by ``torch.rand`` or ``torch.randn`` for the samples of this process.

        `shape` begins with the number of samples, of one pool or of both in a row; `n_of_pool` of
        them are of one.
        """
        generator = generator_on(device)
        return function(shape, generator=generator, device=device, dtype=torch.float32)

    def mean(self, values: Tensor) -> Tensor:
        """Average values over the processes."""
        return values

    def average_gradients(self, module: nn.Module) -> None:
        """Average the gradients of a module over the processes, in place."""

    def broadcast(self, modules: Iterable[nn.Module]) -> None:
        """Give all processes the weights of the first."""

    def synchronized(self, modules: Iterable[nn.Module]) -> AbstractContextManager[None]:
        """Let batch normalisation use the samples of all processes inside the block."""
        return nullcontext()


class AcceleratedProcesses(OneProcess):
    """All processes of an Accelerator train together; a pickle holds :class:`OneProcess`."""

    def __init__(self, accelerator: Any) -> None:
        self.accelerator = accelerator
        self.index = accelerator.process_index
        self.count = accelerator.num_processes
        self.is_main = accelerator.is_main_process

    def draw(
        self, function: Callable[..., Tensor], shape: tuple[int, ...], n_of_pool: int, device: Any
    ) -> Tensor:
        """Draw the numbers of the whole batch, and take those of this process."""
        # The generators of all processes are in step.
        whole = (shape[0] // n_of_pool, self.count, n_of_pool, *shape[1:])
        return super().draw(function, whole, n_of_pool, device)[:, self.index].reshape(shape)

    def mean(self, values: Tensor) -> Tensor:
        """Average values over the processes."""
        return self.accelerator.reduce(values, reduction="mean")

    def average_gradients(self, module: nn.Module) -> None:
        """Average the gradients of a module over the processes, in one message."""
        gradients = [p.grad for p in module.parameters() if p.grad is not None]
        means = self.mean(torch.cat([gradient.reshape(-1) for gradient in gradients]))
        parts = means.split([gradient.numel() for gradient in gradients])
        for gradient, mean in zip(gradients, parts, strict=True):
            gradient.copy_(mean.view(gradient.shape))

    def broadcast(self, modules: Iterable[nn.Module]) -> None:
        """Give all processes the weights of the first."""
        for module in modules:
            for tensor in module.state_dict().values():
                torch.distributed.broadcast(tensor, src=0)

    def synchronized(self, modules: Iterable[nn.Module]) -> AbstractContextManager[None]:
        """Let batch normalisation use the samples of all processes inside the block."""
        return synchronized_batch_norm(modules)

    def __reduce__(self) -> tuple[type[OneProcess], tuple[()]]:
        return OneProcess, ()

    def __deepcopy__(self, memo: dict[int, Any]) -> AcceleratedProcesses:
        # A copy in the same process, as `clone` makes one, still belongs to the others.
        return self


def start_processes(device: torch.device) -> tuple[OneProcess, torch.device]:
    """Get in touch with the other processes, and find out where this one computes.

    Raises an ImportError if accelerate is not installed.
    """
    try:
        from accelerate import Accelerator
    except ImportError:
        raise ImportError(
            "engine__distributed=True needs the package accelerate, which is not installed; run "
            "pip install 'skvaal[distributed]'"
        ) from None
    accelerator = Accelerator(cpu=device.type == "cpu")
    is_alone = accelerator.num_processes == 1
    processes = OneProcess() if is_alone else AcceleratedProcesses(accelerator)
    # Accelerate numbers even the processor, and torch cannot load a file to 'cpu:0'.
    return processes, device if device.type == "cpu" else accelerator.device


def check_shares(processes: OneProcess, batch_size: int, sizes: tuple[int, ...]) -> None:
    """Raise a ValueError if the processes cannot share batches, or their pools differ in size."""
    if processes.count == 1:
        return
    from accelerate.utils import gather_object

    n = processes.count
    if batch_size % n:
        raise ValueError(
            f"batch_size={batch_size} cannot be shared evenly by {n} processes; with "
            "engine__distributed=True it must be a multiple of their number, such as "
            f"{-(-batch_size // n) * n}"
        )
    found = gather_object([sizes])
    if len(set(found)) > 1:
        raise ValueError(
            f"the processes have pools of different sizes: {found}, labelled and unlabelled; with "
            "engine__distributed=True give each process the whole of both pools, and it takes its "
            "share of every batch"
        )


def share_value(value: Any) -> Any:
    """Get a value, of any kind that can be pickled, as the first process has it."""
    from accelerate.utils import broadcast_object_list

    return broadcast_object_list([value])[0]


@contextmanager
def synchronized_batch_norm(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Let batch normalisation use the samples of all processes inside the block, on any device.

    The classes of the layers are exchanged and restored, so that parameters, buffers and whoever
    holds them stay the same. Torch's own SyncBatchNorm is for GPUs only.
    """
    layers = [layer for module in modules for layer in module.modules()]
    replaced = [(layer, type(layer)) for layer in layers if type(layer) in SYNCHRONIZED]
    for layer, its_class in replaced:
        layer.__class__ = SYNCHRONIZED[its_class]
    try:
        yield
    finally:
        for layer, its_class in replaced:
            layer.__class__ = its_class


class _SumOverProcesses(torch.autograd.Function):
    """Sum over the processes, through which gradients pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        x = x.clone(memory_format=torch.contiguous_format)
        torch.distributed.all_reduce(x)
        return x

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return _SumOverProcesses.apply(*gradients)


class _SynchronizedBatchNorm(nn.modules.batchnorm._BatchNorm):
    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        dims = [0, *range(2, x.ndim)]
        shape = [1, -1, *[1] * (x.ndim - 2)]
        n = x.numel() // x.shape[1] * torch.distributed.get_world_size()
        values = x.float()
        mean = _SumOverProcesses.apply(values.sum(dims)) / n
        centred = values - mean.view(shape)
        variance = _SumOverProcesses.apply(centred.square().sum(dims)) / n
        if self.track_running_stats:
            self._update_running_statistics(mean.detach(), variance.detach() * (n / (n - 1)))
        normal = centred * torch.rsqrt(variance + self.eps).view(shape)
        if self.affine:
            normal = normal * self.weight.view(shape) + self.bias.view(shape)
        return normal.to(x.dtype)

    def _update_running_statistics(self, mean: Tensor, variance: Tensor) -> None:
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        # Without a momentum, the mean over all batches so far.
        weight = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        for running, value in ((self.running_mean, mean), (self.running_var, variance)):
            assert running is not None
            running.lerp_(value, weight)


class _SynchronizedBatchNorm1d(_SynchronizedBatchNorm, nn.BatchNorm1d):
    pass


class _SynchronizedBatchNorm2d(_SynchronizedBatchNorm, nn.BatchNorm2d):
    pass


SYNCHRONIZED: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: _SynchronizedBatchNorm1d,
    nn.BatchNorm2d: _SynchronizedBatchNorm2d,
}
