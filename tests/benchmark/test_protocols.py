import pytest

from skvaal.benchmark.protocols import PROTOCOLS, Protocol, budget_sweep, get_protocols


@pytest.mark.parametrize(
    ("share", "n_classes", "expected"), [(0.0, 10, 0), (0.3, 10, 3), (0.1, 3, 1), (0.25, 10, 2)]
)
def test_missing_classes_are_counted(share, n_classes, expected):
    assert Protocol(missing_classes=share).n_missing(n_classes) == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("start", "stratifed"),
        ("missing_classes", 1.0),
        ("missing_classes", -0.1),
        ("label_noise", 1.0),
        ("imbalance", 0.5),
        ("copies", 0),
        ("copies", 1.5),
        ("batch_factor", 0),
    ],
)
def test_bad_field_is_named(field, value):
    with pytest.raises(ValueError, match=f"protocol 'mine': {field}={value!r} must be"):
        Protocol(name="mine", **{field: value})


def test_protocols_are_values():
    assert Protocol(label_noise=0.1) == Protocol(label_noise=0.1)
    assert Protocol(label_noise=0.1) != Protocol(label_noise=0.2)


def test_each_name_gives_a_protocol_of_that_name():
    for name in set(PROTOCOLS) - {"budget_sweep"}:
        assert [protocol.name for protocol in get_protocols([name])] == [name]


def test_names_that_overlap_give_each_protocol_once():
    names = [protocol.name for protocol in get_protocols(["standard", "budget_sweep"])]

    assert names == ["standard", "batch_x0.5", "batch_x2"]


def test_sweep_takes_any_factors():
    assert [protocol.batch_factor for protocol in budget_sweep((0.25, 4))] == [0.25, 4]


def test_unknown_name_gives_the_nearest():
    with pytest.raises(ValueError, match="protocol='noisy_orakel'.*did you mean 'noisy_oracle'"):
        get_protocols(["noisy_orakel"])
