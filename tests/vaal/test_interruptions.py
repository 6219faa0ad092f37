"""Ctrl-C reaches the caller, a callback's stop ends training; each may come anywhere."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
import torch
from skorch.callbacks import Callback, EarlyStopping
from torch.utils.data import Dataset

from skvaal import VAALNet
from skvaal._engine.batches import PairedPools
from skvaal._pool.dataset import DatasetSource
from skvaal._pool.pool import Pool
from skvaal._utils.params import naming
from skvaal._utils.signals import raised_by_signal, watched_signals
from skvaal._vaal.fitting import TrainingBar

from .test_net import LABELED, UNLABELED, make_net, pools


def raise_it(*args):
    raise KeyboardInterrupt


def raise_another(*args):
    try:
        raise_it()
    except KeyboardInterrupt:
        raise KeyboardInterrupt("from a handler") from None


def with_handler(handler) -> Callable[[Callable], None]:
    def run(train: Callable[[], None]) -> None:
        signal.signal(signal.SIGINT, handler)
        train()

    return run


def in_asyncio(train: Callable[[], None]) -> None:
    raised = []

    async def interrupted():
        if sys.version_info >= (3, 11):  # the first Ctrl-C cancels the task, the second raises
            press_ctrl_c()
        try:
            train()
        except KeyboardInterrupt as error:
            raised.append(error)

    with suppress(KeyboardInterrupt):  # the end of the task that the first one cancelled
        asyncio.run(interrupted())
    if raised:
        raise raised[0]


HANDLERS = {
    "default": with_handler(signal.default_int_handler),
    "function": with_handler(raise_it),
    "raises_another": with_handler(raise_another),
    "asyncio": in_asyncio,
}


@pytest.fixture(params=HANDLERS)
def run(request):
    """Run a function under a handler of SIGINT, which must be the same after it."""
    # A shell ignores SIGINT for its background jobs, and asyncio handles it only instead of Python.
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)

    def run_and_look(train):
        def observed():
            before = signal.getsignal(signal.SIGINT)
            try:
                train()
            finally:
                assert signal.getsignal(signal.SIGINT) is before

        HANDLERS[request.param](observed)

    yield run_and_look
    signal.signal(signal.SIGINT, previous)


class Calls(Callback):
    """Calls a function in one of its methods."""

    def __init__(self, method, function):
        self.method, self.function = method, function

    def initialize(self):
        setattr(self, self.method, lambda net, **kwargs: self.function())
        return self


def press_ctrl_c():
    signal.raise_signal(signal.SIGINT)


def press_ctrl_c_and_stop():
    try:
        press_ctrl_c()
    except KeyboardInterrupt:
        raise KeyboardInterrupt("tidied up") from None


HOOKS = (
    *("on_train_begin", "on_epoch_begin", "on_batch_begin", "on_grad_computed"),
    *("on_batch_end", "on_epoch_end", "on_train_end"),
)


@pytest.mark.parametrize("method", HOOKS)
def test_ctrl_c_in_a_callback_reaches_the_caller(run, method):
    net = make_net(callbacks=[Calls(method, press_ctrl_c)])
    with pytest.raises(KeyboardInterrupt):
        run(lambda: net.fit(pools()))


def test_ctrl_c_reaches_the_caller_of_a_callback_that_then_stops(run):
    net = make_net(callbacks=[Calls("on_epoch_end", press_ctrl_c_and_stop)])
    with pytest.raises(KeyboardInterrupt):
        run(lambda: net.fit(pools()))


class Samples(Dataset):
    """Raises the signal when a batch is read, after the first look at it."""

    reads = 0

    def __len__(self):
        return len(UNLABELED)

    def __getitem__(self, index):
        self.reads += 1
        if self.reads > 3:
            press_ctrl_c()
        return torch.from_numpy(UNLABELED[index])


@pytest.mark.parametrize("place", ["loss", "batches"])
def test_ctrl_c_between_callbacks_reaches_the_caller(run, monkeypatch, place):
    data = pools()
    if place == "loss":
        monkeypatch.setattr(VAALNet, "compute_vae_loss", lambda *args: press_ctrl_c())
    else:
        data = PairedPools(Pool(LABELED), Pool(DatasetSource(Samples(), "X")))
    with pytest.raises(KeyboardInterrupt):
        run(lambda: make_net().fit(data))


@pytest.mark.parametrize("method", [*HOOKS[4:], "on_epoch_begin"])
def test_a_callback_that_stops_ends_training_normally(run, method):
    class Stops(Calls):
        calls = 0

        def on_batch_end(self, net, **kwargs):
            self.calls += 1

    def stop():
        if dict(net.callbacks_)["Stops"].calls or method == "on_batch_end":
            raise KeyboardInterrupt

    net = make_net(callbacks=[Stops(method, stop)])
    if method == "on_batch_end":
        net = make_net(callbacks=[Calls(method, raise_it)])
    run(lambda: net.fit(pools()))
    assert 1 <= len(net.history) <= 2
    assert net.log_odds(Pool(UNLABELED)).shape == (70,)


def test_early_stopping_stops_under_any_handler(run):
    stop = EarlyStopping("train_loss", patience=2, threshold=1e9, threshold_mode="abs")
    net = make_net(max_epochs=50, callbacks=[stop])
    run(lambda: net.fit(pools()))
    assert len(net.history) == 3


def test_a_callback_stops_in_another_thread():
    net, done = make_net(max_epochs=50, callbacks=[Calls("on_epoch_end", raise_it)]), []
    thread = threading.Thread(target=lambda: done.append(net.fit(pools())))
    thread.start()
    thread.join()
    assert done == [net]
    assert len(net.history) == 1


@pytest.mark.parametrize("method", HOOKS[:4])
def test_a_callback_that_stops_before_the_first_iteration_is_an_error(method):
    net = make_net(callbacks=[("stop", Calls(method, raise_it))])
    wanted = f"callbacks__stop=Calls stops training in {method} before the first iteration"
    with pytest.raises(ValueError, match=wanted):
        net.fit(pools())


def test_callbacks_hear_of_the_end_after_ctrl_c(capsys):
    net = make_net(callbacks=[TrainingBar(), Calls("on_epoch_end", press_ctrl_c)])
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            net.fit(pools())
    finally:
        signal.signal(signal.SIGINT, previous)
    assert not hasattr(dict(net.callbacks_)["TrainingBar"], "bar_")
    assert "training VAAL" in capsys.readouterr().err


class TimeIsUpError(TimeoutError):
    pass


@pytest.mark.parametrize("error", [KeyboardInterrupt, TimeoutError, TimeIsUpError, ValueError])
@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no SIGALRM here")
def test_what_other_signals_raise_passes_as_it_is(error):
    raised = error("time is up")

    def handler(*args):
        raise raised

    previous = signal.signal(signal.SIGALRM, handler)
    ring = Calls("on_epoch_end", lambda: signal.raise_signal(signal.SIGALRM))
    try:
        with pytest.raises(error) as caught:
            make_net(callbacks=[ring]).fit(pools())
        assert signal.getsignal(signal.SIGALRM) is handler
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert caught.value is raised


def test_a_handler_that_is_set_in_training_stays():
    previous = signal.getsignal(signal.SIGINT)
    try:
        with watched_signals():
            signal.signal(signal.SIGINT, raise_another)
        assert signal.getsignal(signal.SIGINT) is raise_another
    finally:
        signal.signal(signal.SIGINT, previous)


def test_handlers_of_nested_blocks_are_restored_in_order():
    previous = signal.signal(signal.SIGINT, raise_it)
    try:
        with watched_signals():
            with watched_signals(), pytest.raises(KeyboardInterrupt) as caught:
                press_ctrl_c()
            assert raised_by_signal(caught.value)
        assert signal.getsignal(signal.SIGINT) is raise_it
    finally:
        signal.signal(signal.SIGINT, previous)


class MeantError(Exception):
    """Somebody around the fit waits for it."""


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (KeyError, ValueError),
        (TypeError, TypeError),
        (ValueError, ValueError),
        (MeantError, MeantError),
    ],
)
@pytest.mark.parametrize("method", ["on_train_begin", "on_batch_end"])
def test_what_a_callback_raises_names_it(error, expected, method):
    def fail():
        raise error("no")

    net = make_net(callbacks=[("log", Calls(method, fail))])
    with pytest.raises(expected) as caught:
        net.fit(pools())
    if error is not MeantError:
        assert str(caught.value).startswith(f"callbacks__log=Calls fails in {method}: ")
        assert isinstance(caught.value.__cause__, error)


def test_naming_leaves_the_errors_of_handlers_alone():
    def handler(*args):
        raise ValueError("of a handler")

    previous = signal.signal(signal.SIGINT, handler)
    try:
        with watched_signals(), pytest.raises(ValueError, match="^of a handler$"), naming("X"):
            press_ctrl_c()
    finally:
        signal.signal(signal.SIGINT, previous)


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({"optimizer_vae": torch.optim.LBFGS}, r"^optimizer_vae=LBFGS .*closure.*optim\.Adam$"),
        ({"optimizer_discriminator": torch.optim.LBFGS}, "^optimizer_discriminator=LBFGS"),
        ({"optimizer_vae": torch.optim.SparseAdam}, "^optimizer_vae=SparseAdam"),
        ({"optimizer_vae__lr": "a"}, "^optimizer_vae=Adam with optimizer_vae__lr='a' cannot be bu"),
        ({"optimizer_vae__betas": 3}, "^optimizer_vae=Adam with optimizer_vae__betas=3"),
        ({"optimizer_discriminator__foreach": "x", "optimizer_discriminator__weight_decay": "y"},
         "^optimizer_discriminator=Adam with .*weight_decay='y'"),
        ({"optimizer_vae": dict}, "^optimizer_vae=dict"),
        ({"callbacks": [3]}, "^callbacks"),
        ({"callbacks": [("stop", EarlyStopping())], "callbacks__stop__patience": "a"},
         "callbacks__stop__patience='a'"),
        ({"callbacks": [("stop", EarlyStopping())], "callbacks__stop__patiense": 3},
         "callbacks__stop__patiense"),
        ({"callbacks": [("a", EarlyStopping()), ("a", EarlyStopping())]}, "^callbacks"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_optimizers_and_callbacks_that_do_not_work_are_named(params, wanted):
    with pytest.raises((ValueError, TypeError), match=wanted):
        make_net(**params).fit(pools())
