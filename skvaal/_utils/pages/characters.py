"""Characters that a page cannot hold, or that change how what stands around them reads."""

from __future__ import annotations

import unicodedata

# Of Persian, of Indian scripts and of emoji, which need them to read as they should.
_JOINERS = "\u200c\u200d"
_BLANKS = "\n\t"
# Controls, formats (those of bidirectional text among them), lone surrogates, ends of lines.
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: str, *, in_one_line: bool = False) -> str:
    r"""Write out characters that cannot be seen, or that no file in UTF-8 can hold.

    Parameters
    ----------
    text : str
        What a user's file holds or is called; bytes that are no UTF-8 are lone surrogates, as
        :func:`os.fsdecode` makes them.
    in_one_line : bool, default=False
        Whether ends of lines and tabs are written out, too, as in a name.

    Returns
    -------
    str
        The same, with escapes of Python in their place.

    Examples
    --------
    >>> print(visible("cat\u202egpj.exe"), visible("caf\udce9"), visible("a\nb", in_one_line=True))
    cat\u202egpj.exe caf\xe9 a\nb
    """
    kept = _JOINERS if in_one_line else _JOINERS + _BLANKS
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _escape(c) if unicodedata.category(c) in _INVISIBLE and c not in kept else c for c in text
    )


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
