"""The page of a report."""

from collections.abc import Sequence
from pathlib import Path

from skvaal._utils.files import check_links
from skvaal._utils.pages import Templates
from skvaal.benchmark._lookup import path_of
from skvaal.benchmark.report._case import case_section
from skvaal.benchmark.report._caveats import failures_section, limits_section
from skvaal.benchmark.report._equivalence import check_against, equivalence_section
from skvaal.benchmark.report._files import write_text
from skvaal.benchmark.report._inputs import Case, gather_cases
from skvaal.benchmark.report._progress import count_runs
from skvaal.benchmark.report._settings import settings_section
from skvaal.benchmark.report._together import overview_section, together_section
from skvaal.benchmark.report._verdict import state_verdict
from skvaal.benchmark.results import Results

_FOLDERS = ("tables", "figures")


def write_report(
    results: Sequence[Results], out: str | Path, *, against: str | None = None
) -> Path:
    """Write comparisons as one HTML page, with its tables and pictures as files beside it.

    The page holds everything that it shows, so that it can be sent as it is.

    Parameters
    ----------
    results : sequence of Results
        The comparisons, see :func:`skvaal.benchmark.folder.find_results`.
    out : path
        Folder for report.html, tables/ (CSV and text) and figures/ (PNG and SVG); made where it
        is missing.
    against : str or None, default=None
        The strategy that the section on practical equivalence compares the others with; None
        takes the first.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    ValueError
        If there is no comparison, or two hold the same case; or if no strategy is called `against`.
    OSError
        If a file cannot be written, as on a full disk; the one that was there stays as it was. So,
        too, if a link is where one belongs: it may lead to any file.

    Examples
    --------
    >>> write_report([], "report")
    Traceback (most recent call last):
    ...
    ValueError: results is empty; give at least one comparison.
    """
    if not results:
        raise ValueError("results is empty; give at least one comparison.")
    check_against(results, against)
    out = path_of(out, argument="out")
    check_links(out, ("report.html", *_FOLDERS))
    everything = gather_cases(results)
    cases = [case for case in everything if case.has_query]
    counts = count_runs(results)
    for folder in _FOLDERS:
        (out / folder).mkdir(parents=True, exist_ok=True)
    failures = [failure for one in results for failure in one.failures]
    sections = [
        overview_section(everything, counts),
        *(case_section(case, out) for case in cases),
        together_section(cases, out),
        equivalence_section(cases, against, out),
        failures_section(failures, counts, out),
        limits_section(cases),
        settings_section(results),
    ]
    shown = [section for section in sections if section is not None]
    page = out / "report.html"
    content = {f"s{i}": section for i, section in enumerate(shown, start=1)}
    values = {
        "title": _title(cases),
        "verdict": state_verdict(cases),
        "sections": [(anchor, section.title) for anchor, section in content.items()],
        "content": content,
    }
    templates = Templates("skvaal.benchmark.report")
    styles = {"report.css": templates.read("report.css")}
    write_text(page, templates.render("page.html.j2", values, styles=styles))
    return page


def _title(cases: Sequence[Case]) -> str:
    if not cases:
        return "Query strategies compared"
    data = list(dict.fromkeys(case.records["data"].iloc[0] for case in cases))
    shown = ", ".join(data[:3]) + (f" and {len(data) - 3} more" if len(data) > 3 else "")
    return f"Query strategies compared: {shown}"
