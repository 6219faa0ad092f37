import numpy as np
import pytest

from skvaal import HerdingQueryStrategy, VAALQueryStrategy
from skvaal.project.choosing import task_models
from skvaal.project.choosing.choosing import choose
from skvaal.project.choosing.strategies import STRATEGIES, Named

SMALL = {"max_epochs": 1, "vae__latent_dim": 2, "discriminator__hidden": (8,), "batch_size": 64}


@pytest.fixture(autouse=True, scope="module")
def trains_little():
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(task_models, "_N_TREES", 30)
        for name in ("vaal_herding", "vaal"):
            named = STRATEGIES[name]
            values = {**vars(named), "params": {**SMALL, **named.params}}
            monkeypatch.setitem(STRATEGIES, name, Named(**values))
        yield


@pytest.fixture(scope="module")
def herded(blobs, trains_little):
    return choose(blobs, 12, strategy="herding")


@pytest.fixture(scope="module")
def by_vaal(blobs, trains_little):
    return choose(blobs, 5, seed=1)


def test_it_chooses_what_herding_with_the_model_chooses(blobs, herded):
    from skvaal.project.choosing.inputs import make_inputs
    from skvaal.project.choosing.task_models import predict

    inputs = make_inputs(blobs.samples)
    free = np.setdiff1d(np.arange(120), blobs.rows)
    proba = predict("forest", inputs, blobs, seed=0)[0].proba[free]
    strategy = HerdingQueryStrategy(random_state=0)
    indices, gains = strategy.fit_query(
        inputs.X[blobs.rows], inputs.X[free], 12, proba=proba, return_scores=True
    )

    assert herded.rows.tolist() == free[indices].tolist()
    np.testing.assert_allclose(herded.columns["gain"], gains, rtol=1e-3)


def test_it_tells_of_each_pick_what_there_is(blobs, herded):
    assert list(herded.columns) == ["gain", "uncertainty", "covers", "nearest_labeled", "predicted"]
    assert all(len(column) == 12 for column in herded.columns.values())
    assert set(herded.columns["nearest_labeled"]) <= set(blobs.samples.names[blobs.rows])
    assert set(herded.columns["predicted"]) <= {"cat", "dog"}
    assert len(set(herded.reasons)) > 3
    assert any("unlike any label" in why for why in herded.reasons)  # of the cloud without labels


def test_it_finds_the_cloud_without_labels(herded):
    assert herded.rows[0] % 3 == 2


def test_it_says_what_was_done(herded):
    assert herded.summary == (
        "Chose 12 of 110 unlabelled rows by uncertainty herding, from columns, 10 labels of 2 "
        "classes and the predictions of a forest of 30 trees."
    )
    assert herded.notes == ()
    assert herded.settings["seed"] == 0
    assert herded.settings["shape of a sample"] == "4"
    assert herded.settings["exponent of uncertainty"] == 1  # by 10 labels
    assert "exponent of the scores" not in herded.settings
    assert "the model wavers" in herded.settings


def test_the_map_is_of_the_space_of_the_strategy(blobs, herded):
    assert herded.map.shape == (120, 2)
    assert np.isfinite(herded.map).all()
    # Clouds keep apart.
    centres = np.array([herded.map[np.arange(120) % 3 == i].mean(axis=0) for i in range(3)])
    assert min(np.linalg.norm(a - b) for a, b in zip(centres, centres[[1, 2, 0]], strict=True)) > 1


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_every_strategy_chooses_different_samples_without_a_label(blobs, by_vaal, name):
    picks = by_vaal if name == "vaal_herding" else choose(blobs, 5, strategy=name)

    assert len(set(picks.rows.tolist())) == 5
    assert not set(picks.rows.tolist()) & set(blobs.rows.tolist())
    assert {"covers", "nearest_labeled"} <= set(picks.columns)
    assert ("score" in picks.columns) == (STRATEGIES[name].family == "vaal")
    assert ("uncertainty" in picks.columns) == STRATEGIES[name].reads_model
    assert (picks.strategy is None) == (STRATEGIES[name].family in ("model", "random"))
    assert picks.names == [str(row) for row in picks.rows]


def test_the_same_seed_gives_the_same_picks(blobs, by_vaal):
    again = choose(blobs, 5, seed=1)

    assert again.names == by_vaal.names
    assert again.reasons == by_vaal.reasons
    np.testing.assert_array_equal(again.map, by_vaal.map)


def test_another_seed_gives_others(blobs):
    first, other = (choose(blobs, 8, strategy="random", seed=seed) for seed in (1, 2))
    assert first.names != other.names


def test_vaal_is_examined(by_vaal):
    assert isinstance(by_vaal.strategy, VAALQueryStrategy)
    assert by_vaal.strategy.diagnostics_.n_labeled == 10
    found = by_vaal.strategy.diagnostics_
    exponents = [by_vaal.settings[f"exponent of {what}"] for what in ("the scores", "uncertainty")]
    assert exponents == [round(found.score_exponent, 3), found.uncertainty_exponent]


def test_margin_takes_the_least_sure(blobs):
    picks = choose(blobs, 6, strategy="margin")
    taken = picks.columns["uncertainty"]

    assert (np.diff(taken) <= 0).all()
    assert all(why.startswith(("the model wavers", "unlike")) for why in picks.reasons)


class TestFirstRound:
    def test_it_covers_the_pool_and_says_so(self, known_of, blobs):
        picks = choose(known_of(blobs.samples.X), 6)

        assert isinstance(picks.strategy, HerdingQueryStrategy)
        assert "no row has a label yet" in picks.summary
        assert "VAAL's discriminator needs some: this first round covers the pool" in picks.notes[0]
        assert set(picks.rows % 3) == {0, 1, 2}
        assert list(picks.columns) == ["gain", "covers"]

    def test_a_model_has_nothing_to_learn_from(self, known_of, blobs):
        picks = choose(known_of(blobs.samples.X), 6, strategy="margin")
        assert "a model needs some" in picks.notes[0]

    def test_chance_needs_no_label(self, known_of, blobs):
        picks = choose(known_of(blobs.samples.X), 6, strategy="random")
        assert picks.notes == ()
        assert all(why.startswith("drawn at random") for why in picks.reasons)

    def test_a_second_one_covers_what_the_first_left(self, known_of, blobs):
        known = known_of(blobs.samples.X)
        first = choose(known, 3)

        second = choose(known, 3, exclude=first.names)

        assert not set(first.names) & set(second.names)
        assert isinstance(second.strategy, HerdingQueryStrategy)
        assert second.strategy.n_labeled_ == 3  # those that were asked for count as covered


def test_samples_asked_for_before_count_as_covered(blobs):
    first = choose(blobs, 1, strategy="herding_no_learner")
    second = choose(blobs, 1, strategy="herding_no_learner", exclude=first.names)

    X = blobs.samples.X
    assert second.names != first.names
    assert np.linalg.norm(X[second.rows[0]] - X[first.rows[0]]) > 1
    assert second.columns["nearest_labeled"][0] != first.names[0]  # it has no label yet


def test_own_predictions_take_the_place_of_a_model(blobs, tmp_path):
    rows = np.arange(120)
    proba = np.where(rows == 77, 0.5, 0.9)
    lines = [f"{row},{p},{1 - p}" for row, p in zip(rows, proba, strict=True)]
    (tmp_path / "proba.csv").write_text("\n".join(["row,owl,fox", *lines]))

    picks = choose(blobs, 1, strategy="margin", predictions=tmp_path / "proba.csv")

    assert picks.names == ["77"]
    assert picks.columns["predicted"].tolist() == ["owl"]
    assert "the predictions of your model" in picks.summary


def test_what_has_no_part_is_said(blobs):
    picks = choose(blobs, 2, strategy="random", model="forest")
    assert picks.notes == ("The strategy reads no model: model 'forest' had no part.",)


def test_too_few_labels_for_a_model_are_said(known_of, blobs):
    picks = choose(known_of(blobs.samples.X, {0: "cat", 1: "dog"}), 2, strategy="herding")
    assert picks.notes == ("No model was fitted: 2 labels of 2 classes are fewer than 3 a class.",)
    assert picks.summary.endswith("2 labels of 2 classes, without a model.")


def test_a_strategy_of_a_model_needs_one(known_of, blobs):
    known = known_of(blobs.samples.X, {0: "cat", 1: "dog"})
    with pytest.raises(
        ValueError, match="the margin needs class prob.*fewer than 3 a class.*'linear'"
    ):
        choose(known, 2, strategy="margin")


def test_images_keep_their_files_and_damaged_ones_are_named(tmp_path):
    from PIL import Image

    from skvaal._files.images import LazyImages
    from skvaal.project.reading import read_known

    for i in range(20):
        Image.new("RGB", (9, 9), (12 * i, 0, 90)).save(tmp_path / f"{i:02}.png")
    (tmp_path / "03.png").write_bytes(b"no image")

    picks = choose(read_known(tmp_path), 4, strategy="herding")

    assert isinstance(picks.known.samples.X, LazyImages)
    assert picks.known.samples.X.shape == (19, 3, 9, 9)
    assert "1 image cannot be read and was left out, first 03.png" in picks.notes[-1]
    assert picks.summary.startswith("Chose 4 of 19 unlabelled images by")


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, None, True])
def test_a_seed_is_a_whole_number(blobs, seed):
    with pytest.raises(ValueError, match="seed="):
        choose(blobs, 1, seed=seed)


def test_a_preset_for_images_is_refused_for_rows(blobs):
    with pytest.raises((ValueError, TypeError)):
        choose(blobs, 1, preset="paper-cifar")


def test_a_preset_is_for_pixels(blobs, known_of):
    with pytest.raises(ValueError, match="preset='paper-cifar' is for images as pixels, .*sees fe"):
        choose(blobs, 2, preset="paper-cifar")
    images = known_of(np.zeros((9, 3, 8, 8), np.uint8), {0: "cat", 1: "dog"}, kind="images")
    with pytest.raises(ValueError, match="the choice sees features of images; leave it out"):
        choose(images, 2, preset="paper-cifar", features=np.eye(9))


def test_the_way_out_of_labels_of_one_class_is_named(known_of, blobs):
    known = known_of(np.zeros((30, 3, 8, 8), np.uint8), {0: "cat", 1: "cat"}, kind="images")
    for given in ({"preset": "sraal"}, {"strategy": "margin"}):
        with pytest.raises(ValueError, match="choose by strategy='herding_no_learner' until two"):
            choose(known, 2, **given)
    with pytest.raises(ValueError, match="have labels, without preset='sraal', or give predicti"):
        choose(known, 2, preset="sraal", model="linear")


def test_a_preset_that_needs_predictions_says_so(known_of):
    images = np.random.default_rng(0).integers(0, 256, (30, 3, 8, 8), dtype=np.uint8)
    known = known_of(images, {0: "cat", 1: "dog"}, kind="images")
    with pytest.raises(ValueError, match="preset='sraal' needs class probabilities"):
        choose(known, 1, preset="sraal", model="none")
