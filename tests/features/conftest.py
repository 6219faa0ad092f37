"""timm, or a stand-in with as much of its interface as is used; a folder for what is kept."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

PRETRAINED = ["test_resnet.r160_in1k", "test_vit.r160_in1k"]


class StandIn(nn.Module):
    """What timm's networks have: a configuration, and a classifier that can be left out."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 8, stride=8)
        self.norm = nn.BatchNorm2d(6)
        self.fc = nn.Linear(6, num_classes) if num_classes else nn.Identity()
        self.pretrained_cfg = {
            "input_size": (3, 160, 160),
            "mean": (0.5, 0.5, 0.5),
            "std": (0.5, 0.5, 0.5),
            "classifier": "fc",
        }

    def forward(self, x):
        return self.fc(self.norm(self.conv(x)).mean(dim=(2, 3)))


class StandInTransformer(StandIn):
    """Knows where its patches lie."""

    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes)
        self.place = nn.Parameter(torch.zeros(6, 20, 20))
        self.pretrained_cfg = {**self.pretrained_cfg, "classifier": "fc"}

    def set_input_size(self, img_size):
        n = img_size[0] // 8
        self.place = nn.Parameter(self.place[:, :n, :n].clone())

    def forward(self, x):
        return self.fc(self.norm(self.conv(x) + self.place).mean(dim=(2, 3)))


def create_model(name, pretrained=False, num_classes=1000):
    assert not pretrained
    return (StandInTransformer if "vit" in name else StandIn)(num_classes)


@pytest.fixture
def timm(monkeypatch):
    """The package where it can be imported, else the stand-in."""
    try:
        import timm
    except ImportError:
        timm = ModuleType("timm")
        timm.list_models = lambda: ["resnet18", "resnet34", "test_resnet", "test_vit", "untrained"]
        timm.list_pretrained = lambda: ["resnet18.a1_in1k", *PRETRAINED]
        timm.create_model = create_model
        monkeypatch.setitem(sys.modules, "timm", timm)
    return timm


@pytest.fixture
def fetches(timm, monkeypatch):
    """Networks that timm is asked to download, which come with the same weights each time."""
    names = []
    create = timm.create_model

    def fetch(name, pretrained=False, **options):
        if pretrained:
            names.append(name)
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return create(name, pretrained=False, **options)

    monkeypatch.setattr(timm, "create_model", fetch)
    return names


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where features are kept if nobody says where."""
    monkeypatch.setenv("SKVAAL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "features"


@pytest.fixture
def pixels() -> np.ndarray:
    """Six images."""
    return np.random.default_rng(0).integers(0, 256, (6, 3, 20, 16), dtype=np.uint8)


class Counting(nn.Module):
    """A network without weights that counts the images that it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = []

    def __deepcopy__(self, memo):
        return self

    def forward(self, x):
        self.seen.append(len(x))
        return x.mean(dim=(2, 3))


@pytest.fixture
def counting() -> Counting:
    return Counting()
