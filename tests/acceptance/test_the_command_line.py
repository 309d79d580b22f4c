"""The commands an operator and other people's scripts use, as processes of their own."""

import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.served import Served


def test_an_installation_from_nothing_takes_statements_and_answers_cmars(served: Served) -> None:
    assert served.lrx("migrate") == {"revision": "0001"}
    lms = served.lrx("credentials", "create", "--site", "default", "--kind", "lms")
    strict = served.lrx("credentials", "create", "--kind", "lms", "--mode", "strict")
    cmars = served.lrx("credentials", "create", "--kind", "recipient", "--recipient", "cmars")
    everything = served.lrx("credentials", "create", "--kind", "api")
    limited = served.lrx("credentials", "create", "--kind", "api", "--scope", "learners:read")
    assert lms.keys() == strict.keys() == cmars.keys() == {"username", "password"}
    assert everything.keys() == limited.keys() == {"key"}

    served.start()
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        assert client.post("/xapi/statements", json=[], auth=(lms["username"], lms["password"])).json() == []
        key = {"Authorization": f"Bearer {everything['key']}"}
        assert client.post("/api/v1/profile-fields", json={}, headers=key).status_code == 201
        assert client.patch("/api/v1/recipients/cmars", json={"enabled": True}, headers=key).status_code == 200
        asked = client.get(
            "/recipients/cmars/v1/learning-records?oci_id=CA-ON-CPSO-12345",
            auth=(cmars["username"], cmars["password"]),
            headers={"Accept": "application/json"},
        )
        assert (asked.status_code, asked.json()["code"]) == (404, "WS401")
        refused = client.get("/api/v1/courses", headers={"Authorization": f"Bearer {limited['key']}"})
        assert refused.status_code == 403
    assert served.stop() == 0


def test_a_worker_of_its_own_projects_what_a_server_without_one_stored(served: Served) -> None:
    served.lrx("migrate")
    lms = served.lrx("credentials", "create", "--kind", "lms")
    key = served.lrx("credentials", "create", "--kind", "api")["key"]
    served.start("--no-worker")
    statement = {
        "actor": {"name": "Demo", "account": {"homePage": "https://lms.example.org", "name": "5"}},
        "verb": {"id": "http://id.tincanapi.com/verb/viewed"},
        "object": {"id": "https://lms.example.org"},
        "timestamp": "2026-11-18T09:12:00.000Z",
    }
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        stored = client.post("/xapi/statements", json=[statement], auth=(lms["username"], lms["password"]))
        assert len(stored.json()) == 1
        assert "lrx_projector_lag_statements 1.0" in client.get("/metrics").text
        worker = _start_worker(served)
        try:
            _wait_for(client, "lrx_projector_lag_statements 0.0")
        finally:
            worker.terminate()
            worker.wait(timeout=10)
        assert client.get("/api/v1/learners", headers={"Authorization": f"Bearer {key}"}).json()["data"] == []
    assert served.stop() == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("credentials", "create", "--kind", "recipient"), "names its recipient"),
        (("credentials", "create", "--kind", "recipient", "--recipient", "nobody"), "no recipient nobody"),
        (("credentials", "create", "--kind", "api", "--scope", "everything"), "no scope everything"),
        (("credentials", "create", "--kind", "lms", "--site", "elsewhere"), "no site elsewhere"),
    ],
)
def test_a_wrong_command_is_told_in_a_sentence(served: Served, words: tuple[str, ...], sentence: str) -> None:
    served.lrx("migrate")

    ended = served.run(*words)

    assert ended.returncode == 5
    assert sentence in ended.stderr.decode()
    assert "Traceback" not in ended.stderr.decode()


def test_a_server_on_an_empty_database_says_what_to_do(served: Served, tmp_path: Path) -> None:
    served.environment["LRX_DATABASE_URL"] = f"sqlite:///{tmp_path / 'empty.db'}"

    ended = served.run("serve", "--port", str(served.port))

    assert ended.returncode == 5
    assert "lrx migrate" in ended.stderr.decode()


@pytest.mark.parametrize(
    "words",
    [
        ("credentials", "create", "--kind", "lms"),
        ("credentials", "revoke", "somebody"),
        ("administrators", "disable", "--username", "priya"),
        ("sites", "create", "--code", "lakeside", "--name", "Lakeside Health"),
        ("rebuild",),
    ],
)
def test_a_command_on_an_empty_database_says_what_to_do(tmp_path: Path, words: tuple[str, ...]) -> None:
    served = Served(f"sqlite:///{tmp_path / 'empty.db'}", tmp_path)

    ended = served.run(*words)

    assert ended.returncode == 5
    assert "lrx migrate" in ended.stderr.decode()
    assert "Traceback" not in ended.stderr.decode()


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("LRX_DATABASE_URL", "nonsense", "LRX_DATABASE_URL: It is no address of a database."),
        ("LRX_FROZEN_CLOCK", "tomorrow", "LRX_FROZEN_CLOCK: Give a date and a time with its zone"),
    ],
)
def test_a_wrong_setting_is_told_in_a_sentence(tmp_path: Path, variable: str, value: str, sentence: str) -> None:
    served = Served(f"sqlite:///{tmp_path / 'lrx.db'}", tmp_path)
    served.environment[variable] = value

    ended = served.run("migrate")

    assert ended.returncode == 5
    assert sentence in ended.stderr.decode()
    assert "Traceback" not in ended.stderr.decode()


def test_a_new_site_is_in_its_own_audit_log(served: Served) -> None:
    served.lrx("migrate")
    served.lrx("sites", "create", "--code", "lakeside", "--name", "Lakeside Health")
    keys = {
        site: served.lrx("credentials", "create", "--kind", "api", "--site", site)["key"]
        for site in ("default", "lakeside")
    }
    served.start("--no-worker")
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        for site, actor in (("default", "system:setup"), ("lakeside", "system:cli")):
            answer = client.get("/api/v1/audit", headers={"Authorization": f"Bearer {keys[site]}"}).json()
            made = [entry["actor"] for entry in answer["data"] if entry["subject_kind"] == "site"]
            assert made == [actor]
    assert served.stop() == 0


def test_an_administrator_is_given_another_password_and_disabled(served: Served, tmp_path: Path) -> None:
    served.lrx("migrate")
    password = tmp_path / "password"
    password.write_text("correct horse battery\n")
    who = ("--username", "priya")
    served.lrx("administrators", "create", *who, "--full-name", "Priya", "--password-file", str(password))

    assert served.lrx("administrators", "password", *who, "--password-file", str(password)) == {"username": "priya"}
    assert served.lrx("administrators", "disable", *who) == {"disabled": "priya"}

    for words, sentence in [
        (("disable", "--username", "marc"), "no administrator marc"),
        (("password", *who, "--password-file", str(tmp_path / "none")), "cannot be read"),
    ]:
        ended = served.run("administrators", *words)
        assert (ended.returncode, sentence in ended.stderr.decode()) == (5, True)


def test_an_administrator_is_made_with_a_password_from_a_file(served: Served, tmp_path: Path) -> None:
    served.lrx("migrate")
    (tmp_path / "password").write_text("correct horse battery\n")

    made = served.lrx(
        "administrators",
        "create",
        "--username",
        "priya",
        "--full-name",
        "Priya",
        "--password-file",
        str(tmp_path / "password"),
    )

    assert made["username"] == "priya"


def _start_worker(served: Served) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "lrx", "worker"], env=served.environment, stderr=subprocess.DEVNULL)


def _wait_for(client: httpx.Client, line: str) -> None:
    for _ in range(200):
        if line in client.get("/metrics").text:
            return
        time.sleep(0.05)
    raise TimeoutError(f"{line} did not appear in 10 seconds")
