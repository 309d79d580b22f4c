"""The documents are current, lead somewhere, and leave nothing out."""

import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import lrx
from lrx.api.operation import operation_of
from lrx.api.routes import OPERATIONS
from lrx.diagnosis.chain import CHECKS as CHAIN
from lrx.diagnosis.reasons import REASONS
from lrx.eligibility import CHECKS
from lrx.errors import LrxError
from lrx.registry import installed_recipients
from lrx.settings import Settings

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
DOCUMENTS = [ROOT / "README.md", ROOT / "recipients" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WRITTEN = [path for path in DOCUMENTS if path.parent != REFERENCE]

SHIPPED = (
    *("README.md", "Makefile", "pyproject.toml", ".ci"),
    *("admin_ui", "bench", "docs", "lrx", "migrations", "recipients", "tests"),
)
UNREAD = {".pyc", ".png", ".ico", ".woff2"}

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
API_PATH = re.compile(r"/api/v1(/[a-z][^\s?'\"`)]*)")
PLACEHOLDER = re.compile(r"\$[A-Z]+|{[a-z_]+}")
COMMAND = re.compile(r"(?:^|\s|`|bin/)lrx ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")
TARGET = re.compile(r"(?:^|`)make ([a-z]+)", re.MULTILINE)

# In pieces, so that this page may be searched too.
FORBIDDEN = re.compile("pypi" r"\.org|python" r"hosted|npm" r"js|/wo" r"rk/|/ro" r"ot/|/ho" r"me/\w")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(path: Path) -> set[str]:
    """The places of a page that a link can lead to."""
    headings = HEADING.findall(FENCE.sub("", path.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def shipped_files() -> Iterator[Path]:
    for name in SHIPPED:
        path = ROOT / name
        yield from [path] if path.is_file() else (found for found in sorted(path.rglob("*")) if is_read(path, found))


def is_read(folder: Path, path: Path) -> bool:
    parts = path.relative_to(folder).parts
    return path.is_file() and path.suffix not in UNREAD and not any(part.startswith((".", "__")) for part in parts[:-1])


def errors() -> set[type[LrxError]]:
    for found in pkgutil.walk_packages(lrx.__path__, "lrx."):
        importlib.import_module(found.name)
    kinds, waiting = {LrxError}, [LrxError]
    while waiting:
        below = set(waiting.pop().__subclasses__()) - kinds
        kinds |= below
        waiting += below
    return {kind for kind in kinds if kind.__module__.startswith("lrx.")}


def matches(template: str, path: str) -> bool:
    """Whether a path as people write it, with variables of the shell, is one of the API."""
    parts, given = template.split("/"), path.split("/")
    return len(parts) == len(given) and all(
        part == word or (part.startswith("{") and (PLACEHOLDER.fullmatch(word) or word in installed_recipients()))
        for part, word in zip(parts, given, strict=True)
    )


def test_the_printed_pages_are_current() -> None:
    command = [sys.executable, "docs/print_reference.py", "--check"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(path: Path) -> None:
    lost = []
    for link in LINK.findall(FENCE.sub("", path.read_text("utf-8"))):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert not lost


@pytest.mark.parametrize("path", WRITTEN, ids=named)
def test_every_page_can_be_reached(path: Path) -> None:
    linked = {
        (other.parent / link.partition("#")[0]).resolve()
        for other in DOCUMENTS
        for link in LINK.findall(other.read_text("utf-8"))
        if other != path and "://" not in link and not link.startswith("#")
    }
    assert path.resolve() in linked or path.name == "README.md"


@pytest.mark.parametrize("path", WRITTEN, ids=named)
def test_every_path_of_the_api_is_one(path: Path) -> None:
    templates = [operation_of(function).path for function in OPERATIONS] + ["/openapi.json"]
    written = set(API_PATH.findall(path.read_text("utf-8")))
    assert not {found for found in written if not any(matches(template, found) for template in templates)}


@pytest.mark.parametrize("path", WRITTEN, ids=named)
def test_every_command_is_one(path: Path) -> None:
    known = set(re.findall(r"^## lrx (.+)$", (REFERENCE / "cli.md").read_text("utf-8"), re.MULTILINE))
    for command, verb in COMMAND.findall(path.read_text("utf-8")):
        assert command in known, command
        groups = {name.split(" ")[0] for name in known if " " in name}
        assert command not in groups or f"{command} {verb}" in known, f"{command} {verb}"


@pytest.mark.parametrize("path", WRITTEN, ids=named)
def test_every_target_of_make_is_one(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(TARGET.findall(path.read_text("utf-8"))) <= targets


def test_the_readme_begins_with_the_two_commands() -> None:
    assert TARGET.findall((ROOT / "README.md").read_text("utf-8"))[:2] == ["demo", "test"]


def test_every_setting_is_documented() -> None:
    words = (REFERENCE / "settings.md").read_text("utf-8")
    assert not {name for name in Settings.model_fields if f"`LRX_{name.upper()}`" not in words}
    assert not {name for name, field in Settings.model_fields.items() if not field.description}


def test_every_error_has_its_place_in_the_reference() -> None:
    assert {kind.code for kind in errors()} <= anchors(REFERENCE / "errors.md")
    assert not {kind.__name__ for kind in errors() if "code" not in vars(kind) or not kind.__doc__}


def test_every_check_is_documented() -> None:
    words = (REFERENCE / "checks.md").read_text("utf-8")
    assert not {check.code for check in CHECKS if f"`{check.code}`" not in words}
    assert not {check.id for check in CHAIN if f"| {check.id} | {check.question} |" not in words}
    assert not {code for code in REASONS if f"| `{code}` |" not in words}


def test_every_check_of_a_delivery_stands_behind_one_of_the_chain() -> None:
    chain = (REFERENCE / "checks.md").read_text("utf-8").partition("## Reasons")[0]
    behind = {
        code for row in re.findall(r"^\| [A-F]\d \|.*\|([^|]*)\|$", chain, re.MULTILINE) for code in row.split("`")
    }
    assert {check.code for check in CHECKS} <= behind


def test_every_recipient_has_a_page_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    assert not {code for code in installed_recipients() if f"(recipients/{code}.md)" not in index}


def test_every_decision_is_in_the_index_and_says_its_parts() -> None:
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    for path in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        words = path.read_text("utf-8")
        assert f"(decisions/{path.name})" in index
        assert words.startswith(f"# {path.name[:4]} "), path.name
        for part in ("Status: ", "## Context", "## Decision", "## Consequences", "## Alternatives"):
            assert part in words, f"{path.name}: {part}"


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {
        *project["dependencies"],
        *(name for group in project["optional-dependencies"].values() for name in group),
    }
    words = (ROOT / "docs" / "decisions" / "0003-dependencies.md").read_text("utf-8")
    assert set(re.findall(r"^\| ([a-z][^ |]+) \|", words, re.MULTILINE)) - {"package"} == wanted


def test_the_changelog_speaks_of_this_version() -> None:
    assert f"## [{lrx.__version__}]" in (ROOT / "docs" / "CHANGELOG.md").read_text("utf-8")


def test_nothing_that_is_shipped_names_a_registry_or_a_place_on_one_machine() -> None:
    found = [
        f"{named(path)}: {word}"
        for path in shipped_files()
        for word in FORBIDDEN.findall(path.read_text("utf-8", "replace"))
    ]
    assert not found
