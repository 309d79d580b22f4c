"""The corpora come from packages pinned by digest, and nothing else is unpacked."""

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "tests" / "corpora.toml"


@pytest.mark.parametrize("corpus", tomllib.loads(MANIFEST.read_text("utf-8")).values(), ids=lambda one: one["name"])
def test_a_corpus_is_pinned_to_one_version_and_its_digest(corpus: dict[str, str]) -> None:
    assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", corpus["version"])
    assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", corpus["integrity"])
    assert corpus["licence"]


def test_no_address_is_named() -> None:
    assert "://" not in MANIFEST.read_text("utf-8") + (ROOT / ".ci" / "corpora").read_text("utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the script and its manifest, and an npm that hands out a tampered package."""
    for name in (".ci/corpora", "tests/corpora.toml"):
        (tmp_path / name).parent.mkdir()
        shutil.copy(ROOT / name, tmp_path / name)
    package = tmp_path / "package"
    package.mkdir()
    (package / "index.js").write_text("tampered with")
    with tarfile.open(tmp_path / "fake.tgz", "w:gz") as archive:
        archive.add(package, "package")
    return tmp_path


def _run(project: Path, npm: str | None) -> subprocess.CompletedProcess[str]:
    programs = project / "programs"
    programs.mkdir()
    if npm is not None:
        (programs / "npm").write_text(f"#!/bin/sh\n{npm}\n")
        (programs / "npm").chmod(0o755)
    environment = {"PATH": f"{programs}:/bin" if npm else str(programs)}
    command = [sys.executable, str(project / ".ci" / "corpora")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("npm", "reason"),
    [
        (None, "npm is not here"),
        ("echo no network >&2; exit 1", "cannot be fetched: no network"),
        ("cp ../../../fake.tgz .", "has sha512-"),
    ],
)
def test_what_cannot_be_had_whole_leaves_nothing_behind(project: Path, npm: str | None, reason: str) -> None:
    done = _run(project, npm)

    assert done.returncode == 1
    assert reason in done.stderr
    assert list((project / "var" / "corpora").glob("*")) == []
