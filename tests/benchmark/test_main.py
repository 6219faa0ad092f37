import pytest

from skvaal.benchmark.__main__ import main


@pytest.mark.parametrize("name", ["speed", "large"])
def test_a_benchmark_gets_the_other_arguments(name, monkeypatch):
    received = []

    def main_of_it(argv):
        received.append(argv)
        return 0

    monkeypatch.setattr(f"skvaal.benchmark.{name}.main", main_of_it)

    status = main([name, "--sizes", "100"])

    assert status == 0
    assert received == [["--sizes", "100"]]


@pytest.mark.parametrize(("arguments", "status"), [(["--help"], 0), ([], 2), (["compare"], 2)])
def test_anything_else_names_the_commands(arguments, status, capsys):
    assert main(arguments) == status
    shown = capsys.readouterr().out
    assert "skvaal benchmark [options]" in shown
    assert "skvaal.benchmark large [options]" in shown
