"""The commands an operator and other people's scripts use, as processes of their own."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import make_url

from lrx.schema import head_revision
from tests.served import Served


def test_an_installation_from_nothing_takes_statements_and_answers_cmars(served: Served) -> None:
    first = served.lrx("migrate")
    # The database of the tests is migrated already.
    assert first == {"revision": head_revision(), "before": head_revision(), "applied": []}
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


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken_is_told_before_anything_else(served: Served, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = served.run(command, "--port", str(port))
    assert ended.returncode != 0
    assert ended.stdout == b""
    told = ended.stderr.decode()
    assert f"Nothing new can listen on 127.0.0.1:{port}." in told
    assert "Traceback" not in told


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


COMMANDS = [
    ("migrate",),
    ("serve",),
    ("worker",),
    ("rebuild",),
    ("backup",),
    ("restore", "/dev/null"),
    ("credentials", "create", "--kind", "lms"),
    ("sites", "create", "--code", "lakeside", "--name", "Lakeside Health"),
]
AWAY = "postgresql://lrx:a-password@127.0.0.1:1/lrx"
"""Nothing listens on port 1."""


@pytest.mark.parametrize("words", COMMANDS, ids=[words[0] for words in COMMANDS])
def test_a_database_that_is_away_is_told_in_a_sentence(tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = Served(AWAY, tmp_path).run(*words)

    said = ended.stderr.decode()
    assert (ended.returncode, "Traceback" in said) == (5, False), said
    assert "127.0.0.1:1/lrx does not answer" in said
    assert "a-password" not in said


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": "a-password"}, "refuses the user name or the password"),
        ({"database": "nowhere"}, "has no database nowhere"),
    ],
)
def test_a_wrong_address_of_a_server_is_told_in_a_sentence(
    database_url: str, tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    wrong = make_url(database_url).set(**changes).render_as_string(hide_password=False)
    for words in (("migrate",), ("rebuild",), ("doctor",)):
        ended = Served(wrong, tmp_path).run(*words)
        said = ended.stderr.decode()
        assert ended.returncode == (1 if words == ("doctor",) else 5)
        assert sentence in said
        assert "Traceback" not in said
        assert "a-password" not in said


@pytest.mark.parametrize(
    ("address", "words", "sentence"),
    [
        ("sqlite:////proc/nowhere/lrx.db", "migrate", "/proc/nowhere cannot be used"),
        ("sqlite:////proc/nowhere/lrx.db", "rebuild", "There is no database at /proc/nowhere/lrx.db."),
        ("sqlite:////proc/nowhere/lrx.db", "serve --port {port}", "There is no database at /proc/nowhere/lrx.db."),
        ("sqlite:///{folder}/no_database", "migrate", "cannot be used: file is not a database"),
        ("sqlite:///{folder}/no_database", "rebuild", "cannot be used: file is not a database"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_a_sentence(
    tmp_path: Path, address: str, words: str, sentence: str
) -> None:
    (tmp_path / "no_database").write_text("No database at all. " * 500)
    served = Served(address.format(folder=tmp_path), tmp_path)
    ended = served.run(*words.format(port=served.port).split())
    said = ended.stderr.decode()
    assert (ended.returncode, "Traceback" in said) == (5, False), said
    assert sentence in said
    assert "LRX answers" not in said


def test_migrate_says_what_it_did(tmp_path: Path) -> None:
    served = Served(f"sqlite:///{tmp_path / 'lrx.db'}", tmp_path)
    assert f"It is at revision {head_revision()} now" in served.run("migrate").stderr.decode()
    assert "nothing was changed" in served.run("migrate").stderr.decode()


def test_a_backup_is_made_in_the_data_folder_checked_and_restored(tmp_path: Path) -> None:
    served = Served(f"sqlite:///{tmp_path / 'lrx.db'}", tmp_path)
    assert "nothing to keep" in served.run("backup").stderr.decode()
    assert not (tmp_path / "lrx.db").exists()
    served.lrx("migrate")
    made = served.lrx("backup")
    path = Path(made["path"])
    assert path.parent == tmp_path / "backups"
    assert served.lrx("backup", "--verify", str(path))["identity"] == made["identity"]
    assert served.run("backup", "--verify").returncode == 2

    refused = served.run("restore", str(path))
    assert (refused.returncode, "--replace" in refused.stderr.decode()) == (5, True)
    told = served.run("restore", str(path), "--replace").stderr.decode()
    assert "is kept as" in told
    assert "lrx doctor" in told
    missing = served.run("restore", str(tmp_path / "missing.zip"), "--replace")
    assert (missing.returncode, "missing.zip" in missing.stderr.decode()) == (5, True)
    assert [one["check"] for one in served.lrx("doctor")["findings"] if one["level"] == "wrong"] == []


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
