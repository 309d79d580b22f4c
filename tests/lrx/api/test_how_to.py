"""The page for integrators: its lines are run as they stand, in one shell, against a running product."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.served import Served

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "use-the-api.md"
SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")
def test_the_lines_of_the_page_work(served: Served, tmp_path: Path) -> None:
    served.lrx("migrate")
    key = served.lrx("credentials", "create", "--kind", "api")["key"]
    served.start()
    headers = {"Authorization": f"Bearer {key}"}
    field = httpx.post(f"{served.url}/api/v1/profile-fields", headers=headers, json={}, trust_env=False)
    assert field.status_code == 201

    script = "set -euo pipefail\n" + "\necho\n".join(SHELL.findall(PAGE.read_text("utf-8")))
    environment = {"PATH": os.environ["PATH"], "URL": served.url, "KEY": key, "NO_PROXY": "*"}
    run = subprocess.run(
        ["bash", "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    assert "idempotency-replayed: true" in run.stdout.lower()
    assert re.search(r"^next time from \d{4}-\d\d-\d\dT[\d:.]+Z$", run.stdout, re.MULTILINE)
    assert '"oci_id":"CA-ON-CPSO-60002"' in run.stdout
    assert '"code":"learner_unknown"' in run.stdout
