"""Backups: the whole database in one file that says what it holds, checked before it is called good, and put back."""

from lrx.backup.archive import BackupDamaged, BackupFailed, BackupRefused
from lrx.backup.keeping import Backup, make_backup, verify_backup
from lrx.backup.last import LastBackup, last_backup, note_last_backup
from lrx.backup.manifest import Manifest
from lrx.backup.restoring import Restored, restore_backup

__all__ = [
    "Backup",
    "BackupDamaged",
    "BackupFailed",
    "BackupRefused",
    "LastBackup",
    "Manifest",
    "Restored",
    "last_backup",
    "make_backup",
    "note_last_backup",
    "restore_backup",
    "verify_backup",
]
