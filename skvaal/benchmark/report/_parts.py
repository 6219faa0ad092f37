"""What a page consists of: sections of paragraphs, tables and pictures."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from matplotlib.figure import Figure

from skvaal.benchmark.figures import save_figure
from skvaal.benchmark.report._cells import Columns

_PIXELS = 96  # of CSS, in an inch


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table; the first cell of each row is its head.

    Parameters
    ----------
    caption : str
        What it shows.
    head : sequence of str
        Heads of the columns.
    rows : sequence of sequence of str
        The cells.
    notes : sequence of str
        What explains the columns.
    look : {'numbers', 'words', 'pairs'}, default='numbers'
        Whether the cells stand at the right, as numbers do, or at the left; pairs of a name and
        what it is are as narrow as the window.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    look: Literal["numbers", "words", "pairs"] = "numbers"
    kind: str = field(default="table", init=False)

    @classmethod
    def of_strategies(
        cls, names: Sequence[str], columns: Columns, *, caption: str, notes: Sequence[str] = ()
    ) -> "Table":
        """Set columns beside the names of strategies; columns without any text are left out.

        A note that begins with blanks goes on with the one before.
        """
        columns = [(head, cells) for head, cells in columns if any(cells)]
        notes = re.sub(r";?\n {4}", "; ", "\n".join(notes)).splitlines()
        rows = list(zip(names, *(cells for _, cells in columns), strict=True))
        head = ["strategy", *(head for head, _ in columns)]
        return cls(caption=caption, head=head, rows=rows, notes=notes)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture that the page itself holds.

    Parameters
    ----------
    source : str
        Data URI.
    alt : str
        What a reader who cannot see it should know.
    caption : str
        What stands below.
    width, height : int
        In CSS pixels.
    is_photo : bool, default=False
        Whether it holds photographs, whose colours must stay in the dark.
    """

    source: str
    alt: str
    caption: str
    width: int
    height: int
    is_photo: bool = False
    kind: str = field(default="picture", init=False)

    @classmethod
    def of_figure(
        cls, figure: Figure, path: Path, *, alt: str, caption: str, is_photo: bool = False
    ) -> "Picture":
        """Write a figure as PNG and SVG, and take the smaller of the two into the page.

        Parameters
        ----------
        figure : Figure
            The figure.
        path : Path
            Where to write, without a suffix.
        alt, caption, is_photo
            See the class.

        Returns
        -------
        Picture
            The picture.
        """
        png, svg = save_figure(figure, path)
        # An image, and not markup of the page, so that the identifiers of two SVGs cannot clash.
        smaller = min(png, svg, key=lambda file: file.stat().st_size)
        mime = "image/png" if smaller == png else "image/svg+xml"
        data = base64.b64encode(smaller.read_bytes()).decode("ascii")
        width, height = (round(_PIXELS * inches) for inches in figure.get_size_inches())
        source = f"data:{mime};base64,{data}"
        return cls(
            source=source, alt=alt, caption=caption, width=width, height=height, is_photo=is_photo
        )


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading with what stands below it.

    Parameters
    ----------
    title : str
        The heading.
    paragraphs : sequence of str
        Text that comes first.
    items : sequence of str
        A list that comes next.
    parts : sequence of Table or Picture
        Tables and pictures.
    sections : sequence of Section
        Sections below this one, last.
    """

    title: str
    paragraphs: Sequence[str] = ()
    items: Sequence[str] = ()
    parts: Sequence[Table | Picture] = ()
    sections: Sequence["Section"] = ()
