"""What labelling tools import comes back through their readers, and holds what it can."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from skvaal._files.tools.exports import read_export, sniff
from skvaal.project import choose, read_pool
from skvaal.project.labelling import (
    TOOLS,
    check_tools,
    find_tools,
    make_files,
    note_without_classes,
)
from skvaal.project.reading import read_known
from skvaal.project.writing import FILES, write_folder

NAMES = ("a 1.png", "b&<#>.png", "on its side.jpg", "x/ü\n'\".png", "y/=cmd().png", "z.png")


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """Six pictures of 20 x 12 pixels; two have labels that XML has to spell out."""
    folder = tmp_path_factory.mktemp("photos")
    for i, name in enumerate(NAMES):
        (folder / name).parent.mkdir(exist_ok=True)
        image = Image.new("RGB", (20, 12), (40 * i, 0, 0))
        exif = Image.Exif()
        exif[0x0112] = 6 if "side" in name else 1
        image.save(folder / name, exif=exif)
    labels = folder / "labels.csv"
    labels.write_text('path,label\na 1.png,"<b>\r\n\t""&"\nz.png, dog \n')
    return read_known(folder, labels)


@pytest.fixture(scope="module")
def picks(known):
    return choose(known, 4, strategy="herding")


@pytest.fixture(scope="module")
def files(picks):
    return make_files(picks, TOOLS)


@pytest.fixture(params=["label_studio.json", "coco.json", "cvat.xml"])
def path(request, files, tmp_path):
    (tmp_path / request.param).write_bytes(files[request.param])
    return tmp_path / request.param


def test_our_readers_find_the_picks_in_their_order_without_labels(path, picks):
    found = read_export(path, sniff(path), column="path").annotations
    assert [each.name for each in found] == picks.names
    assert {each.label for each in found} == {None}


def test_coco_has_sizes_ranks_numbers_and_the_classes(files, picks):
    content = json.loads(files["coco.json"])
    assert [each["rank"] for each in content["images"]] == [1, 2, 3, 4]
    assert [each["why"] for each in content["images"]] == list(picks.reasons)
    assert all(isinstance(each["gain"], float) for each in content["images"])
    sizes = {each["file_name"]: (each["width"], each["height"]) for each in content["images"]}
    assert sizes == {name: (12, 20) if "side" in name else (20, 12) for name in picks.names}
    assert content["annotations"] == []
    assert [each["name"] for each in content["categories"]] == [" dog ", '<b>\r\n\t"&']


def test_cvat_has_sizes_and_the_classes(files, picks):
    root = ElementTree.fromstring(files["cvat.xml"])
    images = root.findall("image")
    assert [each.get("id") for each in images] == ["0", "1", "2", "3"]
    assert {(each.get("width"), each.get("height")) for each in images} == {
        ("20", "12"),
        ("12", "20"),
    }
    labels = [each.text for each in root.findall("meta/task/labels/label/name")]
    assert labels == [" dog ", '<b>\r\n\t"&']


def test_the_interface_of_label_studio_has_the_classes_as_they_are(files):
    root = ElementTree.fromstring(files["label_studio.xml"])
    assert [each.get("value") for each in root.iter("Choice")] == [" dog ", '<b>\r\n\t"&']


@pytest.mark.parametrize("tools", [("coco",), ("cvat", "coco"), TOOLS, ()], ids=str)
def test_a_folder_has_the_files_of_the_tools_that_are_named(picks, tmp_path, tools):
    write_folder(picks, tmp_path / "out", tools=",".join(tools) if tools else ())
    there = {path.name for path in (tmp_path / "out").iterdir()}
    files = {"coco": {"coco.json"}, "cvat": {"cvat.xml"}}
    expected = set().union(*(files.get(each, set()) for each in tools))
    expected |= {"label_studio.json", "label_studio.xml"} if "label_studio" in tools else set()
    assert there & {"coco.json", "cvat.xml", "label_studio.json", "label_studio.xml"} == expected
    assert there <= set(FILES)
    write_folder(picks, tmp_path / "out", tools="label_studio")  # takes its place
    assert not (tmp_path / "out" / "coco.json").exists()


def test_a_picture_that_is_gone_has_no_size(known, tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    Image.new("RGB", (8, 9)).save(tmp_path / "b.png")
    pool = read_pool(tmp_path, image_size=8)
    (tmp_path / "a.png").unlink()
    assert pool.X.file_sizes() == [None, (8, 9)]


@pytest.mark.parametrize("tool", ["coco", "cvat"])
def test_what_is_no_image_is_refused(known_of, tool):
    with pytest.raises(ValueError, match=f"tools='{tool}' holds images, and pool has features; "):
        check_tools([tool], known_of(np.eye(3)))


def test_a_name_that_xml_cannot_hold_is_refused_for_cvat_alone(known_of):
    known = known_of(np.eye(3), kind="images")
    known.samples.names[:] = ["a\x01.png", "b.png", "c.png"]
    picks = choose(known_of(np.eye(3)), 3, strategy="random")
    picks = replace(picks, known=known)
    with pytest.raises(ValueError, match=r"tools='cvat': 'a\\x01.png' has .* XML cannot hold"):
        make_files(picks, ["cvat"])
    assert set(make_files(picks, ["coco", "label_studio"])) == set(FILES) & {
        "coco.json",
        "label_studio.json",
        "label_studio.xml",
    }


@pytest.mark.parametrize("label", ["cat\x01", "\x1b[31m", "\ufffe"], ids=ascii)
@pytest.mark.parametrize("tool", ["label_studio", "cvat"])
def test_a_class_that_xml_cannot_hold_is_refused_before_anything_is_written(
    blobs, known_of, tmp_path, tool, label
):
    known = known_of(np.eye(12), {0: label, 1: "dog"}, "images" if tool == "cvat" else "features")
    picks = choose(known_of(np.eye(12), {0: label}), 2, strategy="random")
    with pytest.raises(ValueError, match=f"tools='{tool}': the class: .* which XML cannot hold"):
        check_tools([tool], known)
    if tool == "label_studio":
        with pytest.raises(ValueError, match="which XML cannot hold; rename it"):
            write_folder(picks, tmp_path / "out")
    assert not list(tmp_path.iterdir())
    check_tools(["coco"], known_of(np.eye(12), {0: label}, "images"))


def test_where_classes_go_is_said_of_each_tool_if_none_is_known():
    (said,) = note_without_classes((), TOOLS)
    for name in ("label_studio.xml", "coco.json", "cvat.xml"):
        assert name in said
    assert note_without_classes(("cat",), TOOLS) == note_without_classes((), ()) == []


def test_capitals_and_blanks_of_tools_do_not_count():
    assert find_tools(" COCO,Cvat ") == ("coco", "cvat")


@pytest.mark.parametrize(
    ("tools", "told"), [("coc", "'coc' is none of"), (["x", 1], "'x' is"), ("", "'' is")]
)
def test_a_tool_that_is_not_known_is_named(tools, told):
    with pytest.raises(ValueError, match=f"tools=.*{told}"):
        find_tools(tools)
