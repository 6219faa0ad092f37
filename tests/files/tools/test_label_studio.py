import json

import numpy as np
import pytest

from skvaal._files.tools.label_studio import read_annotations, write_interface, write_tasks
from skvaal._files.tools.votes import note_newer
from tests.files.conftest import EXPORTS, PHOTOS

VALUES = {"rank": np.array([1, 2]), "gain": np.array([0.5, np.nan]), "why": ["<b>", None]}


def task(*annotations, **data):
    return {"data": data or {"image": "a.jpg"}, "annotations": list(annotations)}


def annotation(*labels, control="label", kind="choices", **about):
    results = [
        {"from_name": control, "to_name": "image", "type": kind, "value": {kind: [label]}}
        for label in labels
    ]
    return {"result": results, **about}


def read(*tasks, **options):
    return [
        (each.name, each.label) for each in read_annotations(json.dumps(tasks).encode(), **options)
    ]


def test_tasks_of_images():
    first, second = json.loads(write_tasks(PHOTOS[1:3], "images", VALUES, labels=["cat", None]))

    assert first["data"] == {
        "image": "/data/local-files/?d=cats/b%232.jpg",
        "path": "cats/b#2.jpg",
        "rank": 1,
        "gain": 0.5,
        "why": "<b>",
    }
    (prediction,) = first["predictions"]
    assert prediction["result"] == [
        {
            "from_name": "label",
            "to_name": "image",
            "type": "choices",
            "value": {"choices": ["cat"]},
        }
    ]
    assert (second["data"]["gain"], second["predictions"][0]["result"]) == (None, [])
    assert (prediction["score"], second["predictions"][0]["score"]) == (0.5, 1.0)


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("https://example.org/x", "https://example.org/x/e%3D1%26x.jpg"),
        ("https://example.org/x/", "https://example.org/x/e%3D1%26x.jpg"),
        ("/data/local-files/?d=pets/", "/data/local-files/?d=pets/e%3D1%26x.jpg"),
        ("", "e%3D1%26x.jpg"),
    ],
)
def test_prefix_of_images(prefix, expected):
    (only,) = json.loads(write_tasks(["e=1&x.jpg"], "images", {}, prefix=prefix))

    assert only["data"]["image"] == expected


def test_tasks_of_texts_and_rows():
    (text,) = json.loads(write_tasks(["7"], "texts", {"row": ["x"]}, texts=["sun"]))
    (row,) = json.loads(write_tasks(["7"], "features", {}))

    assert text["data"] == {"text": "sun", "row": 7}
    assert row["data"] == {"text": "row 7", "row": 7}


def test_interface_escapes_classes():
    assert 'value="&lt;a&gt; &amp;"' in write_interface("texts", ["<a> &"])
    assert "\"'" in write_interface("texts", ["'"]) or "&apos;" in write_interface("texts", ["'"])


def test_what_is_written_is_what_the_export_has():
    """The fixture is an export of tasks that were written here."""
    exported = json.loads((EXPORTS / "label_studio.json").read_text())
    names = [each["data"]["path"] for each in exported]

    tasks = json.loads(
        write_tasks(
            names,
            "images",
            {
                "rank": range(1, 6),
                "gain": [0.5, 0.4, 0.3, 0.2, None],
                "why": ["unlike any label", "", "", "", ""],
            },
        )
    )

    assert [each["data"] for each in tasks] == [each["data"] for each in exported]


def test_tasks_without_annotations_have_no_label():
    assert read(task()) == [("a.jpg", None)]
    assert read({"data": {"image": "a.jpg"}, "predictions": []}) == [("a.jpg", None)]
    assert read(task(annotation())) == [("a.jpg", None)]


def test_one_task_alone():
    content = json.dumps(task(annotation("cat"))).encode()

    assert [each.label for each in read_annotations(content)] == ["cat"]


def test_old_exports_have_completions():
    old = {"data": {"image": "a.jpg"}, "completions": [annotation("cat")]}

    assert read(old) == [("a.jpg", "cat")]


@pytest.mark.parametrize("mark", ["was_cancelled", "skipped"])
def test_cancelled_annotations_do_not_count(mark):
    assert read(task(annotation("cat"), annotation("dog", **{mark: True}))) == [("a.jpg", "cat")]


@pytest.mark.parametrize("order", [1, -1])
def test_last_annotation_of_an_annotator_counts(order):
    both = [
        annotation("cat", completed_by=1, created_at="2026-01-01T00:00:00Z"),
        annotation("dog", completed_by=1, created_at="2026-01-02T00:00:00Z"),
    ][::order]

    assert read(task(*both)) == [("a.jpg", "dog")]


TIMES = ({"created_at": "2026-01-01"}, {"created_at": "2026-01-02"})


@pytest.mark.parametrize(
    "times", [({}, {}), TIMES[:1] * 2, ({}, TIMES[0])], ids=["none", "equal", "one"]
)
@pytest.mark.parametrize("kind", ["one task", "two tasks", "records"])
def test_two_labels_of_which_none_is_newer(times, kind):
    first, second = (annotation(label, **time) for label, time in zip("xy", times, strict=True))
    tasks = [task(first, second)] if kind == "one task" else [task(first), task(second)]
    if kind == "records":
        tasks = [
            {"image": "a.jpg", "label": label, **time}
            for label, time in zip("xy", times, strict=True)
        ]

    with pytest.raises(ValueError, match="'a.jpg' is labelled more than once, 'x' and 'y', and no"):
        read(*tasks)


def test_newer_label_is_noted():
    tasks = [task(annotation(label, **time)) for label, time in zip("xy", TIMES, strict=True)]
    tasks.append(task(annotation("z"), image="b.jpg"))

    found = read_annotations(json.dumps(tasks).encode())

    assert [(each.label, each.is_newer) for each in found] == [("y", True), ("z", False)]
    (note,) = note_newer(found)
    assert note == (
        "1 sample was labelled more than once, and differently; the newest label counts: 'a.jpg'."
    )


def test_same_label_without_times():
    assert read(task(annotation("x"), annotation(), annotation("x"))) == [("a.jpg", "x")]


def test_annotators_who_agree():
    both = [annotation("cat", completed_by={"id": 1}), annotation("cat", completed_by={"id": 2})]

    assert read(task(*both)) == [("a.jpg", "cat")]


def test_annotators_who_disagree_are_an_error_that_ground_truth_settles():
    both = [annotation("cat", completed_by=1), annotation("dog", completed_by=2)]

    with pytest.raises(
        ValueError, match="'a.jpg' has 2 labels, such as 'cat' and 'dog'; .*ground truth"
    ):
        read(task(*both))
    both[0]["ground_truth"] = True
    assert read(task(*both)) == [("a.jpg", "cat")]


def test_several_choices_are_an_error():
    with pytest.raises(ValueError, match="'a.jpg' has 2 labels, such as 'cat' and 'dog'"):
        read(task(annotation("cat", "dog")))


def test_several_tags_need_a_name():
    both = {"result": annotation("cat")["result"] + annotation("day", control="light")["result"]}

    with pytest.raises(ValueError, match=r"several tags hold choices \('label', 'light'\)"):
        read(task(both))
    assert read(task(both), label_column="light") == [("a.jpg", "day")]
    with pytest.raises(
        ValueError, match="no tag label_column='x' holds choices; those that do are"
    ):
        read(task(both), label_column="x")


def test_boxes_are_no_class():
    with pytest.raises(ValueError, match="hold no choices, only 'rectanglelabels'"):
        read(task(annotation("cat", kind="rectanglelabels")))


def test_key_of_the_name():
    assert read(task(annotation("cat"), photo="b.jpg", other="x"), key="photo") == [
        ("b.jpg", "cat")
    ]
    with pytest.raises(ValueError, match="the data of task 0 has none of path, .* but 'photo'"):
        read(task(annotation("cat"), photo="b.jpg"))


def test_rows_and_texts():
    tasks = [task(annotation("x"), row=7, text="sun"), task(annotation("y"), text="rain")]

    found = read_annotations(json.dumps(tasks).encode(), column="row")

    assert [(each.name, each.label, each.is_text) for each in found] == [
        ("7", "x", False),
        ("rain", "y", True),
    ]


@pytest.mark.parametrize("is_min", [False, True])
def test_text_beside_a_row(is_min):
    data = {"row": 7, "text": "sun"}
    each = {**data, "label": "x"} if is_min else task(annotation("x"), **data)

    (found,) = read_annotations(json.dumps([each]).encode(), column="row")

    assert (found.name, found.is_text, found.text) == ("7", False, "sun")


def test_json_min():
    entries = [
        {"image": "a.jpg", "choice": "cat", "annotator": 1},
        {"image": "b.jpg", "annotator": 1},
        {"image": "c.jpg", "choice": [{"choices": ["dog"]}], "annotator": 1},
    ]

    assert read(*entries) == [("a.jpg", "cat"), ("b.jpg", None), ("c.jpg", "dog")]
    with pytest.raises(
        ValueError, match="no entry has the label's key, label or .*'image', 'kind'"
    ):
        read({"image": "a.jpg", "kind": "cat"})
    assert read({"image": "a.jpg", "kind": "cat"}, label_column="kind") == [("a.jpg", "cat")]
    with pytest.raises(ValueError, match=r"several keys may hold the labels \('label', 'class'\)"):
        read({"image": "a.jpg", "class": "cat", "label": "dog"})
    with pytest.raises(ValueError, match="'a.jpg' has 2 labels"):
        read({"image": "a.jpg", "choice": {"choices": ["cat", "dog"]}})


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ({"data": 3}, "the data of task 0 must be an object, not 3"),
        ({"data": {"image": ["a.jpg"]}}, "the data of task 0 has none of path"),
        ({"data": {"image": "a"}, "annotations": 3}, "annotations must be a list, not 3"),
        ({"data": {"image": "a"}, "annotations": [3]}, r"annotations\[0\] must be an object"),
        ({"data": {"image": "a"}, "annotations": [{"result": {"a": 1}}]}, "result must be a list"),
        (
            {
                "data": {"image": "a"},
                "annotations": [
                    {"result": [{"type": "choices", "from_name": "label", "value": {"choices": 3}}]}
                ],
            },
            "task 0: its choice is 3, not a single class",
        ),
        ({"image": "a", "label": 3}, "entry 0: its choice is 3"),
    ],
)
def test_other_shapes_are_refused(content, match):
    with pytest.raises(ValueError, match=match):
        read(content)
