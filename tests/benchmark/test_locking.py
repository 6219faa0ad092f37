"""One process at a time in a folder, on file systems with and without locks."""

import errno
import os
import signal
import socket
import subprocess
import sys

import pytest

from skvaal.benchmark import locking
from skvaal.benchmark.locking import FolderInUseError, locked

fcntl = pytest.importorskip("fcntl")


def no_locks(monkeypatch, number=errno.ENOLCK):
    def refuse(descriptor, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(locking.fcntl, "flock", refuse)


@pytest.fixture(params=["locks", "no locks", "no fcntl"])
def system(request, monkeypatch):
    if request.param == "no locks":
        no_locks(monkeypatch)
    elif request.param == "no fcntl":
        monkeypatch.setattr(locking, "fcntl", None)


@pytest.mark.usefixtures("system")
def test_second_one_is_kept_out_until_the_first_is_done(tmp_path):
    with (
        locked(tmp_path),
        pytest.raises(FolderInUseError, match="another comparison is at work in"),
        locked(tmp_path),
    ):
        raise AssertionError

    with locked(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("system")
def test_error_inside_leaves_the_folder_free(tmp_path):
    with pytest.raises(LookupError), locked(tmp_path):
        raise LookupError

    with locked(tmp_path):
        pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF])
def test_system_without_locks_is_not_taken_for_a_folder_in_use(tmp_path, monkeypatch, number):
    no_locks(monkeypatch, number)

    with locked(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == [locking.OWNER]


def test_owner_that_is_dead_is_forgotten(tmp_path, monkeypatch):
    no_locks(monkeypatch)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / locking.OWNER).write_text(f"{socket.gethostname()} {dead.pid}")

    with locked(tmp_path):
        assert (tmp_path / locking.OWNER).read_text().endswith(str(os.getpid()))


@pytest.mark.parametrize("owner", [f"{socket.gethostname()} {os.getppid()}", "elsewhere 1", ""])
def test_owner_that_may_be_alive_is_named(tmp_path, monkeypatch, owner):
    no_locks(monkeypatch)
    (tmp_path / locking.OWNER).write_text(owner)

    with (
        pytest.raises(FolderInUseError, match=r"or delete .*\.owner if it is no more"),
        locked(tmp_path),
    ):
        raise AssertionError


@pytest.mark.slow
def test_lock_of_a_killed_process_is_gone(tmp_path):
    program = (
        "import sys, time; from pathlib import Path; from skvaal.benchmark.locking import locked\n"
        "with locked(Path(sys.argv[1])):\n"
        "    print('in', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE)
    try:
        assert child.stdout.readline() == b"in\n"
        with pytest.raises(FolderInUseError), locked(tmp_path):
            raise AssertionError
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.communicate()

    with locked(tmp_path):
        pass


def test_lock_of_a_file_that_was_just_deleted_is_taken_anew(tmp_path, monkeypatch):
    flock = fcntl.flock
    calls = []

    def delete_first(descriptor, operation):
        flock(descriptor, operation)
        if not calls:
            (tmp_path / locking.LOCKED).unlink()
        calls.append(descriptor)

    monkeypatch.setattr(locking.fcntl, "flock", delete_first)

    with locked(tmp_path):
        assert (tmp_path / locking.LOCKED).exists()
    assert len(calls) == 2
