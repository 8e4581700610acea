"""Every screen in light and dark, wide and narrow: no violation that axe finds, nothing cut off."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.screens import SCREENS, Scene, build, kept_tables
from tests.conftest import carry_session, watch

NAVIGATION_FITS = """[...document.querySelectorAll(".site-nav, .article-nav")].every(
  (one) => one.scrollWidth <= one.clientWidth
)"""
#: The rules that a theme can break; all others see the same page in both.
COLOURS = ["color-contrast", "link-in-text-block"]


@pytest.fixture(scope="module")
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Take the place of pytest-django's, which empties the tables after every test."""
    with django_db_blocker.unblock(), kept_tables():
        yield


@pytest.fixture(scope="module")
def scene(transactional_db: None) -> Scene:
    return build()


@pytest.fixture(scope="module")
def pages(browser: Any, scene: Scene, _server_process: Any) -> Iterator[dict[str | None, Any]]:
    """One page for each who looks; nothing on any of them may break the policy or throw."""
    wrong: list[str] = []
    made: dict[str | None, Any] = {}
    for who in {screen.who for screen in SCREENS.values()}:
        context = browser.new_context(base_url=_server_process.url, reduced_motion="reduce")
        watch(context, wrong)
        if who is not None:
            carry_session(context, scene.account(who), _server_process.url)
        made[who] = context.new_page()
        made[who].wrong = wrong
    yield made
    for page in made.values():
        page.context.close()


def violations(page: Any, **options: Any) -> list[Any]:
    report = Axe().run(page, options={"resultTypes": ["violations"], **options})
    return [
        (rule["id"], [node["html"][:200] for node in rule["nodes"]])
        for rule in report.response["violations"]
    ]


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_has_no_violations_and_fits(
    pages: dict[str | None, Any], scene: Scene, name: str
) -> None:
    screen = SCREENS[name]
    page = pages[screen.who]
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")
    # Another fragment alone would not load the page anew.
    page.goto("about:blank")
    page.goto(screen.url(scene))
    if screen.act is not None:
        screen.act(page)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, runOnly=COLOURS) == []
    for width in (1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(NAVIGATION_FITS)
    # The colours are those of the wide page.
    assert violations(page, rules={rule: {"enabled": False} for rule in COLOURS}) == []
    assert page.wrong == []
