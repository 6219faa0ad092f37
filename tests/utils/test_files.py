"""A file is replaced as a whole or not at all; only regular files are read and written."""

from __future__ import annotations

import errno
import os
import resource
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from reliability.small_disk import REASON, small_disk
from skvaal._utils import files
from skvaal._utils.files import read_file, replace_file


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    return path


def names_in(folder):
    return sorted(each.name for each in folder.iterdir())


def test_a_file_is_written_and_replaced(tmp_path):
    for content in (b"first", b"second, longer", b""):
        replace_file(tmp_path / "file", content)
        assert read_file(str(tmp_path / "file")) == content
    assert names_in(tmp_path) == ["file"]


def test_a_name_in_the_present_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    replace_file("file", b"new")
    assert read_file("file") == b"new"


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path, umask):
    before = os.umask(umask)
    try:
        replace_file(tmp_path / "file", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~umask


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o666])
def test_an_existing_file_keeps_its_mode(old, mode):
    old.chmod(mode)
    replace_file(old, b"new")
    assert stat.S_IMODE(old.stat().st_mode) == mode


def test_a_link_stays_and_its_file_is_replaced(old, tmp_path):
    (tmp_path / "folder").mkdir()
    link = tmp_path / "folder" / "link"
    link.symlink_to("../second")
    (tmp_path / "second").symlink_to("file")
    replace_file(link, b"new")
    assert link.is_symlink()
    assert (tmp_path / "second").is_symlink()
    assert old.read_bytes() == b"new"
    assert names_in(tmp_path / "folder") == ["link"]


def test_a_link_to_nothing_makes_the_file(tmp_path):
    (tmp_path / "link").symlink_to("file")
    replace_file(tmp_path / "link", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert (tmp_path / "link").is_symlink()


def test_another_hard_link_keeps_the_old_content(old, tmp_path):
    os.link(old, tmp_path / "other")
    replace_file(old, b"new")
    assert (tmp_path / "other").read_bytes() == b"old"


def test_a_long_name(tmp_path):
    path = tmp_path / ("ü" * 127)
    replace_file(path, b"new")
    assert read_file(path) == b"new"


def fail_at(monkeypatch, step):
    """Let one step of writing fail as on a full disk."""

    def fail(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    where, name = {
        "open": (Path, "open"),
        "sync": (os, "fsync"),
        "mode": (Path, "chmod"),
        "rename": (Path, "replace"),
    }[step]
    monkeypatch.setattr(where, name, fail)


@pytest.mark.parametrize("step", ["open", "sync", "mode", "rename"])
def test_after_an_error_the_old_file_is_whole(old, monkeypatch, step):
    with monkeypatch.context() as patched:
        fail_at(patched, step)
        with pytest.raises(OSError, match=r"cannot be written: No space left.*file") as error:
            replace_file(old, b"new")
    assert error.value.errno == errno.ENOSPC
    assert error.value.filename == str(old)
    assert old.read_bytes() == b"old"
    assert names_in(old.parent) == ["file"]


def test_after_ctrl_c_the_old_file_is_whole(old, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            replace_file(old, b"new")
    assert old.read_bytes() == b"old"
    assert names_in(old.parent) == ["file"]


def test_a_limit_of_the_system_on_the_size(old):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(OSError, match=r"cannot be written: File too large.*file"):
            replace_file(old, b"new" * 1_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert old.read_bytes() == b"old"
    assert names_in(old.parent) == ["file"]


def test_a_folder_that_cannot_be_synced_is_no_error(old, monkeypatch):
    sync, synced = os.fsync, []

    def sync_files_only(descriptor):
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        if synced[-1]:
            raise OSError(errno.EINVAL, "not on this file system")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", sync_files_only)
    replace_file(old, b"new")
    assert synced == [False, True]
    assert old.read_bytes() == b"new"


def test_the_file_is_on_disk_before_its_name(old, monkeypatch):
    steps, sync, rename = [], os.fsync, Path.replace

    def note(name, function, *args):
        steps.append(name)
        return function(*args)

    monkeypatch.setattr(os, "fsync", lambda fd: note("sync", sync, fd))
    monkeypatch.setattr(Path, "replace", lambda *paths: note("rename", rename, *paths))
    replace_file(old, b"new")
    assert steps == ["sync", "rename", "sync"]


@pytest.mark.parametrize("function", [read_file, lambda path: replace_file(path, b"new")])
@pytest.mark.parametrize("kind", ["pipe", "device", "socket", "folder"])
def test_only_regular_files(tmp_path, monkeypatch, function, kind):
    path = tmp_path / kind
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/zero")
    elif kind == "socket":
        import socket

        monkeypatch.chdir(tmp_path)  # the whole name may be too long for a socket
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(kind)
    else:
        path.mkdir()
    link = tmp_path / "link"
    link.symlink_to(path)
    before = path.stat().st_mode
    for each in (path, link):
        with pytest.raises(OSError, match=f"{each} is (no regular file|a folder)"):
            function(each)
    assert path.stat().st_mode == before


def test_what_is_not_there(tmp_path, old):
    with pytest.raises(FileNotFoundError, match=r"no such folder: .*none$"):
        replace_file(tmp_path / "none" / "file", b"")
    with pytest.raises(FileNotFoundError, match=r"no such file: .*none$"):
        read_file(tmp_path / "none")
    for function in (read_file, lambda path: replace_file(path, b"")):
        with pytest.raises(NotADirectoryError, match=r"file/below"):
            function(old / "below")
        (tmp_path / "loop").unlink(missing_ok=True)
        (tmp_path / "loop").symlink_to("loop")
        with pytest.raises(OSError, match=r"loop"):
            function(tmp_path / "loop")
        with pytest.raises(OSError, match=r"File name too long.*xxx"):
            function(tmp_path / ("x" * 300))


@pytest.mark.parametrize("path", [None, 3, b"file", ["file"]])
@pytest.mark.parametrize("function", [read_file, lambda path: replace_file(path, b"")])
def test_what_is_no_path(function, path):
    with pytest.raises(TypeError, match=r"path=.* must be a str or a path"):
        function(path)


@pytest.mark.parametrize("path", ["", "with\0null"])
@pytest.mark.parametrize("function", [read_file, lambda path: replace_file(path, b"")])
def test_what_is_no_name(function, path):
    with pytest.raises(ValueError, match=r"path=.* is no name of a file"):
        function(path)


AS_NOBODY = """
import os, sys
from reliability.small_disk import REASON, small_disk
from skvaal._utils.files import read_file, replace_file
if os.getuid() == 0:  # whom no mode stops
    os.setgid(65534)
    os.setuid(65534)
os.umask(0)
functions = {"read": read_file, "write": lambda path: replace_file(path, b"new")}
for task in sys.argv[1:]:
    done, _, path = task.partition(" ")
    try:
        functions[done](path)
    except PermissionError as error:
        print(path in str(error))
    else:
        print("done")
"""


def test_what_the_user_may_not_touch():
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "open").mkdir()
        secret, read_only = folder / "secret", folder / "open" / "read-only"
        for path, mode in ((secret, 0), (read_only, 0o444)):
            path.write_bytes(b"old")
            path.chmod(mode)
        for path, mode in ((folder / "open", 0o777), (folder, 0o555)):
            path.chmod(mode)
        tasks = [f"read {secret}", f"read {read_only}", f"write {secret}", f"write {read_only}"]
        tasks += [f"write {folder / 'new'}", f"write {folder / 'open' / 'new'}"]
        said = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, *tasks], capture_output=True, text=True
        )
        folder.chmod(0o755)
        assert said.stdout.split() == ["True", "done", "True", "True", "True", "done"], said.stderr
        assert read_only.read_bytes() == b"old"
        assert names_in(folder / "open") == ["new", "read-only"]


def test_a_read_only_disk_is_told_from_a_read_only_file(tmp_path):
    with small_disk(tmp_path, kib=64) as disk:
        if disk is None:
            pytest.skip(REASON)
        (disk.path / "file").write_bytes(b"old")
        disk.make_read_only()
        with pytest.raises(OSError, match=r"file is read-only; .* or mount its file system for"):
            replace_file(disk.path / "file", b"new")


def test_many_at_once_leave_one_whole_file(tmp_path):
    contents = [bytes([i]) * 50_000 for i in range(8)]

    def write(content):
        for _ in range(5):
            replace_file(tmp_path / "file", content)

    threads = [threading.Thread(target=write, args=(each,)) for each in contents]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert read_file(tmp_path / "file") in contents
    assert names_in(tmp_path) == ["file"]


def test_a_file_larger_than_the_memory_is_named(old):
    os.truncate(old, 2**43)  # it takes no room on the disk
    with pytest.raises(OSError, match=r"file has 8,192\.0 GiB, more than there is memory"):
        read_file(old)


def test_memory_that_is_short_is_named(old, monkeypatch):
    monkeypatch.setattr(files, "memory_bytes", lambda: float("inf"))
    os.truncate(old, 2**43)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (2**42, limits[1]))
    try:
        with pytest.raises(OSError, match=r"file has .* GiB, more than there is memory"):
            read_file(old)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def test_no_more_is_read_than_the_system_says_is_there():
    path = Path("/proc/self/status")  # of size 0; others of its kind never end
    if not path.is_file():
        pytest.skip("this system has none")
    assert read_file(path) == b""


def test_a_folder_that_is_gone_is_told_with_the_path(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(FileNotFoundError, match=r"cannot be written: No such .*'model'"):
        replace_file("model", b"new")
    with pytest.raises(FileNotFoundError, match="no such file: model"):
        read_file("model")


@pytest.mark.parametrize("leads_to", ["file", "folder", "nothing"])
@pytest.mark.parametrize("link", ["report.html", "tables", "tables/digits.csv"])
def test_a_link_where_something_is_written_is_refused(tmp_path, old, link, leads_to):
    (tmp_path / "folder").mkdir()
    path = tmp_path / "results" / link
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / leads_to)
    with pytest.raises(OSError, match=f"{path} is a link, so that writing it would"):
        files.check_links(tmp_path / "results", ["report.html", "tables"])


def test_other_links_are_nobodys_business(tmp_path):
    (tmp_path / "results" / "tables").mkdir(parents=True)
    (tmp_path / "results" / "latest").symlink_to("tables")
    (tmp_path / "here").symlink_to("results")
    files.check_links(tmp_path / "here", ["report.html", "tables"])
