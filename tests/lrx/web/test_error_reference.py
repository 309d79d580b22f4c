from typing import Any

import pytest

from lrx.api.operation import operation_of
from lrx.api.routes import OPERATIONS
from lrx.errors import NotFound
from lrx.web.error_reference import entries, french_meanings, known_errors
from tests.house import House

ANSWERED = {kind for function in OPERATIONS for kind in operation_of(function).errors}


def test_every_code_has_a_meaning_in_both_languages() -> None:
    shown = {entry.code: entry for entry in entries(known_errors())}
    assert {kind.code for kind in ANSWERED} <= set(shown)
    assert not {code for code, entry in shown.items() if not entry.english}
    assert not set(shown) - set(french_meanings())


def test_errors_of_one_code_stand_together() -> None:
    class First(NotFound):
        """It is one."""

        code = "test_only"

    class Second(First):
        """It is the other."""

        code = "test_only"
        turn = "site_admin"

    (entry,) = entries([First, Second])
    assert (entry.statuses, entry.english) == ((404,), "It is one. It is the other.")


@pytest.mark.anyio
@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_type_of_a_problem_leads_to_its_meaning(house: House, language: str) -> None:
    headers = {"Accept-Language": language}
    refused = await house.site.api.get("/api/v1/courses/by/shortname/none", headers=headers)
    path, _, anchor = refused.json()["type"].partition("#")
    page = await house.http.get(path, headers=headers)
    assert (page.status_code, page.headers["content-language"]) == (200, language)
    assert page.headers["content-type"].startswith("text/html")
    _, _, section = page.text.partition(f'<section id="{anchor}">')
    meaning = {"en": "The site has no such course.", "fr": "Le site n’a pas ce cours."}
    assert meaning[language] in section.partition("</section>")[0]
    assert (await house.http.head(path)).status_code == 200


def anchors(page: Any) -> set[str]:
    return {part.partition('"')[0] for part in page.text.split('<section id="')[1:]}


@pytest.mark.anyio
async def test_every_code_an_operation_answers_with_has_its_place(house: House) -> None:
    assert {kind.code for kind in ANSWERED} <= anchors(await house.http.get("/docs/errors"))
