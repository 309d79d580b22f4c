"""A browser of a few lines: the pages as a person of one site meets them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import lxml.html
from sqlmodel import Session
from starlette.routing import Mount, Router
from starlette.types import ASGIApp

from admin_ui.app import create_admin
from lrx import administrators
from lrx.access import ALL_SCOPES
from lrx.exchange import Exchange
from lrx.models import Course
from lrx.web import no_such_path, wrap
from tests.lrx.reports.scene import Scene

PASSWORD = "a long enough password"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def pages_of(exchange: Exchange) -> ASGIApp:
    """The administration pages where the product mounts them."""
    mounted = Mount("/admin", app=create_admin(exchange))
    return wrap(Router([mounted], redirect_slashes=False, default=no_such_path), exchange)


@dataclass
class Page:
    """One answer, and the page in it."""

    answer: httpx.Response
    root: Any = field(init=False)

    def __post_init__(self) -> None:
        self.root = lxml.html.document_fromstring(self.answer.text)

    @property
    def words(self) -> str:
        """What a person reads, in one line."""
        return " ".join(self.root.body.text_content().split())

    def all(self, path: str) -> list[str]:
        """The words of every element at an XPath."""
        found = [one.text_content() if hasattr(one, "text_content") else str(one) for one in self.root.xpath(path)]
        return [" ".join(words.split()) for words in found]

    def row(self, begins: str) -> dict[str, str]:
        """The row of the table whose first cell begins so, by the heads of its columns."""
        heads = self.all("//thead//th")
        for row in self.root.xpath("//tbody/tr"):
            cells = [" ".join(cell.text_content().split()) for cell in row]
            if cells[0].startswith(begins):
                return dict(zip(heads, cells, strict=True))
        raise AssertionError(f"no row begins with {begins}")


@dataclass
class Browser:
    """A browser in front of the pages."""

    exchange: Exchange
    http: httpx.AsyncClient

    async def get(self, path: str, *, status: int = 200, **headers: str) -> Page:
        """Open a page; it must have the given status."""
        answer = await self.http.get(path, headers={name.replace("_", "-"): text for name, text in headers.items()})
        assert answer.status_code == status, answer.text
        return Page(answer)

    async def sign_in(
        self, username: str = "priya", password: str = PASSWORD, next_address: str | None = None, **headers: str
    ) -> httpx.Response:
        """Send the sign-in form, as a page of ours would unless told otherwise."""
        form = {"username": username, "password": password}
        if next_address is not None:
            form["next"] = next_address
        return await self.http.post("/admin/sign-in", data=form, headers=headers or SAME_ORIGIN)

    async def build(self, code: str = "lakeside", *, scopes: Sequence[str] = ALL_SCOPES, **person: Any) -> None:
        """A site with an administrator, without courses."""
        await self.tell(lambda scene: None, code, scopes=scopes, **person)

    async def tell(
        self, story: Any, code: str = "lakeside", *, scopes: Sequence[str] = ALL_SCOPES, **person: Any
    ) -> UUID | None:
        """A site with an administrator, and what the story puts there. Returns the id of the course it returns."""

        def work(session: Session) -> UUID | None:
            scene = Scene.at(session, self.exchange, code)
            given = {"username": "priya", "full_name": "Priya Sharma", "password": PASSWORD, **person}
            administrators.create(session, scene.act(), scopes=scopes, **given)
            course: Course | None = story(scene)
            return course.id if course else None

        return await self.exchange.database.write(work)
