"""What is installed is pinned with hashes, and no lock file says from where."""

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
LOCK_FILES = ("requirements.lock", "requirements-dev.lock")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

NAME = re.compile(r"[A-Za-z0-9._-]+")
PINNED = re.compile(r"(?P<name>[a-z0-9-]+)(\[[a-z,]+\])?==(?P<version>[A-Za-z0-9.+!-]+)( ; [^\\]+)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


class Requirement(NamedTuple):
    """One requirement of a lock file and what its lines hold."""

    name: str
    version: str
    hashes: int


def requirements(lock_file: str) -> list[Requirement]:
    words = (ROOT / lock_file).read_text("utf-8")
    lines = [
        line for line in words.replace("\\\n", "\t").splitlines() if line.strip() and not line.strip().startswith("#")
    ]
    found = []
    for line in lines:
        pinned, *hashes = [part.strip() for part in line.split("\t")]
        match = PINNED.fullmatch(pinned)
        assert match, f"{lock_file}: {pinned} is not pinned to one version"
        assert all(HASH.fullmatch(part) for part in hashes), f"{lock_file}: {line}"
        found.append(Requirement(match["name"], match["version"], len(hashes)))
    return found


def names(dependencies: list[str]) -> set[str]:
    """The names of dependencies as a lock file writes them."""
    found = [NAME.match(dependency) for dependency in dependencies]
    return {re.sub(r"[._-]+", "-", name[0]).lower() for name in found if name}


@pytest.mark.parametrize("lock_file", LOCK_FILES)
def test_every_requirement_is_pinned_with_hashes(lock_file: str) -> None:
    assert all(requirement.hashes for requirement in requirements(lock_file))


@pytest.mark.parametrize("lock_file", LOCK_FILES)
def test_a_lock_file_names_no_address(lock_file: str) -> None:
    words = (ROOT / lock_file).read_text("utf-8")
    assert not re.search(r"://|^\s*--(?!hash=)|^-|@ ", words, re.MULTILINE)


def test_there_is_no_other_lock_file() -> None:
    skipped = {".venv", "var", "node_modules"}
    found = {
        str(path.relative_to(ROOT))
        for path in [*ROOT.glob("*lock*"), *ROOT.glob("*/*lock*.*")]
        if path.is_file()
        and path.relative_to(ROOT).parts[0] not in skipped
        and path.suffix in {".lock", ".json", ".yaml"}
    }
    assert found == set(LOCK_FILES)


def test_everything_the_product_and_its_build_need_is_locked() -> None:
    wanted = names(PROJECT["dependencies"]) | names(PROJECT["optional-dependencies"]["build"])
    assert wanted <= {requirement.name for requirement in requirements("requirements.lock")}


def test_everything_development_needs_is_locked() -> None:
    locked = {requirement.name for requirement in requirements("requirements-dev.lock")}
    assert names(PROJECT["optional-dependencies"]["dev"]) <= locked
    assert {requirement.name for requirement in requirements("requirements.lock")} <= locked


def test_tests_run_against_the_versions_that_are_installed() -> None:
    assert set(requirements("requirements.lock")) <= set(requirements("requirements-dev.lock"))
