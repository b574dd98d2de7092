"""A headless Chromium, driven through WebDriver by plain HTTP; the tests that need it skip where there is none."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

# Not through a proxy: it is this machine that is spoken to.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1200,900",
)  # fmt: skip


def missing() -> str | None:
    """Why no browser can be driven here; None where one can."""
    for names in (("chromedriver",), ("chromium", "chromium-browser", "google-chrome")):
        if not any(shutil.which(name) for name in names):
            return f"no {names[0]} on the path"
    return None


class Browser:
    """One browser with one page."""

    def __init__(self, folder: Path, flags: tuple[str, ...] = ()) -> None:
        self.log = (folder / "chromedriver.log").open("wb")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.profile = tempfile.TemporaryDirectory(prefix="adkit-browser-", ignore_cleanup_errors=True)
        driver = shutil.which("chromedriver")
        # Nothing of the session in which the tests run is the browser's business.
        env = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "TMPDIR")} | {"HOME": self.profile.name}
        self.driver = subprocess.Popen([driver, f"--port={self.port}"], stdout=self.log, stderr=self.log, env=env)
        self.session = ""
        try:
            self._wait()
            binary = next(p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p)
            options = {"binary": binary, "args": [*FLAGS, *flags, f"--user-data-dir={self.profile.name}/profile"]}
            wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            self.session = self.ask("POST", "", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        except BaseException:
            self.close()
            raise

    def _wait(self) -> None:
        for _ in range(600):
            try:
                with _direct.open(f"http://127.0.0.1:{self.port}/status", timeout=5) as answer:
                    if json.load(answer)["value"]["ready"]:
                        return
            except (OSError, urllib.error.URLError):
                pass
            if self.driver.poll() is not None:
                raise RuntimeError("chromedriver ended at once")
            time.sleep(0.1)
        raise RuntimeError("chromedriver does not answer")

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One command of WebDriver's."""
        where = f"http://127.0.0.1:{self.port}/session" + (f"/{self.session}{path}" if self.session else "")
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(where, data, {"Content-Type": "application/json"}, method=method)
        try:
            with _direct.open(request, timeout=180) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def open(self, path: Path) -> None:
        self.ask("POST", "/url", {"url": path.resolve().as_uri()})

    def run(self, script: str, *arguments: Any) -> Any:
        """The value that a script returns in the page."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def press(self, *keys: str) -> None:
        """Keys pressed and released, where the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def swipe(self, x: int, y: int, dx: int) -> None:
        """A finger put down, moved sideways and lifted."""
        moves = [
            {"type": "pointerMove", "duration": 0, "x": x, "y": y}, {"type": "pointerDown", "button": 0},
            {"type": "pointerMove", "duration": 60, "x": x + dx, "y": y}, {"type": "pointerUp", "button": 0},
        ]  # fmt: skip
        finger = {"type": "pointer", "id": "finger", "parameters": {"pointerType": "touch"}, "actions": moves}
        self.ask("POST", "/actions", {"actions": [finger]})

    def command(self, name: str, **parameters: Any) -> Any:
        """A command of Chromium's own protocol."""
        return self.ask("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def complaints(self) -> list[str]:
        """What the console says, since it was last asked."""
        return [entry["message"] for entry in self.ask("POST", "/se/log", {"type": "browser"})]

    def close(self) -> None:
        if self.session:
            try:
                self.ask("DELETE", "")
            except (OSError, AssertionError):
                pass
        self.driver.terminate()
        try:
            self.driver.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.driver.kill()
            self.driver.wait()
        self.log.close()
        self.profile.cleanup()
