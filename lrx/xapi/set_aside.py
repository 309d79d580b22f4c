"""Statements set aside, replayed: as they are, or corrected by an administrator."""

from uuid import UUID

from sqlmodel import Session, select

from lrx import audit
from lrx.access import Act
from lrx.errors import Conflict, NotFound
from lrx.models import SetAsideStatement
from lrx.text import text
from lrx.xapi.intake import InvalidStatement, judge, require_faultless, store

__all__ = ["AlreadyReplayed", "UnknownSetAside", "replay", "set_aside_by_id"]


class UnknownSetAside(NotFound):
    """The site has no such statement set aside."""

    code = "set_aside_unknown"


class AlreadyReplayed(Conflict):
    """The statement is stored by now."""

    code = "already_replayed"


def set_aside_by_id(session: Session, act: Act, statement_id: UUID, *, to_change: bool = True) -> SetAsideStatement:
    """Return the statement set aside; `to_change` it, for nobody else until the transaction ends. Raises
    `UnknownSetAside`."""
    query = select(SetAsideStatement).where(
        SetAsideStatement.site_id == act.site_id, SetAsideStatement.id == statement_id
    )
    found = session.exec(query.with_for_update() if to_change else query).first()
    if found is None:
        raise UnknownSetAside(text("There is no statement {id} set aside at this site.", id=str(statement_id)))
    return found


def replay(session: Session, act: Act, aside: SetAsideStatement, corrected: bytes | None) -> SetAsideStatement:
    """Store the statement, or the corrected one in its place. What came stays kept as it was.

    Raises `AlreadyReplayed`, and `InvalidStatement` or `StatementConflict` when it still cannot be stored.
    """
    if aside.replayed_as is not None:
        raise AlreadyReplayed(text("The statement is stored by now, as {id}.", id=str(aside.replayed_as)))
    statements = judge(corrected if corrected is not None else aside.body, strict=True)
    require_faultless(statements, "/statement")
    if len(statements) != 1:
        raise InvalidStatement(text("This holds {count} statements. Send the one it should be.", count=len(statements)))
    stored = store(session, act, aside.credential_id, statements, strict=True)
    aside.replayed_as = stored.ids[0]
    session.add(aside)
    session.flush()
    audit.keep(session, act, "replay", "set_aside_statement", aside.id, corrected=corrected is not None)
    return aside
