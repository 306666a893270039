"""What deploy/ promises: names that the settings know, paths that are served, pinned images, nobody is root."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from bot.app import build
from bot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
DOCKERFILE = DEPLOY / "docker" / "Dockerfile"
COMPOSE = DEPLOY / "docker" / "compose.yaml"
UNIT = DEPLOY / "systemd" / "paidan@.service"
NGINX = DEPLOY / "proxy" / "nginx.conf"
CADDY = DEPLOY / "proxy" / "Caddyfile"
GUIDE = ROOT / "docs" / "deploy.md"
WRITTEN = [DOCKERFILE, COMPOSE, UNIT, NGINX, CADDY, *sorted((DEPLOY / "kubernetes").glob("*.yaml"))]

PINNED = re.compile(r"[a-z]+:\d+\.\d+(\.\d+)?(-[a-z]+)*")  # of the default registry, hence no host
DATA = "/var/lib/paidan"


def documents(path: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(path.read_text("utf-8")) if document]


def kubernetes() -> list[dict[str, Any]]:
    return [found for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")) for found in documents(path)]


def of_kind(kind: str) -> dict[str, Any]:
    (found,) = [one for one in kubernetes() if one["kind"] == kind]
    return found


def pods() -> Iterator[dict[str, Any]]:
    for kind in ("Deployment", "Job"):
        yield of_kind(kind)["spec"]["template"]["spec"]


def instructions(text: str) -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n", " ", text)
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


# ── names ──


@pytest.mark.parametrize("path", [*WRITTEN, GUIDE], ids=lambda path: path.name)
def test_every_variable_is_a_key_of_the_configuration(path: Path) -> None:
    for name in re.findall(r"\bPAIDAN_[A-Z_0-9]+", path.read_text("utf-8")):
        assert name == "PAIDAN_CONFIG" or is_known(name.removesuffix("_FILE")), name


def is_known(name: str) -> bool:
    model: Any = Settings
    *sections, last = name.removeprefix("PAIDAN_").lower().split("__")
    for key in sections:
        model = model_of(model.model_fields[key].annotation) if key in model.model_fields else None
        if model is None:
            return False
    return last in model.model_fields


def model_of(annotation: Any) -> type[BaseModel] | None:
    kinds = [annotation, *getattr(annotation, "__args__", ())]
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def test_a_variable_that_is_no_key_would_be_found() -> None:
    assert is_known("PAIDAN_WECOM__APP__SECRET")
    assert not is_known("PAIDAN_WECOM__APP__SECRETS")
    assert not is_known("PAIDAN_DATABASE__URL")


async def test_every_path_that_is_asked_for_is_served(tmp_path: Path) -> None:
    settings = Settings.model_validate({"storage": {"url": f"sqlite:///{tmp_path}/p.db"}})
    app = build(settings)
    served = {resource.canonical for resource in app.web.router.resources()}
    await app.stop()
    container = next(pods())["containers"][0]
    asked = {container[probe]["httpGet"]["path"] for probe in container if probe.endswith("Probe")}
    asked |= set(re.findall(r"health_uri (\S+)", CADDY.read_text()))
    asked |= set(re.findall(r"location = (\S+)", NGINX.read_text()))
    asked |= set(re.findall(r":8080(/\w+)", DOCKERFILE.read_text()))
    assert {path.partition("?")[0] for path in asked} == {"/healthz", "/readyz", "/metrics"} <= served


def test_a_callback_finds_its_way_to_where_the_program_listens() -> None:
    assert "location /wecom/" in NGINX.read_text()
    (port,) = {
        *re.findall(r"PAIDAN_SERVER__PORT=(\d+)", DOCKERFILE.read_text()),
        *re.findall(r"EXPOSE (\d+)", DOCKERFILE.read_text()),
        *re.findall(r"server paidan:(\d+)", NGINX.read_text()),
        *documents(COMPOSE)[0]["services"]["paidan"]["expose"],
        *(str(port["containerPort"]) for port in next(pods())["containers"][0]["ports"]),
    }
    assert port == "8080"


# ── images ──


def test_images_are_pinned_and_of_the_default_registry() -> None:
    stages = [rest.split() for word, rest in instructions(DOCKERFILE.read_text()) if word == "FROM"]
    services = documents(COMPOSE)[0]["services"].values()
    images = {words[0] for words in stages} | {service["image"] for service in services}
    images |= {container["image"] for pod in pods() for container in pod["containers"]}
    assert len(images) == 4
    assert [image for image in images if not PINNED.fullmatch(image)] == []


def test_nobody_is_root_and_nothing_is_written_but_data() -> None:
    words = dict(instructions(DOCKERFILE.read_text()))
    assert words["USER"] == "10001:10001"
    for name in ("migrate", "paidan"):
        service = documents(COMPOSE)[0]["services"][name]
        assert (service["read_only"], service["cap_drop"], service["user"]) == (True, ["ALL"], words["USER"])
    for pod in pods():
        assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 10001)
        (container,) = pod["containers"]
        locked = container["securityContext"]
        assert (locked["readOnlyRootFilesystem"], locked["allowPrivilegeEscalation"]) == (True, False)
        assert locked["capabilities"] == {"drop": ["ALL"]}
    settled = dict(re.findall(r"PAIDAN_STORAGE__(FILES|SPOOL|BACKUPS)=(\S+)", DOCKERFILE.read_text()))
    assert len(settled) == 3
    assert all(path.startswith(f"{DATA}/") for path in settled.values())
    mounts = [mount["mountPath"] for mount in next(pods())["containers"][0]["volumeMounts"]]
    assert {DATA, "/tmp", "/etc/paidan"} == set(mounts)


def test_there_is_time_to_finish() -> None:
    drain = Settings().server.drain.total_seconds()
    pod = next(pods())
    pause = float(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > pause + drain + 5
    assert int(documents(COMPOSE)[0]["services"]["paidan"]["stop_grace_period"].removesuffix("s")) > drain + 5
    assert int(re.findall(r"TimeoutStopSec=(\d+)", UNIT.read_text())[0]) > drain + 5


def test_what_one_file_names_another_has() -> None:
    compose = documents(COMPOSE)[0]
    for service in compose["services"].values():
        assert set(service.get("secrets", ())) <= compose["secrets"].keys()
        named = [volume.partition(":")[0] for volume in service.get("volumes", ())]
        assert {name for name in named if not name.startswith(".")} <= compose["volumes"].keys()
        for name in named:
            assert not name.startswith("..") or (COMPOSE.parent / name).exists()
    labels = of_kind("Deployment")["spec"]["template"]["metadata"]["labels"].items()
    for kind in ("Service", "PodDisruptionBudget"):
        selector = of_kind(kind)["spec"]["selector"]
        assert selector.get("matchLabels", selector).items() <= labels
    assert of_kind("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"] == "paidan"
    claims = {
        v["persistentVolumeClaim"]["claimName"]
        for pod in pods()
        for v in pod["volumes"]
        if "persistentVolumeClaim" in v
    }
    assert claims == {of_kind("PersistentVolumeClaim")["metadata"]["name"]}
    secrets = {e["valueFrom"]["secretKeyRef"]["key"] for pod in pods() for e in pod["containers"][0]["env"]}
    assert secrets == set(re.findall(r"--from-file=([a-z-]+)=", GUIDE.read_text("utf-8")))


# ── systemd ──


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
def test_systemd_understands_the_unit_and_finds_it_locked(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/paidan/.venv/bin/paidan", "/bin/true"))
    verified = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )
    assert [line for line in verified.stderr.splitlines() if unit.name[:6] in line] == []
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout


# ── the image, as far as it goes without Docker ──


def test_what_the_image_copies_is_in_its_context() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        source
        for word, rest in instructions(DOCKERFILE.read_text())
        if word == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    }
    assert copied == allowed
    assert all((ROOT / source).exists() for source in copied)


@pytest.mark.campaign
@pytest.mark.timeout(600)
async def test_the_steps_of_the_image_make_a_program_that_runs(tmp_path: Path) -> None:
    """The first stage's own commands, in a folder instead of a container."""
    build_dir, opt = tmp_path / "build", tmp_path / "opt"
    build_dir.mkdir()
    for word, rest in instructions(DOCKERFILE.read_text().rpartition("\nFROM ")[0]):
        if word == "COPY":
            *sources, target = rest.split()
            for source in sources:
                copy(ROOT / source, build_dir / target / source if target == "./" else build_dir / target)
        elif word == "RUN":
            command = rest.replace("/opt/", f"{opt}/").replace("python -m venv", f"{sys.executable} -m venv")
            await ran(command, build_dir)
    config = tmp_path / "config.toml"
    shutil.copy(ROOT / "config.example.toml", config)
    config.write_text(config.read_text("utf-8").replace("data/", f"{tmp_path}/data/"), encoding="utf-8")
    paidan = opt / "paidan" / "bin" / "paidan"
    assert "配置没有问题" in await ran(f"{paidan} check --config {config}", tmp_path)
    await ran(f"{paidan} migrate --config {config}", tmp_path)
    assert json.loads(await ran(f"{paidan} outbox list --json --config {config}", tmp_path)) == []
    site = next((opt / "paidan" / "lib").glob("python*/site-packages"))
    assert (site / "bot" / "console" / "static" / "vendor" / "htmx.min.js").is_file()


def copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
    else:
        shutil.copy(source, target)


async def ran(command: str, folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAIDAN_")}
    process = await asyncio.create_subprocess_shell(
        command,
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, f"{command}\n{out.decode()}\n{err.decode()}"
    return out.decode()
