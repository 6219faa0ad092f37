"""A figure as files."""

import io
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from skvaal._utils.files import replace_file


def save_figure(figure: Figure, path: str | Path) -> tuple[Path, Path]:
    """Write a figure as PNG and as SVG, the same bytes for the same figure.

    Parameters
    ----------
    figure : Figure
        The figure.
    path : path
        Where to write, without a suffix; missing folders are made.

    Returns
    -------
    png, svg : Path
        The two files. The PNG has 150 dots per inch; in the SVG text is text, and can be searched
        and read aloud. Neither holds a date.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = save_figure(Figure(), Path(folder) / "digits_curves")
    ...     [file.name for file in files]
    ['digits_curves.png', 'digits_curves.svg']
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not with_suffix, which would replace what follows a dot in the name.
    png, svg = path.parent / f"{path.name}.png", path.parent / f"{path.name}.svg"
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    replace_file(png, buffer.getvalue())
    figure.set_layout_engine("none")  # its work is done, and takes as long as the drawing
    # The salt makes the identifiers inside an SVG the same in each run.
    with matplotlib.rc_context({"svg.hashsalt": "skvaal", "svg.fonttype": "none"}):
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    replace_file(svg, buffer.getvalue())
    return png, svg
