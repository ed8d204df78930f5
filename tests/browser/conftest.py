"""A real browser against a fresh server; run by name, `pytest tests/browser`, with Playwright and Chromium there."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-features=PreloadTopChromeWebUI,TopChromeWebUI",  # a browser's own buttons, which no test presses
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # an outside request fails, and is reported
]
# On a deep link Streamlit's client first asks below the page's own path: these two 404s are its own.
STREAMLITS_OWN = ("/_stcore/health", "/_stcore/host-config")
POLLING = 200  # milliseconds: to look at every frame, as is usual, takes most of a core
expect.set_options(timeout=30_000)  # a busy machine may take its time; no test measures any


@contextmanager
def run_server():
    """Start the app as a user would, on a free port; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless=true"]
    command += ["--server.address=127.0.0.1", f"--server.port={port}"]
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(url + "/_stcore/health", timeout=1) as answer:
                    if answer.status == 200:
                        break
            except OSError:
                time.sleep(0.1)
        else:
            raise RuntimeError("the server did not start")
        yield url
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def server():
    with run_server() as url:
        yield url


@pytest.fixture
def fresh_server():
    with run_server() as url:
        yield url


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class Wire:
    """What a page sends to the server."""

    def __init__(self, page):
        self.sent = 0
        page.on("websocket", lambda socket: socket.on("framesent", self._count))

    def _count(self, frame):
        self.sent += 1


@pytest.fixture(scope="session")
def profile(browser):
    """A browser's profile, which holds Streamlit's own files: to fetch and compile them is most of a first visit."""
    context = browser.new_context()
    yield context
    context.close()


class Visitor:
    """A tab of the browser, which is a session of its own, and what it logged and asked for."""

    def __init__(self, profile, width=1440, height=900, scheme="light"):
        self.context = profile
        self.page = self.context.new_page()
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme=scheme)
        self.wire = Wire(self.page)
        self.errors, self.outside = [], []
        self.page.on("console", self._logged)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._asked)

    def _logged(self, message):
        path = urlsplit((message.location or {}).get("url", "")).path
        if message.type == "error" and not path.endswith(STREAMLITS_OWN):
            self.errors.append(message.text)

    def _asked(self, request):
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            self.outside.append(request.url)

    def open(self, url):
        self.page.goto(url)
        self.settle()
        return self.page

    def settle(self):
        """Wait until the script has run to its end and the browser has drawn what it sent."""
        self.page.locator('[data-testid="stMain"] h1').first.wait_for(timeout=60_000)
        self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=120_000)
        self.page.wait_for_function(
            """() => { if (document.querySelector('[data-testid="stSkeleton"]')) return false;
                const now = document.body.innerHTML.length, at = performance.now();
                const was = window.settled; if (!was || was.length !== now) window.settled = {length: now, at};
                return was && was.length === now && at - was.at > 800; }""",
            timeout=120_000,
            polling=POLLING,
        )

    def exceptions(self):
        return self.page.locator('[data-testid="stException"]').count()


@pytest.fixture
def visit(profile):
    """Make visitors, who leave nothing behind in the browser; first: one who has never been here, nor its files."""
    made = []

    def make(first=False, **how):
        made.append(Visitor(profile.browser.new_context() if first else profile, **how))
        return made[-1]

    yield make
    for visitor in made:
        if visitor.context is not profile:
            visitor.context.close()
        else:
            if visitor.page.url.startswith("http"):
                visitor.page.evaluate("localStorage.clear()")
            visitor.page.close()
    profile.clear_cookies()
    profile.clear_permissions()
