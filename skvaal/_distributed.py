"""Training by several processes, on several GPUs or machines, that ``accelerate launch`` started.

They train one model on the same batches as a single process would: each takes its share of every
batch, the statistics of batch normalisation are those of the whole batch, noise is drawn for the
whole batch by all, and gradients are averaged. What is trained differs by rounding only.

Torch's DistributedDataParallel, which accelerate wraps modules in, is not used: it wants one call
of ``forward`` for each backward pass and gradients of all parameters in each, while VAAL calls
encode and decode, and descends on one module through the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from skorch.hf import AccelerateMixin
from torch import Tensor, nn

from skvaal._data import PairedPools
from skvaal._feeding import Prefetched, ResidentPools
from skvaal._net import VAALNet


def new_accelerator(device: torch.device) -> Any:
    """What knows of the other processes.

    Parameters
    ----------
    device : torch.device
        On 'cpu' all compute there; otherwise each process has a device of its own.

    Returns
    -------
    accelerate.Accelerator

    Raises
    ------
    ImportError
        If accelerate is not installed.
    """
    try:
        from accelerate import Accelerator
    except ImportError:
        raise ImportError(
            "distributed=True needs the package accelerate, which is not installed; run "
            "pip install 'skvaal[distributed]'"
        ) from None
    return Accelerator(cpu=device.type == "cpu")


def device_of(accelerator: Any) -> torch.device:
    """Where this process computes.

    Parameters
    ----------
    accelerator : accelerate.Accelerator

    Returns
    -------
    torch.device
        'cpu' without the number that accelerate gives it, which torch cannot load a file to.
    """
    device = accelerator.device
    return torch.device("cpu") if device.type == "cpu" else device


def check_shares(accelerator: Any, batch_size: int, sizes: tuple[int, ...]) -> None:
    """Raise if the processes cannot train one model.

    Parameters
    ----------
    accelerator : accelerate.Accelerator
    batch_size : int
    sizes : tuple of int
        Of the pools, in this process.

    Raises
    ------
    ValueError
        If a batch cannot be shared evenly, or the processes have other pools.
    """
    from accelerate.utils import gather_object

    n = accelerator.num_processes
    if batch_size % n:
        next_multiple = -(-batch_size // n) * n
        raise ValueError(
            f"batch_size={batch_size} cannot be shared evenly by {n} processes; with "
            f"distributed=True it must be a multiple of their number, such as {next_multiple}"
        )
    found = gather_object([sizes])
    if len(set(found)) > 1:
        raise ValueError(
            f"the processes have pools of other sizes: {found}, labelled and "
            "unlabelled; with distributed=True each must be given the whole of both, and takes its "
            "share of every batch by itself"
        )


def same_for_all(value: Any) -> Any:
    """A value as the first process has it.

    Parameters
    ----------
    value : object

    Returns
    -------
    object
    """
    from accelerate.utils import broadcast_object_list

    return broadcast_object_list([value])[0]


class DistributedNet(AccelerateMixin, VAALNet):
    """:class:`~skvaal.VAALNet` trained by all processes of an Accelerator.

    Parameters
    ----------
    *args, **kwargs
        Of VAALNet; `batch_size` is that of all processes together, `device` this process's own.
    accelerator : accelerate.Accelerator
    """

    accelerator: Any

    def __init__(self, *args: Any, accelerator: Any, **kwargs: Any) -> None:
        super().__init__(*args, accelerator=accelerator, callbacks__print_log__sink=print, **kwargs)

    def _validate_params(self) -> None:
        # Past the mixin, which would have the device be None: skvaal places tensors itself.
        super(AccelerateMixin, self)._validate_params()

    def _initialize_accelerator(self) -> DistributedNet:
        """Begin with the first process's weights, whatever machines the others are on."""
        if self.accelerator.num_processes > 1:
            for tensor in self.module_.state_dict().values():
                torch.distributed.broadcast(tensor, src=0)
        return self

    def get_iterator(
        self, dataset: PairedPools | ResidentPools, training: bool = False
    ) -> Prefetched:
        """Shares of whole paired batches; the sampler shares them."""
        return VAALNet.get_iterator(self, dataset, training)

    def partial_fit(
        self, X: Any, y: Any = None, classes: Any = None, **fit_params: Any
    ) -> DistributedNet:
        """Train on, with the statistics of whole batches."""
        if self.accelerator is None:  # after unpickling
            self.accelerator = new_accelerator(torch.device(self.device))
        with _synchronized(self.module_, self.accelerator.num_processes):
            super().partial_fit(X, y, classes, **fit_params)
        return self

    @property
    def _shard(self) -> tuple[int, int]:
        return self.accelerator.process_index, self.accelerator.num_processes

    def _drawn(self, draw: Callable[..., Tensor], shape: tuple[int, ...], n_of_pool: int) -> Tensor:
        index, n = self._shard
        # The generators of all processes are in step: the same is drawn, and a part is taken.
        whole = draw(
            (shape[0] // n_of_pool, n, n_of_pool, *shape[1:]),
            device=self.device,
            dtype=torch.float32,
        )
        return whole[:, index].reshape(shape)

    def _mean_of_all(self, values: Tensor) -> Tensor:
        return self.accelerator.reduce(values, reduction="mean")

    def _backward(self, loss: Tensor, module: nn.Module) -> None:
        super()._backward(loss, module)
        if self._shard[1] == 1:
            return
        gradients = [p.grad for p in module.parameters() if p.grad is not None]
        flat = self._mean_of_all(torch.cat([gradient.reshape(-1) for gradient in gradients]))
        for gradient, mean in zip(
            gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True
        ):
            gradient.copy_(mean.view(gradient.shape))

    def __getstate__(self) -> dict[str, Any]:
        # An Accelerator belongs to its process.
        return {**super().__getstate__(), "accelerator": None}


class _SumOfAll(torch.autograd.Function):
    """Sum over the processes, through which gradients pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        x = x.clone()
        torch.distributed.all_reduce(x)
        return x

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (gradient,) = gradients
        gradient = gradient.contiguous().clone()
        torch.distributed.all_reduce(gradient)
        return gradient


class _SynchronizedBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation by the statistics of all processes' samples, on any device.

    Torch's own SyncBatchNorm is for GPUs only.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        dims = [0, *range(2, x.ndim)]
        shape = [1, -1, *[1] * (x.ndim - 2)]
        n = x.numel() // x.shape[1] * torch.distributed.get_world_size()
        values = x.float()
        mean = _SumOfAll.apply(values.sum(dims)) / n
        centred = values - mean.view(shape)
        variance = _SumOfAll.apply(centred.square().sum(dims)) / n
        self._remember(mean.detach(), variance.detach() * (n / (n - 1)))
        normal = centred * torch.rsqrt(variance + self.eps).view(shape)
        if self.affine:
            normal = normal * self.weight.view(shape) + self.bias.view(shape)
        return normal.to(x.dtype)

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        if not self.track_running_stats:
            return
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        momentum = self.momentum
        weight = 1 / float(self.num_batches_tracked) if momentum is None else momentum
        for running, value in ((self.running_mean, mean), (self.running_var, variance)):
            assert running is not None
            running.lerp_(value, weight)


class _SynchronizedBatchNorm1d(_SynchronizedBatchNorm, nn.BatchNorm1d):
    pass


class _SynchronizedBatchNorm2d(_SynchronizedBatchNorm, nn.BatchNorm2d):
    pass


_SYNCHRONIZED: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: _SynchronizedBatchNorm1d,
    nn.BatchNorm2d: _SynchronizedBatchNorm2d,
}


@contextmanager
def _synchronized(module: nn.Module, n_processes: int) -> Iterator[None]:
    """Have a module's batch normalisations know the other processes' samples, for a while.

    Their classes are exchanged, so that parameters, buffers and whoever holds them stay the same.
    """
    changed = []
    for each in module.modules() if n_processes > 1 else ():
        if type(each) in _SYNCHRONIZED:
            changed.append((each, type(each)))
            each.__class__ = _SYNCHRONIZED[type(each)]
    try:
        yield
    finally:
        for each, its_class in changed:
            each.__class__ = its_class
