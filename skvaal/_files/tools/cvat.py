"""CVAT: "CVAT for images 1.1", an XML file whose <tag> is the class of an image.

Format: https://docs.cvat.ai/docs/manual/advanced/xml_format/.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from skvaal._files.tools.annotations import Annotation, check_xml, single, xml_value

_SHAPES = ("box", "polygon", "polyline", "points", "cuboid", "ellipse", "mask", "skeleton")
_SEVERAL = "a sample needs one class: take the other tags away"
# A reader takes the character itself for the end of a line.
_RETURN = {"\r": "&#13;"}
_META = (
    "  <meta>\n    <task>\n      <size>{size}</size>\n      <mode>annotation</mode>\n"
    "      <labels>\n{labels}      </labels>\n    </task>\n  </meta>\n"
)


def write_annotations(
    names: Sequence[str],
    labels: Sequence[str | None] | None = None,
    *,
    sizes: Sequence[tuple[int, int] | None] | None = None,
    classes: Sequence[str] = (),
) -> bytes:
    """Write images and their tags, for a task of CVAT that has these images.

    Parameters
    ----------
    names : sequence of n str
        Paths relative to the pool.
    labels : sequence of n (str or None) or None
        Class of each; None leaves it without a tag.
    sizes : sequence of n (pair of int or None) or None
        Width and height in pixels.
    classes : sequence of str
        Labels that are declared beside those of the images.

    Returns
    -------
    bytes
        XML.

    Raises
    ------
    ValueError
        If a name or a label has a character that XML cannot hold.

    Examples
    --------
    >>> print(write_annotations(["a.jpg"], ["cat"]).decode().partition("</meta>")[2])
    <BLANKLINE>
      <image id="0" name="a.jpg">
        <tag label="cat" source="auto"></tag>
      </image>
    </annotations>
    <BLANKLINE>
    """
    labels = [None] * len(names) if labels is None else labels
    classes = sorted({*classes, *(label for label in labels if label is not None)})
    for each in classes:
        check_xml(each)
    images = []
    for i, (name, label) in enumerate(zip(names, labels, strict=True)):
        own = None if sizes is None else sizes[i]
        size = "" if own is None else ' width="{}" height="{}"'.format(*own)
        tag = "" if label is None else f'    <tag label={xml_value(label)} source="auto"></tag>\n'
        images.append(f'  <image id="{i}" name={xml_value(name)}{size}>\n{tag}  </image>\n')
    declared = "".join(
        f"        <label>\n          <name>{escape(each, _RETURN)}</name>\n"
        "          <type>tag</type>\n          <attributes></attributes>\n        </label>\n"
        for each in classes
    )
    head = '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n'
    body = head + _META.format(size=len(names), labels=declared) + "".join(images)
    return (body + "</annotations>\n").encode()


def read_annotations(data: bytes) -> list[Annotation]:
    """Read images and their tags.

    Parameters
    ----------
    data : bytes
        XML of "CVAT for images 1.1".

    Returns
    -------
    list of Annotation
        One for each image.

    Raises
    ------
    ValueError
        If it is no such file, declares a document type, or an image has several tags.

    Examples
    --------
    >>> [each.label for each in read_annotations(write_annotations(["a", "b"], ["cat", None]))]
    ['cat', None]
    """
    if data.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        raise ValueError("it is a web page, and no export of a labelling tool")
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = reader.refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(f"it is no XML, or is cut off ({error})") from error
    return reader.annotations()


class _Reader:
    """What is kept of the elements that go by."""

    def __init__(self) -> None:
        self._labels: list[tuple[str, list[str]]] = []
        self._is_in_image = False
        self._depth = 0
        self._n_shapes = 0

    def start(self, element: str, attributes: dict[str, str]) -> None:
        if self._depth == 0 and element != "annotations":
            raise ValueError(
                f"its XML begins with <{element[:40]}>, not with <annotations> of CVAT"
            )
        self._depth += 1
        if element == "track":
            raise ValueError("it is of a video (<track>); export it as CVAT for images 1.1")
        if element == "image":
            if "name" not in attributes:
                raise ValueError("an <image> has no name")
            self._labels.append((attributes["name"], []))
            self._is_in_image = True
        elif element == "tag" and self._is_in_image:
            if "label" not in attributes:
                raise ValueError(f"a <tag> of {self._labels[-1][0]!r} has no label")
            self._labels[-1][1].append(attributes["label"])
        elif element in _SHAPES:
            self._n_shapes += 1

    def end(self, element: str) -> None:
        self._depth -= 1
        self._is_in_image = self._is_in_image and element != "image"

    def refuse(self, *_: Any) -> None:
        raise ValueError("it declares a document type (<!DOCTYPE>), which no export of CVAT does")

    def annotations(self) -> list[Annotation]:
        if self._n_shapes and not any(labels for _, labels in self._labels):
            raise ValueError(
                "its images have shapes and no tag; a sample needs one class: give each image a tag"
            )
        return [Annotation(name, single(labels, name, _SEVERAL)) for name, labels in self._labels]
