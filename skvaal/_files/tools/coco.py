"""COCO: images, categories, and one category for an image.

Format: https://cocodataset.org/#format-data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from skvaal._files.tools.annotations import (
    Annotation,
    kind_of,
    objects,
    parse_json,
    plain,
    single,
)

_SEVERAL = "a sample needs one class: take the others away"


def write_annotations(
    names: Sequence[str],
    labels: Sequence[str | None] | None = None,
    *,
    sizes: Sequence[tuple[int, int] | None] | None = None,
    classes: Sequence[str] = (),
    values: Mapping[str, Sequence[Any]] | None = None,
) -> bytes:
    """Write images and their classes as COCO.

    Parameters
    ----------
    names : sequence of n str
        Paths relative to the pool.
    labels : sequence of n (str or None) or None
        Class of each; None leaves it without annotation.
    sizes : sequence of n (pair of int or None) or None
        Width and height in pixels. With them, an annotation has the whole image as its box, which
        tools for detection need.
    classes : sequence of str
        Categories that are declared beside those of the labels.
    values : mapping of str to n values, or None
        What else is to stand with each image, by name: numbers, texts or None.

    Returns
    -------
    bytes
        JSON.

    Examples
    --------
    >>> content = json.loads(write_annotations(["a.jpg"], ["cat"], sizes=[(20, 10)]))
    >>> content["annotations"][0]["bbox"], content["categories"]
    ([0, 0, 20, 10], [{'id': 1, 'name': 'cat', 'supercategory': ''}])
    """
    labels = [None] * len(names) if labels is None else labels
    classes = sorted({*classes, *(label for label in labels if label is not None)})
    number_of = {label: number for number, label in enumerate(classes, 1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for i, (name, label) in enumerate(zip(names, labels, strict=True)):
        own = None if sizes is None else sizes[i]
        size = {} if own is None else {"width": own[0], "height": own[1]}
        about = {key: plain(each[i]) for key, each in (values or {}).items()}
        images.append({**about, "id": i + 1, "file_name": name, **size})
        if label is not None:
            annotation = {"id": i + 1, "image_id": i + 1, "category_id": number_of[label]}
            annotations.append(annotation | _whole(size))
    categories = [{"id": number_of[each], "name": each, "supercategory": ""} for each in classes]
    content = {"images": images, "annotations": annotations, "categories": categories}
    return json.dumps(content, indent=1).encode()


def read_annotations(data: bytes) -> list[Annotation]:
    """Read images and their categories.

    Parameters
    ----------
    data : bytes
        JSON of COCO, of any task that has `category_id`.

    Returns
    -------
    list of Annotation
        One for each image; several annotations of one category are one label.

    Raises
    ------
    ValueError
        If it is no COCO, an image has annotations of several categories, or two images or two
        categories have one id.

    Examples
    --------
    >>> [each.label for each in read_annotations(write_annotations(["a", "b"], ["cat", None]))]
    ['cat', None]
    """
    content = parse_json(data)
    if not isinstance(content, dict) or "images" not in content:
        raise ValueError("it is no COCO: it must be an object with images and annotations")
    category_of = _by_id(content.get("categories", []), "categories", "name")
    names = _by_id(content["images"], "images", "file_name")
    labels: dict[Any, list[str]] = {number: [] for number in names}
    for each in objects(content.get("annotations", []), "annotations"):
        image, category = (_get(each, key, "annotations") for key in ("image_id", "category_id"))
        if image not in names or category not in category_of:
            raise ValueError(
                f"an annotation names image_id={image!r} and category_id={category!r}, and there "
                "are no such image and category"
            )
        labels[image].append(category_of[category])
    return [
        Annotation(name, single(labels[number], name, _SEVERAL)) for number, name in names.items()
    ]


def _by_id(entries: Any, where: str, key: str) -> dict[str | int, str]:
    """Names by number; of files that were merged, two entries may have one number."""
    found: dict[str | int, str] = {}
    for each in objects(entries, where):
        number, name = _get(each, "id", where), str(_get(each, key, where))
        if found.setdefault(number, name) != name:
            raise ValueError(
                f"two entries of {where} have the id {number!r}: {found[number]!r} and {name!r}; "
                "number them anew, or name the files that were merged one by one"
            )
    return found


def _get(each: dict[str, Any], key: str, where: str) -> str | int:
    value = each.get(key)
    if not isinstance(value, str | int):
        raise ValueError(f"an entry of {where} has {kind_of(value)} as its {key}")
    return value


def _whole(size: dict[str, int]) -> dict[str, Any]:
    if not size:
        return {}
    width, height = size["width"], size["height"]
    box = {"bbox": [0, 0, width, height], "area": width * height, "iscrowd": 0}
    return {**box, "segmentation": []}
