"""The import contracts of pyproject.toml hold."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]


def test_every_import_contract_is_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([program, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"Contracts: {len(CONFIGURATION['contracts'])} kept, 0 broken." in run.stdout


def test_the_contracts_cover_every_package_that_is_shipped() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(CONFIGURATION["root_packages"]) == set(packages["packages"]) - {"migrations"}


def test_the_core_is_forbidden_to_know_a_recipient() -> None:
    forbidden = {
        (source, target)
        for contract in CONFIGURATION["contracts"]
        if contract["type"] == "forbidden"
        for source in contract["source_modules"]
        for target in contract["forbidden_modules"]
    }
    expected = {
        ("lrx", "recipients"),
        ("admin_ui", "recipients"),
        ("recipients", "sqlmodel"),
        ("recipients", "lrx.models"),
    }
    assert expected <= forbidden
