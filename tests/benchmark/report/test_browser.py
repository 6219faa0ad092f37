import pytest

from skvaal.benchmark.report import write_report
from tests.browser import needs_chromium, opened_browser

pytestmark = [pytest.mark.slow, needs_chromium]


@pytest.mark.parametrize("width", [420, 1600])
def test_report_fits_and_asks_for_nothing(make_results, many_records, tmp_path, width):
    path = write_report([make_results(many_records)], tmp_path / "report")

    with opened_browser(tmp_path / "profile") as page:
        page.open(path, width=width)

        size = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert size[0] <= size[1]
        assert {address.split(":")[0] for address in page.requested} == {"file", "data"}
        assert page.refused == []
