"""What a labelling tool says of its samples: plain values, and how JSON becomes them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Annotation:
    """One sample of an export.

    Parameters
    ----------
    name : str
        Its path, URL or row as the tool knows it, or its text.
    label : str or None
        Its class; None if it has none yet.
    is_text : bool, default=False
        Whether `name` is the text.
    text : str or None, default=None
        The text that stands beside a row's number, to compare with that of the pool.
    is_newer : bool, default=False
        Whether the label took the place of an older one that differs.
    """

    name: str
    label: str | None
    is_text: bool = False
    text: str | None = None
    is_newer: bool = False


def parse_json(data: bytes) -> Any:
    """Parse JSON of anybody's, or raise a ValueError that says what is wrong with it."""
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"it is no JSON, or is cut off ({error})") from error


def objects(value: Any, what: str) -> list[dict[str, Any]]:
    """Return a list of JSON objects, or raise a ValueError that says what is none."""
    if not isinstance(value, list):
        raise ValueError(f"{what} must be a list, not {kind_of(value)}")
    for i, each in enumerate(value):
        if not isinstance(each, dict):
            raise ValueError(f"{what}[{i}] must be an object, not {kind_of(each)}")
    return value


def kind_of(value: Any) -> str:
    """Name what JSON calls a value, with a short one itself."""
    for kind, name in ((dict, "an object"), (list, "a list"), (type(None), "null")):
        if isinstance(value, kind):
            return name
    return repr(value)[:40]


def choices_of(value: Any, where: str) -> list[str]:
    """Labels of a value: a text, a list of them, or an object of choices."""
    if isinstance(value, dict):
        value = value.get("choices")
    if isinstance(value, list):
        return [label for each in value for label in _choices_of_one(each, where)]
    return _choices_of_one(value, where)


def _choices_of_one(value: Any, where: str) -> list[str]:
    if isinstance(value, dict) and isinstance(value.get("choices"), list):
        value = value["choices"][0] if len(value["choices"]) == 1 else None
    if not isinstance(value, str):
        raise ValueError(f"{where}: its choice is {kind_of(value)}, not a single class")
    return [value]


def single(labels: Iterable[str], name: str, way_out: str) -> str | None:
    """Return the one label of a sample, or None; several different ones are an error."""
    different = list(dict.fromkeys(labels))
    if len(different) > 1:
        first = " and ".join(repr(label) for label in different[:2])
        raise ValueError(f"{name!r} has {len(different)} labels, such as {first}; {way_out}")
    return different[0] if different else None


def plain(value: Any) -> Any:
    """Return what JSON can hold; what is no finite number becomes null."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def check_xml(text: str) -> None:
    """Raise if XML cannot hold a name or a class: the whole file would not be read."""
    if bad := _NOT_XML.search(text):
        raise ValueError(f"{text!r} has the character {bad[0]!r}, which XML cannot hold; rename it")


def xml_value(text: str) -> str:
    """Quote a name or a class for XML."""
    check_xml(text)
    return quoteattr(text)
