from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from adapters.dingtalk.signature import sign

VECTORS = json.loads((Path(__file__).parent / "vectors" / "signatures.json").read_text())["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_signature_is_that_of_the_vector(vector: dict[str, str]) -> None:
    signature = sign(vector["secret"], vector["timestamp"])
    assert signature == vector["sign_base64"]
    assert quote(signature, safe="") == vector["sign_urlencoded"]
