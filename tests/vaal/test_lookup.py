"""Names of the nets."""

from __future__ import annotations

import re

import pytest

from skvaal import VAALNet
from skvaal._vaal.lookup import NETS, resolve_net

from .trained import build


@pytest.mark.parametrize("name", NETS)
def test_names_and_classes_stand_for_classes(name):
    assert resolve_net(name) is resolve_net(NETS[name]) is NETS[name]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("seperate_batches", "separate_batches"), ("VAAL", "vaal"), ("no_descriminator", "no_disc")],
)
def test_an_unknown_name_is_answered_with_the_nearest(name, nearest):
    with pytest.raises(ValueError, match=f"unknown net='{name}'; did you mean '{nearest}"):
        resolve_net(name)


@pytest.mark.parametrize("net", [None, 3, int, len])
def test_what_is_no_net(net):
    with pytest.raises(TypeError, match=f"{re.escape(f'net={net!r}')} must be one of 'vaal', .*"):
        resolve_net(net)


def test_an_instance_is_refused():
    with pytest.raises(TypeError, match="pass the class, not an instance"):
        resolve_net(build(VAALNet, (6,)))
