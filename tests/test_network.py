"""Nothing is fetched: neither when a module is imported, nor by the tests."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

# An address of RFC 5737, which belongs to nobody.
ELSEWHERE = "192.0.2.1"

IMPORTS = """
import importlib, pkgutil, sys

def forbid(event, arguments):
    if event.startswith("socket."):
        raise RuntimeError(f"an import uses the network: {event} {arguments[1:]}")

sys.addaudithook(forbid)
import skvaal

for module in pkgutil.walk_packages(skvaal.__path__, "skvaal."):
    if module.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        if error.name not in ("modAL", "skactiveml"):
            raise
    else:
        print(module.name)
"""


@pytest.mark.slow
def test_no_module_opens_a_socket_when_it_is_imported():
    run = subprocess.run(
        [sys.executable, "-c", IMPORTS],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    assert run.returncode == 0, run.stderr
    names = run.stdout.split()
    assert len(names) > 100
    assert {"skvaal.cli.app", "skvaal.benchmark.runner", "skvaal._vaal.net"} <= set(names)


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_no_test_connects_to_another_machine(method):
    with (
        socket.socket() as sock,
        pytest.raises(RuntimeError, match=rf"connects to \('{ELSEWHERE}', 80\)"),
    ):
        getattr(sock, method)((ELSEWHERE, 80))


def test_no_test_looks_up_another_machine():
    with pytest.raises(RuntimeError, match="looks up 'example.org'"):
        socket.create_connection(("example.org", 80))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_this_machine_can_be_reached(host):
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = threading.Thread(target=lambda: server.accept()[0].close())
        answer.start()
        with socket.create_connection((host, server.getsockname()[1])) as sock:
            assert sock.recv(1) == b""
        answer.join()


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets")
def test_unix_sockets_can_be_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # such a name must be short
    with (
        socket.socket(socket.AF_UNIX) as server,
        socket.socket(socket.AF_UNIX) as sock,
    ):
        server.bind("socket")
        server.listen()
        sock.connect("socket")
        assert sock.getpeername() == "socket"
