"""JavaScript of the page, run by Node or in the page itself by headless Chromium."""

import json
import shutil
import subprocess
from contextlib import contextmanager
from importlib.resources import files

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FUNCTIONS = ("model.js", "search.js", "support.js", "state.js")  # those that need no page


class Node:
    """call(expression, items): the values of a JavaScript expression of `item`, for each item; `data`: the page's."""

    def __init__(self, case, script=None):
        if shutil.which("node") is None:
            pytest.skip("needs node")
        parts = files("hardmag.figures") / "explore_page"
        self.code = "\n".join(
            [script or case.kind.script(), *((parts / name).read_text(encoding="utf-8") for name in FUNCTIONS)]
        )
        self.data = case.data

    def call(self, expression, items):
        reading = 'const { data, items } = JSON.parse(require("fs").readFileSync(0, "utf8"));'
        writing = f"console.log(JSON.stringify(items.map((item) => ({expression}))));"
        text = json.dumps({"data": self.data, "items": items})
        command = ["node", "-e", "\n".join([reading, self.code, writing])]
        return json.loads(subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout)


class Chromium:
    """A window on the page, 1280 px wide; driver: selenium's. call: as Node's."""

    def __init__(self, page, profile):
        for program in ("chromium", "chromedriver"):
            if shutil.which(program) is None:
                pytest.skip(f"needs {program}: make browser installs it (Debian or Ubuntu, root)")
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        self.page = page.as_uri()
        self.resize(1280)
        self.open()

    def call(self, expression, items):
        return self.driver.execute_script(f"return arguments[0].map((item) => ({expression}))", items)

    def open(self, address=""):
        """Load the page anew at an address '#…'."""
        self.driver.get("about:blank")
        self.driver.get(self.page + address)
        self.settle()

    def settle(self):
        """Until what was changed is shown."""
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(() => arguments[0]()))")

    def resize(self, width):
        """Width of the window's inside, also below what a real window can have."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def errors(self):
        """What the console has said since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@contextmanager
def window(case, tmp_path_factory):
    """A window on the page of a case, closed at the end."""
    opened = Chromium(case.page, tmp_path_factory.mktemp("profile"))
    yield opened
    opened.driver.quit()


@contextmanager
def anew(chromium, address):
    """The page in a window, at an address; no test may leave a word on the console."""
    chromium.errors()
    chromium.resize(1280)
    chromium.open(address)
    yield chromium
    assert chromium.errors() == []
