"""Doctests that need a package are left out where it is missing; tests reach this machine only."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Any

import pytest

NEEDS = {
    "skvaal/benchmark/rounds.py": "modAL",
    "skvaal/benchmark/runner.py": "modAL",
    "skvaal/benchmark/strategies/_skactiveml.py": "skactiveml",
    "skvaal/skactiveml.py": "skactiveml",
}
collect_ignore = [path for path, package in NEEDS.items() if find_spec(package) is None]


def is_on_this_machine(host: Any) -> bool:
    """Whether a host is an address of this machine, or names one."""
    host = host.decode() if isinstance(host, bytes) else host
    if host in (None, "", "localhost", socket.gethostname()):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Let no test look up or connect to another machine."""

    def guard(method: Any) -> Any:
        def connect(sock: socket.socket, address: Any) -> Any:
            # To connect a datagram socket sends nothing; dask finds its own address so.
            is_stream = sock.type == socket.SOCK_STREAM and sock.family in (
                socket.AF_INET,
                socket.AF_INET6,
            )
            if is_stream and not is_on_this_machine(address[0]):
                raise RuntimeError(f"tests must not use the network, but one connects to {address}")
            return method(sock, address)

        return connect

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_on_this_machine(host):
            raise RuntimeError(f"tests must not use the network, but one looks up {host!r}")
        return getaddrinfo(host, *args, **kwargs)

    getaddrinfo = socket.getaddrinfo
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, guard(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", look_up)
        yield
