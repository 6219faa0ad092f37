import os

import pytest

from skvaal._files.listing import is_glob, list_glob, list_images


@pytest.fixture
def tree(tmp_path):
    names = ["b.jpg", "a/c.PNG", "a/d/e.tiff", "a/notes.txt", ".hidden.jpg", ".git/f.jpg"]
    for name in [*names, "__MACOSX/g.jpg", "a/h.jpg.part"]:
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "tree"


def below(paths, folder):
    return [os.path.relpath(path, folder) for path in paths]


def test_tree_is_listed_without_hidden_files(tree):
    assert below(list_images(tree), tree) == ["a/c.PNG", "a/d/e.tiff", "b.jpg"]


def test_links_end_and_files_come_once(tree):
    (tree / "a" / "up").symlink_to(tree)
    (tree / "0").symlink_to(tree / "a" / "d")  # its own path counts, though the link comes first
    (tree / "self.jpg").symlink_to(tree / "self.jpg")

    assert below(list_images(tree), tree) == ["a/c.PNG", "a/d/e.tiff", "b.jpg", "self.jpg"]


def test_links_to_files_and_folders_elsewhere_are_followed(tree, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.jpg").touch()
    (tree / "link").symlink_to(tmp_path / "other")
    (tree / "y.jpg").symlink_to(tmp_path / "other" / "x.jpg")

    assert {"link/x.jpg", "y.jpg"} <= set(below(list_images(tree), tree))


def test_names_may_be_any_bytes(tree):
    names = [b"\xff.jpg", b"new\nline.jpg", b"<b>.jpg"]
    for name in names:
        (tree / os.fsdecode(name)).touch()

    assert {os.fsdecode(name) for name in names} <= set(below(list_images(tree), tree))


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may read anything")
def test_folder_that_may_not_be_read_is_named(tree):
    (tree / "a").chmod(0)

    with pytest.raises(PermissionError, match="cannot be listed"):
        list_images(tree)


def test_glob(tree):
    root, paths = list_glob(f"{tree}/**/*")

    assert root == str(tree)
    assert below(paths, tree) == ["a/c.PNG", "a/d/e.tiff", "b.jpg"]


def test_glob_does_not_go_in_circles(tree):
    for name in ("up", "up2", "a/up"):
        (tree / name).symlink_to(tree)

    assert below(list_glob(f"{tree}/**/*.jpg")[1], tree) == ["b.jpg"]
    assert below(list_glob(f"{tree}/*/**/?.*")[1], tree) == ["a/c.PNG", "a/d/e.tiff"]
    assert list_glob(f"{tree}/none/**/*.jpg")[1] == []


def test_glob_from_the_working_directory(tree, monkeypatch):
    monkeypatch.chdir(tree)

    assert list_glob("*.jpg") == (".", ["b.jpg"])
    assert list_glob("a/?.PNG") == ("a", ["a/c.PNG"])


def test_file_with_brackets_in_its_name_is_no_pattern(tree):
    (tree / "x[1].npy").touch()

    assert is_glob(f"{tree}/*.jpg")
    assert not is_glob(f"{tree}/x[1].npy")
