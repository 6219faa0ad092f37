"""Settings of the engine, and what is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest

from skvaal._engine.settings import EngineSettings, make_settings


def test_defaults_change_nothing():
    settings = make_settings({})
    assert settings == EngineSettings()
    assert not settings.compiles
    assert settings.compile_options == settings.loader_options == {}


@pytest.mark.parametrize(
    ("value", "compiles", "options"),
    [
        (False, False, {}),
        (True, True, {}),
        ({}, True, {}),
        ({"mode": "default"}, True, {"mode": "default"}),
    ],
)
def test_compile_is_a_switch_or_options(value, compiles, options):
    settings = make_settings({"compile": value})
    assert settings.compiles is compiles
    assert settings.compile_options == options


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"precison": "bf16"}, "'engine__precison'; did you mean 'engine__precision'"),
        ({"precision": "int8"}, "engine__precision='int8' must be one of 'auto', 'float32'"),
        ({"precision": np.zeros(2)}, "engine__precision="),
        ({"augmentation": "rotate"}, "engine__augmentation='rotate' must be one of None, 'flip'"),
        ({"distributed": "yes"}, "engine__distributed='yes' must be one of False, True"),
        ({"compile": "eager"}, "engine__compile='eager' must be .* or a dict of options"),
        ({"compile": {"moode": "default"}}, "unknown option 'moode'; did you mean 'mode'"),
        ({"loader": 4}, "engine__loader=4 must be None or a dict"),
        ({"loader": {"num_worker": 4}}, "engine__loader.*'num_worker'; did you mean 'num_workers'"),
        ({"loader": {"batch_size": 4}}, "engine__loader cannot set 'batch_size'"),
    ],
)
def test_wrong_settings_are_named(params, message):
    with pytest.raises(ValueError, match=message):
        make_settings(params)
