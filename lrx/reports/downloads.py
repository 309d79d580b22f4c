"""Reports to take along, as CSV or as a workbook, with the filters of the page. Each download is audited.

A report is read page by page, each in a short read of its own, and written as it is read: memory does not grow with it.
A workbook lies on the disk until it is sent, and its name is gone before its first byte goes out.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import anyio.to_thread
from sqlmodel import Session
from xlsxwriter.exceptions import XlsxFileError

from lrx import audit
from lrx.access import Act, Caller
from lrx.courses.courses import course_by_id
from lrx.errors import StorageFull
from lrx.exchange import Exchange
from lrx.logs import log
from lrx.reports import csv_form, xlsx_form
from lrx.reports.filter import Filter
from lrx.reports.learning_records import Report, learning_records
from lrx.reports.roster import Place
from lrx.reports.sheets import SITE_HEADER, Cells, course_cells, course_header, site_cells
from lrx.reports.site_records import SiteFilter, SitePlace, SiteReport, site_records
from lrx.text import text
from lrx.web.files import Download

__all__ = ["MEDIA_TYPES", "Form", "course_download", "site_download"]

PAGE = 500
"""Learners, or records, of one read."""

RETRY_AFTER = 60
"""Seconds: a person must make room."""

UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Form(StrEnum):
    """What kind of file."""

    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES: Mapping[Form, str] = {Form.CSV: csv_form.MEDIA_TYPE, Form.XLSX: xlsx_form.MEDIA_TYPE}


@dataclass(frozen=True, slots=True)
class _Sheet:
    header: Sequence[str]
    pieces: AsyncIterator[list[Cells]]


async def course_download(
    exchange: Exchange, caller: Caller, request_id: str, course_id: UUID, wanted: Filter, form: Form
) -> Download:
    """Return the report of a course as a file. Raises `UnknownCourse`, and `StorageFull` where a workbook cannot be
    written, before anything is given out."""

    def keep(session: Session, act: Act) -> str:
        course = course_by_id(session, act, course_id)
        audit.keep(session, act, "download", "course", course.id, form=form.value, filters=_asked(wanted))
        return course.shortname or str(course.id)

    name, act = await _kept(exchange, caller, request_id, keep)

    async def read(after: Place | None) -> Report:
        return await exchange.database.read(
            lambda session: learning_records(
                session, act, exchange.recipients, course_id, wanted, after=after, size=PAGE
            )
        )

    first = await read(None)

    def cells(report: Report) -> list[Cells]:
        return [course_cells(first, row) for row in report.rows]

    sheet = _Sheet(course_header(first), _pieces(first, read, cells))
    return await _download(exchange, f"{name}-learning-records", form, act.at, sheet)


async def site_download(
    exchange: Exchange, caller: Caller, request_id: str, wanted: SiteFilter, form: Form
) -> Download:
    """Return the learning records of the site as a file. Raises `StorageFull` where a workbook cannot be written."""

    def keep(session: Session, act: Act) -> str:
        audit.keep(session, act, "download", "site", act.site_id, form=form.value, filters=_asked(wanted))
        return "learning-records"

    name, act = await _kept(exchange, caller, request_id, keep)

    async def read(after: SitePlace | None) -> SiteReport:
        return await exchange.database.read(lambda session: site_records(session, act, wanted, after=after, size=PAGE))

    def cells(report: SiteReport) -> list[Cells]:
        return [site_cells(row) for row in report.rows]

    return await _download(exchange, name, form, act.at, _Sheet(SITE_HEADER, _pieces(await read(None), read, cells)))


async def _kept(
    exchange: Exchange, caller: Caller, request_id: str, keep: Callable[[Session, Act], str]
) -> tuple[str, Act]:
    def work(session: Session) -> tuple[str, Act]:
        act = exchange.act_in(session, caller, request_id)
        return keep(session, act), act

    return await exchange.database.write(work)


def _asked(wanted: Filter | SiteFilter) -> list[str]:
    """The names of the fields that are asked for; their values may speak of people."""
    return [one.name for one in fields(wanted) if getattr(wanted, one.name) not in (None, "")]


async def _pieces(
    first: Any, read: Callable[[Any], Awaitable[Any]], cells: Callable[[Any], list[Cells]]
) -> AsyncIterator[list[Cells]]:
    report = first
    while True:
        yield cells(report)
        if report.next_after is None:
            return
        report = await read(report.next_after)


async def _download(exchange: Exchange, name: str, form: Form, at: datetime, sheet: _Sheet) -> Download:
    file_name = f"{UNSAFE.sub('-', name).strip('-.') or 'course'}-{at:%Y%m%dT%H%M%SZ}.{form.value}"
    if form is Form.CSV:
        return Download(file_name, MEDIA_TYPES[form], _lines(sheet))
    try:
        file = await _written(exchange.settings.data_dir, sheet, at)
    except (OSError, XlsxFileError) as error:
        log.error("a file to download could not be written", error=type(error).__qualname__, reason=str(error))
        raise StorageFull(
            text(
                "The file could not be written. Whoever runs this exchange must make room in its data folder, and see "
                "to it that files can be written there. Try again later, or take the CSV file."
            ),
            retry_after=RETRY_AFTER,
        ) from error
    return Download(file_name, MEDIA_TYPES[form], xlsx_form.given_out(file))


async def _written(folder: Path, sheet: _Sheet, at: datetime) -> IO[bytes]:
    with xlsx_form.workbook(folder, sheet.header, at) as book:
        async for rows in sheet.pieces:
            await anyio.to_thread.run_sync(book.add, rows)
        return await anyio.to_thread.run_sync(book.finished)


async def _lines(sheet: _Sheet) -> AsyncIterator[bytes]:
    yield csv_form.BOM.encode("utf-8") + csv_form.written([sheet.header])
    async for rows in sheet.pieces:
        if rows:
            yield csv_form.written(rows)
