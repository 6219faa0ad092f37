import pytest

testing = pytest.importorskip("typer.testing")
pytest.importorskip("pandas")

from skvaal.benchmark.strategies import LIBRARIES, STRATEGIES  # noqa: E402
from skvaal.cli.app import app  # noqa: E402
from skvaal.cli.strategies import ONLY_BENCHMARK, list_own  # noqa: E402
from skvaal.project.choosing import strategies as of_query  # noqa: E402


@pytest.fixture(scope="module")
def lines():
    result = testing.CliRunner().invoke(app, ["strategies"])
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_the_table_has_every_strategy_once(lines):
    named = [line.split()[0] for line in lines if "  " in line]

    assert sorted(named) == sorted(STRATEGIES)


def test_those_of_query_are_marked(lines):
    marked = {line.split()[0] for line in lines if line[31:33] == "q "}
    assert marked == set(of_query.STRATEGIES) <= set(STRATEGIES)


def test_each_stands_with_its_library():
    for library, rows in ONLY_BENCHMARK.items():
        own = {row.name for row in rows}
        assert own <= set(LIBRARIES[library].strategies)
        others = set(LIBRARIES[library].strategies) - own
        assert others <= {row.name for row in list_own()}


def test_a_line_is_no_longer_than_a_wide_terminal(lines):
    assert max(map(len, lines)) <= 127
