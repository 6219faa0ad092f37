"""The files of a report, each replaced at once: two reports may be written at the same time."""

from pathlib import Path
from typing import Any

import pandas as pd

from skvaal._utils.files import replace_file


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8."""
    replace_file(path, text.encode())


def write_csv(path: Path, table: pd.DataFrame, **arguments: Any) -> None:
    """Write a table, with arguments of ``DataFrame.to_csv``."""
    write_text(path, table.to_csv(**arguments))
