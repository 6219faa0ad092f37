"""Reports of comparisons: an HTML page, and a table as text."""

from skvaal.benchmark.report._equivalence import check_against
from skvaal.benchmark.report._page import write_report
from skvaal.benchmark.report._text import format_table

__all__ = ["check_against", "format_table", "write_report"]
