import pytest

from skvaal._files.tools.cvat import read_annotations, write_annotations


def read(body):
    content = f'<?xml version="1.0"?><annotations>{body}</annotations>'.encode()
    return [(each.name, each.label) for each in read_annotations(content)]


def test_written_is_read():
    names, labels = ['ü\n"<&>.jpg', "b.jpg", "c.jpg"], ["<01>", None, "NA"]

    found = read_annotations(write_annotations(names, labels, sizes=[(4, 2)] * 3))

    assert [(each.name, each.label) for each in found] == list(zip(names, labels, strict=True))


def test_labels_are_declared():
    content = write_annotations(["a", "b"], ["x<", "x<"], sizes=[(4, 2)] * 2).decode()

    assert content.count("<name>x&lt;</name>") == 1
    assert '<image id="1" name="b" width="4" height="2">' in content
    assert "<tag" not in write_annotations(["a"]).decode()


@pytest.mark.parametrize("character", ["\0", "\x1b", "\ufffe", "\ud800"])
def test_characters_that_xml_lacks_are_named(character):
    with pytest.raises(ValueError, match="which XML cannot hold; rename it"):
        write_annotations(["a"], [character])


def test_deep_elements_do_no_harm():
    assert read('<image name="a"><tag label="x"/></image>' + "<a>" * 9999 + "</a>" * 9999) == [
        ("a", "x")
    ]


def test_tags_outside_of_images_do_not_count():
    assert read('<tag label="x"/><image name="a"/><tag label="y"/>') == [("a", None)]


@pytest.mark.parametrize(
    ("body", "match"),
    [
        ('<image name="a"><tag label="x"/><tag label="y"/></image>', "'a' has 2 labels, such as"),
        ('<image id="1"/>', "an <image> has no name"),
        ('<image name="a"><tag/></image>', "a <tag> of 'a' has no label"),
        ('<track id="0"/>', "it is of a video"),
        ('<image name="a"><box label="x"/></image>', "shapes and no tag"),
        ('<image name="a">', "cut off"),
        ('<image name="&b;"/>', "undefined entity"),
    ],
)
def test_other_content_is_refused(body, match):
    with pytest.raises(ValueError, match=match):
        read(body)


def test_a_page_is_said_to_be_one():
    with pytest.raises(ValueError, match="it is a web page, and no export of a labelling tool"):
        read_annotations(b"<!doctype html>\n<html lang=en><p>picks</html>")


def test_document_types_are_refused():
    bomb = b'<!DOCTYPE a [<!ENTITY b "bb">]><annotations>&b;</annotations>'

    with pytest.raises(ValueError, match="declares a document type"):
        read_annotations(bomb)
