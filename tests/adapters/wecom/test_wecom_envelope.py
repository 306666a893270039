"""The guard, against vectors made with Tencent's own libraries, and against one of those libraries itself."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.wecom.envelope import BadKey, Envelope, EnvelopeRefused, WrongTime, check_time
from tests.adapters.wecom.conftest import START
from tests.adapters.wecom.official import node, official

Vector = dict[str, Any]

_FILE = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))
CONFIGS: dict[str, Vector] = _FILE["configs"]
VECTORS: list[Vector] = _FILE["vectors"]
GOOD = [vector for vector in VECTORS if vector["expect"]["ok"]]
BAD = [vector for vector in VECTORS if not vector["expect"]["ok"] and vector["kind"] != "bad_key"]
BAD_KEYS = [vector for vector in VECTORS if vector["kind"] == "bad_key"]
REPRODUCIBLE = [vector for vector in GOOD if "random16" in vector]
APP = CONFIGS["app"]


def envelope(vector: Vector) -> Envelope:
    config = CONFIGS[vector["config"]]
    random16 = vector.get("random16", "0123456789abcdef").encode()
    return Envelope(
        config["token"], config["encoding_aes_key"], vector["receive_id"], random16=lambda: random16
    )


def opened(vector: Vector) -> str:
    return envelope(vector).open(
        vector["encrypt"],
        signature=vector["msg_signature"],
        timestamp=vector["timestamp"],
        nonce=vector["nonce"],
    )


def name(vector: Vector) -> str:
    return str(vector["id"])


@pytest.mark.parametrize("vector", GOOD, ids=name)
def test_opens_what_tencents_libraries_sealed(vector: Vector) -> None:
    assert hashlib.sha256(opened(vector).encode()).hexdigest() == vector["plaintext_sha256"]


@pytest.mark.parametrize("vector", BAD, ids=name)
def test_refuses_with_the_class_that_the_vector_states(vector: Vector) -> None:
    with pytest.raises(EnvelopeRefused) as refused:
        opened(vector)
    assert refused.value.kind == vector["expect"]["error"]


@pytest.mark.parametrize("vector", BAD_KEYS, ids=name)
def test_bad_key_is_a_mistake_of_the_configuration(vector: Vector) -> None:
    with pytest.raises(BadKey, match="encoding_aes_key"):
        Envelope("token", vector["encoding_aes_key"], "corp")


@pytest.mark.parametrize(
    "key", ["", "A" * 42, "A" * 44, "=" * 43, "A" * 42 + "é", "A" * 42 + "\n", "A" * 43 + "\n"]
)
def test_no_other_key_is_believed(key: str) -> None:
    with pytest.raises(BadKey):
        Envelope("token", key, "corp")


@pytest.mark.parametrize("vector", REPRODUCIBLE, ids=name)
def test_seals_byte_for_byte_as_tencents_libraries_do(vector: Vector) -> None:
    xml = envelope(vector).seal(opened(vector), timestamp=vector["timestamp"], nonce=vector["nonce"])
    assert f"<Encrypt><![CDATA[{vector['encrypt']}]]></Encrypt>" in xml
    assert f"<MsgSignature><![CDATA[{vector['msg_signature']}]]></MsgSignature>" in xml


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_what_was_sealed_can_be_opened(message: str) -> None:
    sealer = Envelope(APP["token"], APP["encoding_aes_key"], APP["receive_id"])
    assert reopened(sealer, sealer.seal(message, timestamp="1700000000", nonce="n")) == message


def reopened(envelope: Envelope, xml: str) -> str:
    parts = dict(re.findall(r"<(\w+)>(?:<!\[CDATA\[)?([^<\]]*)", xml))
    return envelope.open(
        parts["Encrypt"],
        signature=parts["MsgSignature"],
        timestamp=parts["TimeStamp"],
        nonce=parts["Nonce"],
    )


@given(st.integers(0, 255), st.integers(0, 1), st.data())
@settings(max_examples=300, deadline=None)
def test_nothing_but_a_refusal_ever_comes_out_of_a_changed_envelope(flip: int, where: int, data: Any) -> None:
    vector = data.draw(st.sampled_from(GOOD))
    cipher = bytearray(vector["encrypt"].encode())
    cipher[data.draw(st.integers(0, len(cipher) - 1))] ^= flip or 1
    changed = {**vector, "encrypt": bytes(cipher).decode("latin-1")}
    if where:  # an attacker who knows the token
        changed["msg_signature"] = signature(changed)
    try:
        opened(changed)
    except EnvelopeRefused:
        return
    assert where, "a changed envelope with the old signature was opened"


def signature(vector: Vector) -> str:
    token = CONFIGS[vector["config"]]["token"]
    parts = sorted(part.encode() for part in (token, vector["timestamp"], vector["nonce"], vector["encrypt"]))
    return hashlib.sha1(b"".join(parts)).hexdigest()


@pytest.mark.parametrize("off", [0, 599, -599])
def test_time_within_ten_minutes_is_believed(off: int) -> None:
    check_time(str(int(START.timestamp()) + off), START)


@pytest.mark.parametrize("timestamp", ["", "x", "-1", "1e9", "１７", "9" * 13, "1772442607.5", str(2**70)])
def test_time_that_is_no_time_is_refused(timestamp: str) -> None:
    with pytest.raises(WrongTime):
        check_time(timestamp, START)


@pytest.mark.parametrize("off", [601, -601, 90_000])
def test_old_and_future_envelopes_are_refused(off: int) -> None:
    with pytest.raises(WrongTime):
        check_time(str(int(START.timestamp()) + off), START)


# ── Tencent's npm library on the other side ──


@official
def test_opens_what_the_official_library_seals_now() -> None:
    message = "<xml><Content>三楼打印机 👩‍🔧</Content></xml>"
    made = node(
        """
        const encrypt = wecom.encrypt(given.key, given.message, given.id);
        return { encrypt, signature: wecom.getSignature(given.token, given.timestamp, given.nonce, encrypt) };
        """,
        {**official_setting(), "message": message},
    )
    plain = Envelope(APP["token"], APP["encoding_aes_key"], APP["receive_id"]).open(
        made["encrypt"], signature=made["signature"], timestamp="1700000000", nonce="abc"
    )
    assert plain == message


@official
def test_the_official_library_opens_what_we_seal() -> None:
    sealer = Envelope(APP["token"], APP["encoding_aes_key"], APP["receive_id"])
    xml = sealer.seal("已接单 ✅ IT-1042", timestamp="1700000000", nonce="abc")
    parts = dict(re.findall(r"<(\w+)>(?:<!\[CDATA\[)?([^<\]]*)", xml))
    read = node(
        """
        const { message, id } = wecom.decrypt(given.key, given.encrypt);
        return { message, id, signature: wecom.getSignature(given.token, given.timestamp, given.nonce, given.encrypt) };
        """,
        {**official_setting(), "encrypt": parts["Encrypt"]},
    )
    assert read == {
        "message": "已接单 ✅ IT-1042",
        "id": APP["receive_id"],
        "signature": parts["MsgSignature"],
    }


def official_setting() -> dict[str, str]:
    return {
        "key": APP["encoding_aes_key"],
        "id": APP["receive_id"],
        "token": APP["token"],
        "timestamp": "1700000000",
        "nonce": "abc",
    }
