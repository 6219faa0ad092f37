import pytest

from skvaal.benchmark.__main__ import main


def test_speed_gets_the_other_arguments(monkeypatch):
    received = []

    def main_of_speed(argv):
        received.append(argv)
        return 0

    monkeypatch.setattr("skvaal.benchmark.speed.main", main_of_speed)

    status = main(["speed", "--sizes", "100"])

    assert status == 0
    assert received == [["--sizes", "100"]]


@pytest.mark.parametrize(("arguments", "status"), [(["--help"], 0), ([], 2), (["compare"], 2)])
def test_anything_else_names_the_commands(arguments, status, capsys):
    assert main(arguments) == status
    assert "skvaal benchmark [options]" in capsys.readouterr().out
