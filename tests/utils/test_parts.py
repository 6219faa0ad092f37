"""What is being written goes with its process, and a living process's stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from skvaal._utils import parts
from skvaal._utils.files import replace_file
from skvaal._utils.parts import forget_parts, held, lock_if_free, names_of_parts, new_part

pytest.importorskip("fcntl")

DEAD = ".file.0123456789abcdef.part"
BEGIN = """
import sys
from pathlib import Path
from skvaal._utils.parts import new_part
with new_part(Path(sys.argv[1]), is_folder=sys.argv[2] == "folder") as part:
    print(part.name, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_a_dead_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path, kind):
    command = [sys.executable, "-c", BEGIN, str(tmp_path / "file"), kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        name = child.stdout.readline().decode().strip()
        replace_file(tmp_path / "file", b"new")
        assert sorted(os.listdir(tmp_path)) == sorted([name, "file"])
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert (tmp_path / name).exists()
    replace_file(tmp_path / "file", b"newer")
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize(
    "name",
    [".file.0123456789abcdef.parts", ".file.0123456789abcdeg.part", ".other.0123456789abcdef.part",
     "file.0123456789abcdef.part", ".file.part"],
)  # fmt: skip
def test_other_names_stay(tmp_path, name):
    (tmp_path / name).write_text("mine")
    replace_file(tmp_path / "file", b"new")
    assert (tmp_path / name).read_text() == "mine"


def test_links_and_pipes_of_such_a_name_are_let_be(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / DEAD).symlink_to(tmp_path / "mine")
    os.mkfifo(tmp_path / DEAD.replace("0", "1"))
    replace_file(tmp_path / "file", b"new")
    assert (tmp_path / "mine").read_text() == "mine"
    assert len(os.listdir(tmp_path)) == 4


def test_a_name_with_signs_of_a_pattern_is_itself(tmp_path):
    names = names_of_parts(tmp_path / "a.*[x]\n(")
    assert names.fullmatch(".a.*[x]\n(.0123456789abcdef.part")
    assert not names.fullmatch(".abc[x]\n(.0123456789abcdef.part")


def test_an_error_removes_the_part_and_names_the_place(tmp_path):
    def write(error):
        with new_part(tmp_path / "out", is_folder=True, called="round_1") as part:
            (part / "below").mkdir()
            raise error(part)

    for error in (
        lambda p: OSError(28, "No space", str(p / "x")),
        lambda p: OSError(f"{p}/x: bad"),
    ):
        with pytest.raises(OSError, match=r"round_1/x") as caught:
            write(error)
        assert ".part" not in str(caught.value)
    assert not os.listdir(tmp_path)


def test_what_is_spared_stays(tmp_path):
    (tmp_path / DEAD).touch()
    forget_parts(tmp_path, names_of_parts("file"), spare=lambda name: name == DEAD)
    assert (tmp_path / DEAD).exists()
    with pytest.raises(KeyError), new_part(tmp_path / "file", spare=lambda name: True):
        raise KeyError
    assert len(os.listdir(tmp_path)) == 2


def test_a_part_that_another_process_took_for_dead_is_made_anew(tmp_path, monkeypatch):
    taken = []

    def lose_first(path):
        if not taken:
            taken.append(path)
            path.unlink()
        return lock_if_free(path)

    monkeypatch.setattr(parts, "lock_if_free", lose_first)
    with new_part(tmp_path / "file") as part:
        assert part.exists()
    assert part != taken[0]


def test_a_file_system_that_takes_every_file_for_another_is_written_to(tmp_path, monkeypatch):
    monkeypatch.setattr(os.path, "samestat", lambda one, other: False)
    replace_file(tmp_path / "file", b"new")
    assert os.listdir(tmp_path) == ["file"]


def test_one_holds_a_folder_at_a_time(tmp_path):
    with held(tmp_path), pytest.raises(BlockingIOError), held(tmp_path):
        pass


def test_many_at_a_time_leave_one_file(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda i: replace_file(tmp_path / "file", b"%d" % i), range(40)))
    assert os.listdir(tmp_path) == ["file"]


def test_without_locks_of_the_system_files_are_written_all_the_same(tmp_path, monkeypatch):
    (tmp_path / DEAD).touch()
    monkeypatch.setattr(parts, "fcntl", None)
    replace_file(tmp_path / "file", b"new")
    assert sorted(os.listdir(tmp_path)) == [DEAD, "file"]
