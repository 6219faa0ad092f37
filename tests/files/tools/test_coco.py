import json

import pytest

from skvaal._files.tools.coco import read_annotations, write_annotations

COCO = json.loads(write_annotations(["a.jpg", "b.jpg"], ["cat", None]))


def read(**changes):
    found = read_annotations(json.dumps({**COCO, **changes}).encode())
    return [(each.name, each.label) for each in found]


def test_written_is_read():
    names, labels = ["ü\n.jpg", "b.jpg", "c.jpg"], ["01", None, "NA"]

    found = read_annotations(write_annotations(names, labels, sizes=[(4, 2)] * 3))

    assert [(each.name, each.label) for each in found] == list(zip(names, labels, strict=True))


def test_sizes_make_boxes():
    with_sizes = json.loads(write_annotations(["a"], ["x"], sizes=[(4, 2)]))

    assert with_sizes["images"] == [{"id": 1, "file_name": "a", "width": 4, "height": 2}]
    assert with_sizes["annotations"][0]["area"] == 8
    assert "bbox" not in COCO["annotations"][0]
    assert json.loads(write_annotations(["a"]))["annotations"] == []


def test_several_objects_of_one_category_are_one_label():
    both = [{"image_id": 1, "category_id": 1}, {"image_id": 1, "category_id": 1}]

    assert read(annotations=both) == [("a.jpg", "cat"), ("b.jpg", None)]


def test_several_categories_are_an_error():
    categories = [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
    both = [{"image_id": 1, "category_id": 1}, {"image_id": 1, "category_id": 2}]

    with pytest.raises(ValueError, match="'a.jpg' has 2 labels, such as 'cat' and 'dog'"):
        read(annotations=both, categories=categories)


@pytest.mark.parametrize(("where", "key"), [("images", "file_name"), ("categories", "name")])
def test_two_of_one_id_are_an_error(where, key):
    both = [{"id": 1, key: "a.jpg"}, {"id": 1, key: "z"}]

    with pytest.raises(ValueError, match=f"two entries of {where} have the id 1: 'a.jpg' and 'z'"):
        read(**{where: both})
    assert read(images=[*COCO["images"], COCO["images"][0]]) == [("a.jpg", "cat"), ("b.jpg", None)]


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"images": 3}, "images must be a list, not 3"),
        ({"images": [3]}, r"images\[0\] must be an object"),
        ({"images": [{"id": 1}]}, "an entry of images has null as its file_name"),
        ({"categories": None}, "categories must be a list, not null"),
        ({"categories": [{"id": [], "name": "x"}]}, "an entry of categories has a list as its id"),
        ({"annotations": [{}]}, "an entry of annotations has null as its image_id"),
        ({"annotations": [{"image_id": 9, "category_id": 1}]}, "image_id=9 and category_id=1"),
        ({"annotations": [{"image_id": 1, "category_id": 9}]}, "there are no such image and"),
    ],
)
def test_other_shapes_are_refused(changes, match):
    with pytest.raises(ValueError, match=match):
        read(**changes)
