"""Training: Algorithm 1, what it records, skorch's callbacks, interruption."""

from __future__ import annotations

import os
import signal
import time

import numpy as np
import pytest
import torch
from sklearn.base import clone
from skorch.callbacks import (
    Callback,
    Checkpoint,
    EarlyStopping,
    GradientNormClipping,
    LRScheduler,
    ProgressBar,
)
from torch import nn

from skvaal import (
    ConvVAE,
    DenseVAE,
    DeviceMemoryError,
    LatentDiscriminator,
    TrainingDivergedError,
    VAALNet,
)
from skvaal._engine.augmentation import N_DRAWS
from skvaal._engine.batches import Pair, PairedPools
from skvaal._engine.processes import OneProcess
from skvaal._engine.settings import EngineSettings
from skvaal._pool.pool import Pool
from skvaal._predictions.predictions import PredictionNeeds, Predictions
from skvaal._utils.params import check_params
from skvaal._vaal import evaluation, losses
from skvaal._vaal.training import HISTORY_TERMS

RNG = np.random.RandomState(0)
LABELED, UNLABELED = RNG.randn(20, 6).astype(np.float32), RNG.randn(70, 6).astype(np.float32)

PAIR = Pair(torch.from_numpy(LABELED[:8]), torch.from_numpy(UNLABELED[:8]), None)


def pools() -> PairedPools:
    return PairedPools(Pool(LABELED), Pool(UNLABELED))


def make_net(**params) -> VAALNet:
    torch.manual_seed(0)
    defaults = {
        "input_shape": (6,),
        "vae__hidden": (8,),
        "vae__latent_dim": 2,
        "discriminator__hidden": (8,),
        "batch_size": 16,
        "max_epochs": 2,
    }
    return VAALNet(DenseVAE, LatentDiscriminator, **{**defaults, **params})


class Spy(Callback):
    """Records which module's gradients are announced, and what a step changed."""

    def __init__(self):
        self.steps = []

    def on_grad_computed(self, net, named_parameters, **kwargs):
        self.steps.append([name for name, _ in named_parameters])


def state(module: nn.Module) -> dict:
    return {name: value.clone() for name, value in module.state_dict().items()}


@pytest.mark.parametrize(("vae_steps", "d_steps"), [(1, 1), (2, 1), (1, 3), (3, 2)])
def test_each_iteration_takes_its_steps_in_order(vae_steps, d_steps):
    spy = Spy()
    net = make_net(
        n_vae_steps=vae_steps, n_discriminator_steps=d_steps, callbacks=[spy], max_epochs=1
    ).fit(pools())
    spy = dict(net.callbacks_)["Spy"]
    kinds = ["vae" if "fc_mu.weight" in names else "discriminator" for names in spy.steps]
    iteration = ["vae"] * vae_steps + ["discriminator"] * d_steps
    # An epoch is one pass over the unlabelled pool, whatever the number of VAE steps.
    n_iterations = -(-70 // (16 * vae_steps))
    assert kinds == iteration * n_iterations
    assert net.history[-1, "train_batch_count"] == n_iterations


def test_every_vae_step_has_a_batch_of_its_own(monkeypatch):
    seen, step = [], VAALNet.vae_step
    monkeypatch.setattr(
        VAALNet, "vae_step", lambda self, pair: seen.append(pair.unlabeled) or step(self, pair)
    )
    make_net(n_vae_steps=2, batch_size=10, max_epochs=1).fit(pools())
    rows = torch.cat(seen)
    assert all(len(batch) == 10 for batch in seen)
    assert len(torch.unique(rows, dim=0)) == 70


def test_vae_step_leaves_the_discriminator_alone_and_the_other_way_round():
    net = make_net().initialize()
    net._set_training(True)
    vae, discriminator = state(net.vae_), state(net.discriminator_)
    net.history.new_epoch(), net.history.new_batch()
    mu, _ = net.vae_step(PAIR)
    assert any(not torch.equal(v, vae[k]) for k, v in net.vae_.state_dict().items())
    assert all(torch.equal(v, discriminator[k]) for k, v in net.discriminator_.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in net.discriminator_.parameters())
    vae = state(net.vae_)
    net.discriminator_step(mu, PAIR)
    assert all(torch.equal(v, vae[k]) for k, v in net.vae_.state_dict().items())
    assert any(not torch.equal(v, discriminator[k])
               for k, v in net.discriminator_.state_dict().items())  # fmt: skip


def test_loss_is_equations_1_and_2_with_their_weights():
    net = make_net(lambda1=3.0, lambda2=5.0, beta=2.0, variance=0.5).initialize()
    net.vae_.eval(), net.discriminator_.eval()
    torch.manual_seed(1)
    _, terms = net.vae_step(PAIR)
    # Equation 1 sums the pools' means: twice the mean over both, which the history holds.
    bound = float(terms["reconstruction_loss"] + 2 * terms["kl"])
    expected = 3 * 2 * bound + 5 * float(terms["adversarial_loss"])
    assert float(terms["vae_loss"]) == pytest.approx(expected, rel=1e-5)
    assert float(terms["variance"]) == 0.5


def test_decoder_does_not_run_for_the_discriminator_or_for_scoring(monkeypatch):
    calls = []
    decode = DenseVAE.decode
    monkeypatch.setattr(DenseVAE, "decode", lambda self, z: calls.append(len(z)) or decode(self, z))
    net = make_net(n_discriminator_steps=5, max_epochs=1).fit(pools())
    assert len(calls) == 1 + net.history[-1, "train_batch_count"]  # 1: the check of the module
    calls.clear()
    net.log_odds(Pool(UNLABELED)), net.means(Pool(UNLABELED))
    assert not calls


@pytest.mark.parametrize(
    ("numbers", "sizes"),
    [(2**20, [64, 36]), (6 * 40, [32, 32, 32, 4]), (1, [16] * 6 + [4])],
)
def test_scoring_takes_up_to_four_batches_at_once(numbers, sizes, monkeypatch):
    net = make_net(batch_size=16).fit(pools())
    monkeypatch.setattr(evaluation, "_MAX_NUMBERS", numbers)
    seen = []
    encode = DenseVAE.encode
    monkeypatch.setattr(DenseVAE, "encode", lambda self, x: seen.append(len(x)) or encode(self, x))
    net.scores(Pool(np.zeros((100, 6), dtype=np.float32)))
    assert seen == sizes


def test_history_holds_every_term_for_epochs_and_batches():
    net = make_net().fit(pools())
    for term in ("train_loss", *HISTORY_TERMS):
        batches = net.history[-1, "batches", :, term]
        assert np.isfinite(batches).all()
        assert net.history[-1, term] == pytest.approx(np.mean(batches), rel=1e-5)


@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
@pytest.mark.slow
def test_training_improves_both_modules(likelihood):
    rng = np.random.RandomState(0)
    labeled = 1 / (1 + np.exp(-rng.randn(60, 6) - 3)).astype(np.float32)
    unlabeled = 1 / (1 + np.exp(-rng.randn(300, 6) + 1)).astype(np.float32)
    net = make_net(max_epochs=30, lr=3e-3, lambda2=0.0, likelihood=likelihood)
    net.fit(PairedPools(Pool(labeled), Pool(unlabeled)))
    assert net.history[-1, "vae_loss"] < net.history[0, "vae_loss"]
    assert net.history[-1, "discriminator_loss"] < 0.6 * net.history[0, "discriminator_loss"]
    # The pools lie apart, so that the scores tell them apart too.
    assert np.median(net.log_odds(Pool(labeled))) > 0 > np.median(net.log_odds(Pool(unlabeled)))


@pytest.mark.slow
def test_adversarial_term_makes_the_pools_alike():
    rng = np.random.RandomState(0)
    far = rng.randn(60, 6).astype(np.float32) + 3, rng.randn(300, 6).astype(np.float32)

    def gap(lambda2: float) -> float:
        net = make_net(max_epochs=30, lr=3e-3, lambda2=lambda2)
        net.fit(PairedPools(Pool(far[0]), Pool(far[1])))
        return net.history[-1, "discriminator_loss"]

    assert gap(100.0) > 2 * gap(0.0)


def test_a_module_that_is_passed_in_is_not_trained_itself():
    vae = DenseVAE((6,), latent_dim=2)
    before = state(vae)
    net = VAALNet(vae, LatentDiscriminator, input_shape=(6,), max_epochs=1).fit(pools())
    assert all(torch.equal(v, before[k]) for k, v in vae.state_dict().items())
    assert net.vae_ is not vae


class OwnVAE(nn.Module):
    """A VAE of a user, without any knowledge of skvaal."""

    def __init__(self, size=3):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(6, size), nn.Linear(6, size), nn.Linear(size, 6)

    def encode(self, x):
        return self.a(x), self.b(x)

    def decode(self, z):
        return self.c(z)


class OwnDiscriminator(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.layer = nn.Linear(latent_dim, 1)

    def forward(self, mu):
        return self.layer(mu)  # (n, 1)


@pytest.mark.parametrize("vae", [OwnVAE, OwnVAE(5)])
@pytest.mark.parametrize("discriminator", [OwnDiscriminator, OwnDiscriminator(5)])
def test_modules_of_a_user(vae, discriminator):
    nested = {"vae__size": 5} if isinstance(vae, type) else {}
    net = VAALNet(vae, discriminator, input_shape=(6,), max_epochs=1, **nested).fit(pools())
    assert net.latent_dim_ == 5
    assert net.log_odds(Pool(UNLABELED)).shape == (70,)


@pytest.mark.parametrize(
    ("params", "variance"),
    [({}, None), ({"variance": 0.3}, 0.3), ({"likelihood": "bernoulli"}, 0.0)],
)
def test_a_pass_holds_what_the_losses_read(params, variance):
    net = make_net(**params).initialize()
    net.vae_.eval()
    passed = net.pass_pair(PAIR)
    assert torch.equal(passed.x, torch.cat([PAIR.labeled, PAIR.unlabeled]))
    mu, logvar = net.encode(passed.x)
    torch.testing.assert_close(passed.mu, mu)
    torch.testing.assert_close(passed.logvar, losses.bounded_logvar(logvar))
    expected = losses.optimal_variance(passed.x_hat, passed.x) if variance is None else variance
    assert passed.variance.shape == ()
    assert float(passed.variance) == pytest.approx(float(expected))
    likelihood = net.log_likelihood(passed.x_hat, passed.x, passed.variance)
    torch.testing.assert_close(passed.log_likelihood, likelihood)


def test_columns_beside_the_samples_reach_all_that_may_read_them():
    seen = []

    class Reads(VAALNet):
        def decode(self, z, extra=None):
            seen.append(("decode", extra))
            return super().decode(z)

        def logits(self, mu, extra=None, discriminator=None):
            seen.append(("logits", extra))
            return super().logits(mu)

        def compute_vae_loss(self, passed, extra):
            seen.append(("loss of the VAE", extra))
            return super().compute_vae_loss(passed, extra)

        def compute_discriminator_loss(self, labeled, unlabeled, extra):
            seen.append(("loss of the discriminator", extra))
            return super().compute_discriminator_loss(labeled, unlabeled, extra)

    net = Reads(DenseVAE, LatentDiscriminator, input_shape=(6,)).initialize()
    pair = Pair(PAIR.labeled, PAIR.unlabeled, torch.ones(16, 1))
    seen.clear()
    mu, _ = net.vae_step(pair)
    net.discriminator_step(mu, pair)
    assert [name for name, _ in seen] == [
        "decode", "loss of the VAE", "logits", "logits", "loss of the discriminator"
    ]  # fmt: skip
    assert all(extra is pair.extra for _, extra in seen)


def test_images_of_each_pool_are_changed_and_stay_in_their_pool():
    extra = torch.ones(10, 1)
    images = torch.rand(10, 1, 4, 4, generator=torch.manual_seed(0))
    pair = make_net()._augment(Pair(images[:4], images[4:8], extra), "flip")
    assert pair.extra is extra
    n_flipped = 0
    for before, after in zip(images[:8], [*pair.labeled, *pair.unlabeled], strict=True):
        n_flipped += (is_flipped := torch.equal(after, before.flip(-1)))
        assert is_flipped or torch.equal(after, before)
    assert 0 < n_flipped < 8
    assert len(pair.labeled) == len(pair.unlabeled) == 4


def test_an_iteration_is_taken_on_changed_images(monkeypatch):
    seen = []
    terms = {"vae_loss": torch.zeros(())}
    monkeypatch.setattr(VAALNet, "iterate", lambda self, pairs: seen.append(pairs) or (None, terms))
    images = torch.rand(32, 1, 4, 4, generator=torch.manual_seed(0))
    for kind in (None, "flip"):
        net = make_net(engine=EngineSettings(augmentation=kind)).initialize()
        net.history.new_epoch(), net.history.new_batch()
        net.train_step(images)
    ((plain,), (flipped,)) = seen
    assert torch.equal(torch.cat([plain.labeled, plain.unlabeled]), images)
    assert not torch.equal(torch.cat([flipped.labeled, flipped.unlabeled]), images)


def test_the_loader_gets_its_options(monkeypatch):
    made = {}
    monkeypatch.setattr("skvaal._vaal.net.DataLoader", lambda *args, **given: made.update(given))
    monkeypatch.setattr("skvaal._vaal.net.Prefetched", lambda *args: args)
    engine = EngineSettings(loader={"num_workers": 0, "prefetch_factor": None})
    net = make_net(engine=engine, n_vae_steps=3).initialize()
    _, device, failure = net.get_iterator(pools(), training=True)
    sampler = made.pop("sampler")
    assert made.pop("generator") is sampler.generator
    assert made == {"batch_size": None, "num_workers": 0, "prefetch_factor": None}
    assert device == torch.device("cpu")
    assert "engine__loader={'num_workers': 0" in failure
    assert [(len(labeled), len(unlabeled)) for labeled, unlabeled in sampler] == [(48, 48)] * 2
    assert make_net().initialize().get_iterator(pools(), training=True)[2] is None


def test_the_users_own_loader_gives_the_same_training():
    plain = make_net(max_epochs=1).fit(pools())
    own = make_net(max_epochs=1, engine=EngineSettings(loader={"num_workers": 0})).fit(pools())
    assert own.history[:, "train_loss"] == pytest.approx(plain.history[:, "train_loss"])


def test_numbers_are_drawn_for_the_samples_of_each_pool(monkeypatch):
    drawn, draw = [], OneProcess.draw

    def note(self, function, shape, n_of_pool, device):
        drawn.append((function, shape, n_of_pool, device))
        return draw(self, function, shape, n_of_pool, device)

    monkeypatch.setattr(OneProcess, "draw", note)
    net = make_net().initialize()
    net.pass_pair(PAIR)
    images = torch.zeros(4, 1, 4, 4)
    net._augment(Pair(images, images, None), "flip")
    assert drawn == [(torch.randn, (16, 2), 8, "cpu"), (torch.rand, (8, N_DRAWS), 4, "cpu")]


def test_too_little_memory_names_batch_and_device(monkeypatch):
    def fail(self, data, **params):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate")

    monkeypatch.setattr(VAALNet, "fit_loop", fail)
    with pytest.raises(DeviceMemoryError, match="device 'cpu' .* for batch_size=16; .*out of mem"):
        make_net().fit(pools())


# skorch's callbacks


def test_progress_bar(capsys):
    make_net(callbacks=[ProgressBar(detect_notebook=False)]).fit(pools())
    assert "/5 [" in capsys.readouterr().err


def test_early_stopping_ends_training_normally():
    stop = EarlyStopping(monitor="train_loss", patience=2, threshold=1e9, threshold_mode="abs")
    net = make_net(max_epochs=50, callbacks=[stop]).fit(pools())
    assert len(net.history) == 3
    assert net.log_odds(Pool(UNLABELED)).shape == (70,)


def test_checkpoint_saves_both_modules(tmp_path):
    checkpoint = Checkpoint(
        monitor=None,
        dirname=tmp_path,
        f_params=None,
        f_optimizer=None,
        f_criterion=None,
        f_vae="vae.pt",
        f_discriminator="discriminator.pt",
    )
    net = make_net(callbacks=[checkpoint]).fit(pools())
    for name in ("vae", "discriminator"):
        saved = torch.load(tmp_path / f"{name}.pt", weights_only=True)
        assert all(
            torch.equal(saved[k], v) for k, v in getattr(net, f"{name}_").state_dict().items()
        )


def test_learning_rate_schedule_drives_both_optimizers():
    schedule = LRScheduler(torch.optim.lr_scheduler.StepLR, step_size=1, gamma=0.5)
    net = make_net(
        callbacks=[schedule], max_epochs=3, optimizer_vae__lr=0.08, optimizer_discriminator__lr=0.8
    ).fit(pools())
    assert net.optimizer_vae_.param_groups[0]["lr"] == pytest.approx(0.01)
    assert net.optimizer_discriminator_.param_groups[0]["lr"] == pytest.approx(0.1)


def test_gradient_clipping_reaches_both_modules():
    class Norms(Callback):
        def __init__(self):
            self.norms = []

        def on_grad_computed(self, net, named_parameters, **kwargs):
            gradients = [p.grad.flatten() for _, p in named_parameters]
            self.norms.append(float(torch.cat(gradients).norm()))

    clipped = make_net(callbacks=[GradientNormClipping(1e-3), Norms()]).fit(pools())
    free = make_net(callbacks=[Norms()]).fit(pools())
    assert max(dict(clipped.callbacks_)["Norms"].norms) < 1.01e-3
    assert min(dict(free.callbacks_)["Norms"].norms) > 1e-3


def test_lr_can_be_changed_between_fits():
    net = make_net().fit(pools())
    net.set_params(lr=0.5).partial_fit(pools())
    assert net.optimizer_vae_.param_groups[0]["lr"] == 0.5
    assert net.optimizer_discriminator_.param_groups[0]["lr"] == 0.5


def test_best_weights_come_back_for_both_modules():
    class Worsen(Callback):
        """Spoils both modules from the second epoch on."""

        def on_epoch_begin(self, net, **kwargs):
            if len(net.history) > 1:
                for p in net.module_.parameters():
                    p.data.add_(1.0)

    stop = EarlyStopping(monitor="train_loss", patience=3, load_best=True)
    once = make_net(max_epochs=1).fit(pools())
    net = make_net(max_epochs=50, callbacks=[Worsen(), stop]).fit(pools())
    for name in ("vae_", "discriminator_"):
        expected = getattr(once, name).state_dict()
        for key, value in getattr(net, name).state_dict().items():
            torch.testing.assert_close(value, expected[key])


def test_checkpoint_restores_both_modules_from_its_default_files(tmp_path):
    checkpoint = Checkpoint(monitor=None, dirname=str(tmp_path), load_best=True)
    net = make_net(callbacks=[checkpoint]).fit(pools())
    saved = torch.load(tmp_path / "params.pt", weights_only=True)
    assert {key.partition(".")[0] for key in saved} == {"vae", "discriminator"}
    restored = net.module_.state_dict()
    assert all(torch.equal(restored[key], value) for key, value in saved.items())


def test_callback_may_stop_in_the_first_epoch():
    class StopAtOnce(Callback):
        def on_batch_end(self, net, **kwargs):
            raise KeyboardInterrupt

    net = make_net(callbacks=[StopAtOnce()]).fit(pools())
    assert np.isfinite(net.elbo(Pool(UNLABELED))).all()


def test_accuracies_are_those_of_a_discriminator_that_separates():
    far = LABELED + 20, UNLABELED - 20
    net = make_net(max_epochs=20, lr=5e-3, lambda2=0.0)
    net.fit(PairedPools(Pool(far[0]), Pool(far[1])))
    assert net.history[-1, "discriminator_accuracy_labeled"] > 0.9
    assert net.history[-1, "discriminator_accuracy_unlabeled"] > 0.9


def test_a_logit_of_zero_calls_no_sample_labelled(monkeypatch):
    logits = VAALNet.logits
    monkeypatch.setattr(VAALNet, "logits", lambda self, *args: 0 * logits(self, *args))
    terms = make_net().initialize().discriminator_step(torch.ones(16, 2), PAIR)
    assert float(terms["discriminator_accuracy_labeled"]) == 0
    assert float(terms["discriminator_accuracy_unlabeled"]) == 1


class WildVariance(OwnVAE):
    """Says log-variances that no exponential survives."""

    def encode(self, x):
        return self.a(x), self.b(x) * 0 + 1e3


def test_log_variances_out_of_range_train_and_score():
    net = VAALNet(WildVariance, LatentDiscriminator, input_shape=(6,), max_epochs=1).fit(pools())
    assert np.isfinite(net.elbo(Pool(UNLABELED))).all()


def test_the_net_of_the_paper_has_both_parts_and_reads_no_predictions():
    assert VAALNet.has_vae
    assert VAALNet.has_discriminator
    assert not VAALNet.ignored_params
    assert not VAALNet.reads_uncertainty
    assert not VAALNet.scores_depend_on_batch
    assert VAALNet.prediction_needs == PredictionNeeds()
    assert VAALNet.learn_extra(Predictions(), Predictions(), None) is None
    assert VAALNet.restore_extra({}, {}) is None


def test_net_can_be_cloned():
    net = make_net(beta=3.0, optimizer_vae__lr=0.5)
    copy = clone(net)
    assert copy.get_params()["beta"] == 3.0
    assert copy.get_params()["optimizer_vae__lr"] == 0.5


@pytest.mark.parametrize(
    ("vae", "discriminator", "message"),
    [
        (DenseVAE((10,)), LatentDiscriminator, r"encode fails on samples of shape \(6,\)"),
        (DenseVAE, LatentDiscriminator(3), "fails on latent vectors of size 32"),
        (ConvVAE, LatentDiscriminator, "vae=ConvVAE .*cannot be built"),
    ],
)
def test_modules_that_do_not_fit_are_named(vae, discriminator, message):
    with pytest.raises(ValueError, match=message):
        VAALNet(vae, discriminator, input_shape=(6,)).fit(pools())


def test_torchs_default_dtype_does_not_matter():
    torch.set_default_dtype(torch.float64)
    try:
        make_net().fit(pools()).log_odds(Pool(UNLABELED))
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        ("likelihood", ["gaussian", "bernoulli"], ["poisson"]),
        ("variance", ["optimal", 1e-9], ["best", 0]),
        ("beta", [0, 0.5], [-1e-9]),
        ("lambda1", [0, 0.5], [-1e-9]),
        ("lambda2", [0, 0.5], [-1e-9]),
        ("n_vae_steps", [1, 10_000], [0, 10_001]),
        ("n_discriminator_steps", [1, 10_000], [0, 10_001]),
        ("optimizer_vae", [torch.optim.SGD], ["adam"]),
        ("optimizer_discriminator", [torch.optim.SGD], ["adam"]),
        ("lr", [1e-9, 1e6], [0, 1e6 + 0.5]),
        ("batch_size", [1], [0]),
        ("vae", [OwnVAE, OwnVAE()], ["dense"]),
        ("discriminator", [OwnDiscriminator, OwnDiscriminator(2)], ["dense"]),
        ("input_shape", [(1,), (3, 8, 8)], [(0,), (2.5,)]),
        ("engine", [EngineSettings()], [None]),
        ("processes", [OneProcess()], [None]),
        ("principal_components", [None], ["both"]),
        ("verbose", [0, 1, True], ["yes"]),
    ],
)
def test_each_parameter_has_its_limits(name, allowed, refused):
    for value in allowed:
        check_params(VAALNet, {name: value})
    for value in refused:
        net = make_net()
        setattr(net, name, value)
        with pytest.raises(ValueError, match=f"'{name}' parameter of VAALNet"):
            net.initialize()


# Ends before the end


@pytest.mark.usefixtures("listens_to_ctrl_c")
def test_interrupt_raised_by_a_handler_in_python_is_not_swallowed(monkeypatch):
    def handler(*args):
        raise KeyboardInterrupt

    def interrupted(self, *args):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)

    signal.signal(signal.SIGINT, handler)
    monkeypatch.setattr(VAALNet, "discriminator_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make_net().fit(pools())


def test_weights_that_diverge_in_the_last_step_are_found():
    sgd = {"optimizer_vae": torch.optim.SGD, "optimizer_vae__lr": 1e37, "lambda1": 1e6}
    with pytest.raises(TrainingDivergedError, match="is not finite"):
        make_net(batch_size=1000, max_epochs=1, **sgd).fit(pools())


@pytest.mark.usefixtures("listens_to_ctrl_c")
def test_interrupt_inside_a_step_is_not_swallowed(monkeypatch):
    def interrupted(self, *args):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)

    monkeypatch.setattr(VAALNet, "discriminator_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make_net().fit(pools())


@pytest.mark.usefixtures("listens_to_ctrl_c")
def test_interrupt_inside_a_callback_is_not_taken_for_early_stopping():
    class Slow(Callback):
        def on_epoch_end(self, net, **kwargs):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)

    with pytest.raises(KeyboardInterrupt):
        make_net(callbacks=[Slow()]).fit(pools())
