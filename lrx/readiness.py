"""What must hold before the product starts: the schema is ours, and the key opens what is stored."""

from sqlmodel import Session, col, select

from lrx.errors import Invalid
from lrx.exchange import Exchange
from lrx.models import SiteRecipient
from lrx.schema import current_revision, head_revision, require_known
from lrx.text import text

__all__ = ["SchemaBehind", "require_ready"]


class SchemaBehind(Invalid):
    """The database is empty, or of an older version."""

    code = "schema_behind"


async def require_ready(exchange: Exchange) -> None:
    """Return when the product can start. Raises `SchemaBehind`, `SchemaAhead` and `WrongKey`, each with what to do."""
    await exchange.database.read(_require_schema)
    sealed = await exchange.database.read(_any_credentials)
    if sealed is not None:
        exchange.vault.unseal(sealed)


def _require_schema(session: Session) -> None:
    found, wanted = current_revision(session.connection()), head_revision()
    require_known(found)
    if found != wanted:
        raise SchemaBehind(
            text(
                "The database is at revision {found} and this version needs {wanted}. Run `lrx migrate`.",
                found=found or "none",
                wanted=wanted,
            )
        )


def _any_credentials(session: Session) -> bytes | None:
    return session.exec(
        select(SiteRecipient.credentials).where(col(SiteRecipient.credentials).is_not(None)).limit(1)
    ).first()
