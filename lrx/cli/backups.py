"""`lrx backup` and `lrx restore`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from lrx import __version__
from lrx.backup import Backup, make_backup, note_last_backup, restore_backup, verify_backup
from lrx.cli.telling import AsJson, tell
from lrx.clock import SystemClock
from lrx.private_files import private_folder
from lrx.schema import head_revision
from lrx.settings import Settings, load_settings
from lrx.text import Text, text

__all__ = ["backup", "restore"]


def backup(
    target: Annotated[
        Path | None,
        typer.Argument(help="File to make, or folder to make it in. Default: `backups` in the data folder."),
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Make none: check the one that TARGET names.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keep the database in one file, while the server runs, and check it. The secret key is not in it."""
    settings = load_settings()
    if verify:
        if target is None:
            raise typer.BadParameter("name the backup to check", param_hint="TARGET")
        found = verify_backup(target, folder=_folder(settings))
        tell(_document(found), text("{path} is a sound backup of {made_at}, at revision {revision}."), as_json)
        return
    made = make_backup(
        settings.effective_database_url,
        target or _folder(settings),
        version=__version__,
        now=SystemClock().now(),
    )
    note_last_backup(settings.data_dir, made.manifest, made.path.absolute())
    document = {**_document(made), "secret_key": _where_the_key_is(settings)}
    sentence = text(
        "The backup {path} is made and checked: {total} rows at revision {revision}. The secret key is not in it: keep "
        "{key} too, in another place.",
        total=sum(made.manifest.rows.values()),
        key=document["secret_key"],
    )
    tell(document, sentence, as_json)


def restore(
    source: Annotated[Path, typer.Argument(help="The backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="SQLite: keep the database there is under another name.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a backup and put its database in place. The server must be stopped."""
    settings = load_settings()
    done = restore_backup(
        settings.effective_database_url,
        source,
        folder=_folder(settings),
        replace=replace,
        now=SystemClock().now(),
    )
    manifest = done.manifest
    document = {
        **_document(Backup(source, manifest)),
        "kept_aside": str(done.aside) if done.aside else None,
        "migrate_next": manifest.revision != head_revision(),
    }
    tell(document, _what_next(document), as_json)


def _what_next(document: dict[str, Any]) -> Text:
    restored = text("The database is again as it was at {made_at}.", made_at=document["made_at"])
    aside = text("The one before is kept as {path}.", path=document["kept_aside"])
    key = text("Run `lrx doctor`, which also tries the secret key, then start.")
    migrate = text("It is of an older version: run `lrx migrate` next.")
    said = [restored, *([aside] if document["kept_aside"] else []), migrate if document["migrate_next"] else key]
    return _joined(said)


def _joined(sentences: list[Text]) -> Text:
    """The sentences after one another."""
    first, *others = sentences
    for other in others:
        first = Text("{first} {second}", {"first": first, "second": other})
    return first


def _folder(settings: Settings) -> Path:
    return private_folder(settings.data_dir / "backups")


def _where_the_key_is(settings: Settings) -> str:
    return "LRX_SECRET_KEY" if settings.secret_key is not None else str(settings.data_dir / "secret_key")


def _document(backup: Backup) -> dict[str, Any]:
    return {"path": str(backup.path), **backup.manifest.model_dump(mode="json")}
