"""The page of a report."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

from skvaal.benchmark.report._case import case_section
from skvaal.benchmark.report._caveats import failures_section, limits_section
from skvaal.benchmark.report._files import write_text
from skvaal.benchmark.report._inputs import Case, gather_cases
from skvaal.benchmark.report._parts import Section
from skvaal.benchmark.report._progress import count_runs
from skvaal.benchmark.report._settings import settings_section
from skvaal.benchmark.report._together import overview_section, together_section
from skvaal.benchmark.results import Results

_TEMPLATE = "page.html.j2"


def write_report(results: Sequence[Results], out: str | Path) -> Path:
    """Write comparisons as one HTML page, with its tables and pictures as files beside it.

    The page holds everything that it shows, so that it can be sent as it is.

    Parameters
    ----------
    results : sequence of Results
        The comparisons, see :func:`skvaal.benchmark.folder.find_results`.
    out : path
        Folder for report.html, tables/ (CSV and text) and figures/ (PNG and SVG); made where it
        is missing.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    ValueError
        If there is no comparison, or two hold the same case.
    OSError
        If a file cannot be written, as on a full disk; the one that was there stays as it was.

    Examples
    --------
    >>> write_report([], "report")
    Traceback (most recent call last):
    ...
    ValueError: results is empty; give at least one comparison.
    """
    if not results:
        raise ValueError("results is empty; give at least one comparison.")
    out = Path(out)
    everything = gather_cases(results)
    cases = [case for case in everything if case.has_query]
    counts = count_runs(results)
    for folder in ("tables", "figures"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    failures = [failure for one in results for failure in one.failures]
    sections = [
        overview_section(everything, counts),
        settings_section(results),
        *(case_section(case, out) for case in cases),
        together_section(cases, out),
        failures_section(failures, counts, out),
        limits_section(cases),
    ]
    shown = [section for section in sections if section is not None]
    page = out / "report.html"
    write_text(page, _render(shown, title=_title(cases)))
    return page


def _render(sections: Sequence[Section], *, title: str) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    context: dict[str, Any] = {"title": title, "sections": sections}
    return environment.get_template(_TEMPLATE).render(context) + "\n"


def _title(cases: Sequence[Case]) -> str:
    if not cases:
        return "Query strategies compared"
    data = list(dict.fromkeys(case.records["data"].iloc[0] for case in cases))
    shown = ", ".join(data[:3]) + (f" and {len(data) - 3} more" if len(data) > 3 else "")
    return f"Query strategies compared: {shown}"
