"""Label Studio: tasks for its import, and labels of its exports.

Formats: https://labelstud.io/guide/task_format, https://labelstud.io/guide/export.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

from skvaal._files.tools.annotations import (
    Annotation,
    choices_of,
    kind_of,
    objects,
    parse_json,
    plain,
)
from skvaal._files.tools.annotations import xml_value as quoted
from skvaal._files.tools.votes import Vote, decide

LOCAL_FILES = "/data/local-files/?d="
#: Name of the control tag, and of the column that JSON-MIN and CSV have for it.
CONTROL = "label"
_PATH_KEYS = ("path", "image", "file", "filename", "img", "image_url", "url")
_ROW_KEYS = ("row", "text")
# Of tags that Label Studio's own templates use.
LABEL_KEYS = (CONTROL, "choice", "choices", "class", "category", "sentiment")


def write_tasks(
    names: Sequence[str],
    kind: Literal["images", "features", "texts"],
    values: Mapping[str, Sequence[Any]],
    *,
    prefix: str = LOCAL_FILES,
    texts: Sequence[str] | None = None,
    labels: Sequence[str | None] | None = None,
    model_version: str = "skvaal",
) -> bytes:
    """Write tasks as Label Studio imports them, the first the most wanted.

    Parameters
    ----------
    names : sequence of n str
        Paths relative to the pool, or rows.
    kind : {'images', 'features', 'texts'}
        What the samples are.
    values : mapping of str to n values
        What the data manager is to show, by name: numbers, texts or None.
    prefix : str, default='/data/local-files/?d='
        What stands before a path: a URL, or the part of Label Studio's local files.
    texts : sequence of n str or None
        The texts; they are needed for texts.
    labels : sequence of n (str or None) or None
        Class that a model predicts for each.
    model_version : str, default='skvaal'
        What Label Studio calls the predictions.

    Returns
    -------
    bytes
        JSON. The score of a task's prediction rises from the most wanted to the least, as Label
        Studio's "uncertainty sampling" shows the lowest first.

    Examples
    --------
    >>> tasks = json.loads(write_tasks(["a b.jpg"], "images", {"gain": [0.5]}, labels=["cat"]))
    >>> tasks[0]["data"]
    {'image': '/data/local-files/?d=a%20b.jpg', 'path': 'a b.jpg', 'gain': 0.5}
    >>> tasks[0]["predictions"][0]["result"][0]["value"], tasks[0]["predictions"][0]["score"]
    ({'choices': ['cat']}, 1.0)
    """
    tasks = []
    for i, name in enumerate(names):
        data = _shown_by(name, kind, prefix, None if texts is None else texts[i])
        data |= {key: plain(each[i]) for key, each in values.items() if key not in data}
        label = None if labels is None else labels[i]
        prediction = {
            "model_version": model_version,
            "score": (i + 1) / len(names),
            "result": [] if label is None else [_choice(label, kind)],
        }
        tasks.append({"data": data, "predictions": [prediction]})
    return json.dumps(tasks, indent=1, allow_nan=False).encode()


def write_interface(kind: Literal["images", "features", "texts"], classes: Sequence[str]) -> str:
    """Write the labelling interface that the tasks belong to, as Label Studio's XML.

    A class with a character that XML cannot hold is a ValueError.

    Examples
    --------
    >>> print(write_interface("images", ["cat", "dog"]))
    <View>
      <Image name="image" value="$image"/>
      <Choices name="label" toName="image" choice="single">
        <Choice value="cat"/>
        <Choice value="dog"/>
      </Choices>
    </View>
    """
    shown = _object(kind)
    choices = "\n".join(f"    <Choice value={quoted(label)}/>" for label in classes)
    return (
        f'<View>\n  <{shown.title()} name="{shown}" value="${shown}"/>\n'
        f'  <Choices name="{CONTROL}" toName="{shown}" choice="single">\n{choices}\n'
        "  </Choices>\n</View>"
    )


def read_annotations(
    data: bytes,
    *,
    column: Literal["path", "row"] = "path",
    key: str | None = None,
    label_column: str | None = None,
) -> list[Annotation]:
    """Read an export of Label Studio: JSON, or JSON-MIN.

    Cancelled annotations do not count. Of the others, the newest one of each annotator counts; if
    annotators disagree, one that is marked as ground truth decides.

    Parameters
    ----------
    data : bytes
        The file.
    column : {'path', 'row'}, default='path'
        Whether names are to be paths, or rows and texts.
    key : str or None, default=None
        Key of the tasks' data that holds the name; None finds it.
    label_column : str or None, default=None
        Name of the control tag; None takes the only one that holds choices.

    Returns
    -------
    list of Annotation
        One for each sample.

    Raises
    ------
    ValueError
        If it is no such export, or a sample has several labels.

    Examples
    --------
    >>> result = {"from_name": "label", "type": "choices", "value": {"choices": ["cat"]}}
    >>> task = {"data": {"image": "a.jpg"}, "annotations": [{"result": [result]}]}
    >>> [(each.name, each.label) for each in read_annotations(json.dumps([task]).encode())]
    [('a.jpg', 'cat')]
    """
    content = parse_json(data)
    tasks = objects([content] if isinstance(content, dict) else content, "the export")
    control = _find_control(tasks, label_column)
    record_key = _find_record_key([each for each in tasks if "data" not in each], label_column)
    votes: list[Vote] = []
    for number, task in enumerate(tasks):
        if "data" in task:
            votes += _votes_of_task(task, number, column, key, control)
        else:
            sample = _name_of(task, number, column, key)
            votes.append(_vote_of_record(task, number, sample, record_key))
    return decide(votes)


def _shown_by(name: str, kind: str, prefix: str, text: str | None) -> dict[str, Any]:
    if kind == "images":
        return {"image": _address(prefix, name), "path": name}
    return {"text": f"row {name}" if text is None else text, "row": int(name)}


def _address(prefix: str, name: str) -> str:
    between = "" if not prefix or prefix.endswith(("/", "=")) else "/"
    return prefix + between + quote(name.lstrip("/") if prefix else name)


def _object(kind: str) -> str:
    return "image" if kind == "images" else "text"


def _choice(label: str, kind: str) -> dict[str, Any]:
    return {
        "from_name": CONTROL,
        "to_name": _object(kind),
        "type": "choices",
        "value": {"choices": [label]},
    }


def _find_control(tasks: Sequence[dict[str, Any]], named: str | None) -> str | None:
    """Name of the tag that holds choices: the one that is named, or the only one; or None."""
    found: dict[str, None] = {}
    others: dict[str, None] = {}
    for task in tasks:
        for annotation in _annotations(task):
            for result in objects(annotation.get("result") or [], "result"):
                kind = str(result.get("type"))
                if kind == "choices":
                    found[str(result.get("from_name"))] = None
                else:
                    others[kind] = None
    names = ", ".join(map(repr, found))
    if found and named and named not in found:
        raise ValueError(f"no tag label_column={named!r} holds choices; those that do are {names}")
    if len(found) > 1 and not named:
        raise ValueError(f"several tags hold choices ({names}); say which by label_column")
    if others and not found:
        raise ValueError(
            f"its annotations hold no choices, only {', '.join(map(repr, others))}; a sample needs "
            "one class: use <Choices> in the labelling interface"
        )
    return named or next(iter(found), None)


def _find_record_key(records: Sequence[dict[str, Any]], named: str | None) -> str:
    """Key of the label in JSON-MIN, which has a key for each control tag."""
    keys = dict.fromkeys(key for record in records for key in record)
    found = [each for each in ((named,) if named else LABEL_KEYS) if each in keys]
    if len(found) > 1:
        raise ValueError(
            f"several keys may hold the labels ({', '.join(map(repr, found))}); say which by "
            "label_column"
        )
    if not found and records:
        raise ValueError(
            f"no entry has the label's key, {' or '.join((named,) if named else LABEL_KEYS)}; the "
            f"keys are {', '.join(map(repr, list(keys)[:20]))}; say which by label_column"
        )
    return found[0] if found else ""


def _annotations(task: dict[str, Any]) -> list[dict[str, Any]]:
    """Annotations of a task that are not cancelled."""
    found = task.get("annotations")
    if found is None:
        found = task.get("completions")  # as they were called
    annotations = objects(found or [], "annotations")
    return [each for each in annotations if not (each.get("was_cancelled") or each.get("skipped"))]


def _votes_of_task(
    task: dict[str, Any], number: int, column: str, key: str | None, control: str | None
) -> list[Vote]:
    name, is_text, text = _name_of(task["data"], number, column, key)
    votes = [Vote(name, None, is_text, text=text)]
    for annotation in _annotations(task):
        labels: list[str] = []
        for result in objects(annotation.get("result") or [], "result"):
            if result.get("type") == "choices" and result.get("from_name") == control:
                value = result.get("value")
                labels += choices_of(value, f"task {number}")
        votes.append(
            Vote(
                name,
                tuple(labels),
                is_text,
                annotator=repr(annotation.get("completed_by")),
                when=str(annotation.get("created_at") or ""),
                is_truth=annotation.get("ground_truth") is True,
                text=text,
            )
        )
    return votes


def _vote_of_record(
    record: dict[str, Any], number: int, sample: tuple[str, bool, str | None], key: str
) -> Vote:
    """One annotation, as JSON-MIN has it."""
    name, is_text, text = sample
    value = record.get(key)
    labels = () if value is None else tuple(choices_of(value, f"entry {number}"))
    when, annotator = str(record.get("created_at") or ""), repr(record.get("annotator"))
    return Vote(name, labels, is_text, annotator=annotator, when=when, text=text)


def _name_of(data: Any, number: int, column: str, key: str | None) -> tuple[str, bool, str | None]:
    """Return what a task calls its sample, whether that is its text, and the text beside a row."""
    if not isinstance(data, dict):
        raise ValueError(f"the data of task {number} must be an object, not {kind_of(data)}")
    usual = (key,) if key else _PATH_KEYS if column == "path" else _ROW_KEYS
    found = next((each for each in usual if isinstance(data.get(each), str | int)), None)
    if found is None:
        raise ValueError(
            f"the data of task {number} has none of {', '.join(usual)}, but "
            f"{', '.join(map(repr, list(data)[:20])) or 'nothing'}; say by path_column which key "
            "names the sample"
        )
    is_text = column == "row" and found != "row" and not isinstance(data[found], int)
    text = data.get("text")
    is_beside = column == "row" and found != "text" and isinstance(text, str)
    return str(data[found]), is_text, text if is_beside else None
