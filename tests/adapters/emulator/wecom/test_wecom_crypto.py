"""The envelope against vectors that Tencent's own libraries made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.emulator.wecom.crypto import CryptoError, Envelope, Sealed, sign

_FILE = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))


def _vectors(*kinds: str) -> list[Any]:
    return [pytest.param(v, id=v["id"]) for v in _FILE["vectors"] if v["kind"] in kinds]


def _envelope(vector: dict[str, Any]) -> Envelope:
    config = _FILE["configs"][vector["config"]]
    receive_id = vector.get("receive_id", config["receive_id"])
    return Envelope(config["token"], config["encoding_aes_key"], receive_id)


def _sealed(vector: dict[str, Any]) -> Sealed:
    return Sealed(vector["encrypt"], vector["msg_signature"], vector["timestamp"], vector["nonce"])


@pytest.mark.parametrize("vector", _vectors("url_verify", "message"))
def test_opens_what_tencent_sealed(vector: dict[str, Any]) -> None:
    assert _envelope(vector).open(_sealed(vector)) == vector["plaintext"].encode()


@pytest.mark.parametrize("vector", [p for p in _vectors("message") if "random16" in p.values[0]])
def test_seals_to_the_very_same_bytes(vector: dict[str, Any]) -> None:
    config = _FILE["configs"][vector["config"]]
    encrypt = _envelope(vector).encrypt(vector["plaintext"].encode(), vector["random16"].encode())

    assert encrypt == vector["encrypt"]
    signature = sign(config["token"], vector["timestamp"], vector["nonce"], encrypt)
    assert signature == vector["msg_signature"]


@pytest.mark.parametrize("vector", _vectors("malformed"))
def test_names_the_first_thing_wrong(vector: dict[str, Any]) -> None:
    config = _FILE["configs"][vector["config"]]
    envelope = Envelope(config["token"], config["encoding_aes_key"], config["receive_id"])

    with pytest.raises(CryptoError) as refused:
        envelope.open(_sealed(vector))

    assert refused.value.kind == vector["expect"]["error"]


@pytest.mark.parametrize("vector", _vectors("bad_key"))
def test_refuses_a_key_that_the_console_would_not_take(vector: dict[str, Any]) -> None:
    with pytest.raises(CryptoError, match="key"):
        Envelope("token", vector["encoding_aes_key"], "")


def test_what_was_sealed_opens_again() -> None:
    config = _FILE["configs"]["app"]
    envelope = Envelope(config["token"], config["encoding_aes_key"], "ww1")

    assert envelope.open(envelope.seal("工单 👩‍🔧".encode(), "1", "n")).decode() == "工单 👩‍🔧"
