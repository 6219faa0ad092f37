"""Networks of timm, with weights of files and of its own."""

from __future__ import annotations

import sys

import pytest
import torch

from skvaal._features.timm_models import build_timm_model
from skvaal._features.weights import hash_weights


@pytest.fixture
def checkpoint(timm, tmp_path):
    """Weights of test_resnet with its classifier."""
    torch.save(timm.create_model("test_resnet", num_classes=7).state_dict(), tmp_path / "w.pt")
    return tmp_path / "w.pt"


def test_weights_of_a_file_leave_the_classifier_out(checkpoint):
    module = build_timm_model("test_resnet", checkpoint, None)
    held = torch.load(checkpoint, weights_only=True)
    own = module.state_dict()
    assert 0 < len(own) < len(held)
    assert all(torch.equal(value, held[name]) for name, value in own.items())


def test_weights_of_a_file_are_not_fetched(checkpoint, fetches):
    build_timm_model("test_resnet.r160_in1k", checkpoint, None)
    assert fetches == []


def test_weights_of_another_network(checkpoint):
    with pytest.raises(ValueError, match=r"w\.pt' holds the weights of another network"):
        build_timm_model("test_vit", checkpoint, None)


def test_timm_fetches_its_own(fetches):
    first = build_timm_model("test_resnet", None, None)
    again = build_timm_model("test_resnet", None, None)
    assert fetches == ["test_resnet"] * 2
    assert hash_weights(first) == hash_weights(again)


def test_a_transformer_is_moved_to_another_size(fetches):
    own = build_timm_model("test_vit", None, None).eval()
    other = build_timm_model("test_vit", None, 96).eval()
    assert own(torch.zeros(2, 3, 160, 160)).shape == other(torch.zeros(2, 3, 96, 96)).shape


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet-18", "no model of timm; did you mean 'resnet18'"),
        ("Resnet18", "did you mean 'resnet18'"),
        ("test_restnet.r160_in1k", "did you mean 'test_resnet'"),
        ("../../etc/passwd", r"no model of timm; timm\.list_models\(\) lists all"),
        ("", r"no model of timm; timm\.list_models\(\) lists all"),
        ("hf-hub:a/b", "no model of timm"),
        (
            "test_resnet.other",
            "no weights 'other' of test_resnet; it has test_resnet.r160",
        ),
    ],
)
def test_a_name_that_does_not_exist(name, message, fetches):
    with pytest.raises(ValueError, match=message):
        build_timm_model(name, None, None)
    assert fetches == []


def test_a_network_without_weights(timm, fetches, monkeypatch):
    monkeypatch.setattr(timm, "list_pretrained", lambda: ["resnet18.a1_in1k"])
    with pytest.raises(ValueError, match=r"no pretrained weights in timm; pass checkpoint=<file>"):
        build_timm_model("test_resnet", None, None)


def test_without_a_network_the_way_out_is_a_file(timm, monkeypatch):
    def fail(*args, **kwargs):
        raise ConnectionError("Name or service not known\nand more")

    monkeypatch.setattr(timm, "create_model", fail)
    with pytest.raises(OSError, match=r"\(Name or service not known\).*pass checkpoint=") as raised:
        build_timm_model("test_resnet", None, None)
    assert "\n" not in str(raised.value)


def test_timm_that_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(ImportError, match=r"pip install 'skvaal\[features\]', or pass a torch"):
        build_timm_model("test_resnet", None, None)
