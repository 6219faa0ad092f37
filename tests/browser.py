"""Pages in a real headless Chromium, by its DevTools protocol over two pipes."""

import fcntl
import json
import os
import select
import shutil
import subprocess
from contextlib import contextmanager

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-debugging-pipe",
)
_PATIENCE = 120  # seconds without a word


class Browser:
    """One tab.

    `requested` lists the addresses of what the page asked for, and `refused` what its policy or an
    error kept from running.
    """

    def __init__(self, reader, writer):
        self._reader, self._writer, self._rest, self._n = reader, writer, b"", 0
        self._session = None
        self.requested, self.refused = [], []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        self._n += 1
        message = {"id": self._n, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writer, json.dumps(message).encode() + b"\0")
        answer = self._wait(lambda one: one.get("id") == self._n)
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, path, *, width=1600, height=1200, dark=False, script=True):
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},  # or scrolling takes its time
        ]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.requested, self.refused = [], []
        self.call("Page.navigate", url=path.absolute().as_uri())
        self._wait(lambda one: one.get("method") == "Page.loadEventFired")

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key):
        code = {"Tab": 9, "Enter": 13, "ArrowLeft": 37, "ArrowRight": 39}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                **(text if kind == "keyDown" else {}),
            )

    def point(self, x, y):
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def _wait(self, is_wanted):
        while True:
            while b"\0" not in self._rest:
                ready, _, _ = select.select([self._reader], [], [], _PATIENCE)
                data = os.read(self._reader, 2**20) if ready else b""
                assert data, "Chromium does not answer"
                self._rest += data
            text, self._rest = self._rest.split(b"\0", 1)
            message = json.loads(text)
            self._note(message)
            if is_wanted(message):
                return message

    def _note(self, message):
        method, params = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requested.append(params["request"]["url"])
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.refused.append(params["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.refused.append(params["exceptionDetails"]["text"])


@contextmanager
def opened_browser(folder):
    """A browser that keeps its profile in a folder; it ends with the block."""
    (to_read, writer), (reader, to_write) = os.pipe(), os.pipe()
    # Chromium reads from descriptor 3 and writes to 4, which may be in use here.
    high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 20) for descriptor in (to_read, to_write)]
    arguments = [CHROMIUM, *_FLAGS, f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(
        ["bash", "-c", f'exec "$@" 3<&{high[0]} 4>&{high[1]}', "bash", *arguments],
        pass_fds=high,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    for descriptor in (to_read, to_write, *high):
        os.close(descriptor)
    try:
        browser = Browser(reader, writer)
        yield browser
        browser._session = None
        browser.call("Browser.close")
    finally:
        for descriptor in (reader, writer):
            os.close(descriptor)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
