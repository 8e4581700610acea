"""What another site sends or links to: never done on one click, whatever headers are missing."""

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from annotations.views.origin import Origin, asked_by, sent_by
from tests.builders import logged_in

BUTTON = "Send it once more"
HERE = "http://testserver"


@pytest.fixture
def settings_of(at):
    return reverse("settings", args=[at.project.slug])


@pytest.fixture
def ada(at):
    client = Client(enforce_csrf_checks=True)
    client.force_login(at.account(at.ada))
    return client


@pytest.mark.parametrize(
    ("headers", "shown", "button"),
    [
        pytest.param({"Origin": HERE}, True, True, id="ours"),
        pytest.param({"Origin": HERE + ":80"}, True, True, id="ours with its port"),
        pytest.param(
            {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}, True, True, id="ours by both"
        ),
        pytest.param({}, True, False, id="neither header"),
        pytest.param({"Referer": HERE + "/p/x/"}, True, False, id="a referrer alone"),
        pytest.param({"Sec-Fetch-Site": "same-origin"}, True, False, id="fetch metadata alone"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, False, False, id="a sister site"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, False, False, id="another site"),
        pytest.param({"Sec-Fetch-Site": "none"}, False, False, id="no page at all"),
        pytest.param({"Origin": "http://evil.test"}, False, False, id="another origin"),
        pytest.param({"Origin": "null"}, False, False, id="an origin that is hidden"),
        pytest.param({"Origin": "http://testserver:8000"}, False, False, id="another port"),
        pytest.param({"Origin": "https://testserver"}, False, False, id="another scheme"),
        pytest.param({"Origin": "http://testserver.evil.test"}, False, False, id="our beginning"),
        pytest.param({"Origin": "http://testserver@evil.test"}, False, False, id="our user name"),
        pytest.param({"Origin": "http://testserver:x"}, False, False, id="no port"),
        pytest.param({"Origin": "//testserver"}, False, False, id="no scheme"),
        pytest.param({"Origin": "testserver"}, False, False, id="a name alone"),
        pytest.param(
            {"Origin": "http://evil.test", "Sec-Fetch-Site": "same-origin"},
            False,
            False,
            id="the two differ",
        ),
    ],
)
@pytest.mark.parametrize("session", ["old token", "ended"])
def test_a_form_is_sent_a_second_time_only_where_its_origin_is_ours(
    ada, settings_of, session, headers, shown, button
):
    client = ada if session == "old token" else Client()
    answer = client.post(settings_of, {"name": "Desk 🌊 שלום"}, headers=headers)

    page = answer.content.decode()
    assert answer.status_code == (403 if session == "old token" else 401)
    assert ("Desk 🌊 שלום" in page) == shown
    assert (BUTTON in page) == button


def test_our_origin_is_that_of_the_proxy_which_the_server_believes():
    """Uvicorn has put a trusted ``X-Forwarded-Proto`` into the scheme by then."""
    sent = {"HTTP_ORIGIN": "https://testserver"}
    behind = RequestFactory().post("/", secure=True, **sent)
    pretended = RequestFactory().post("/", headers={"X-Forwarded-Proto": "https"}, **sent)

    assert sent_by(behind) is Origin.OURS
    assert sent_by(pretended) is Origin.FOREIGN


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, Origin.OURS),
        ({"Sec-Fetch-Site": "none"}, Origin.OURS),
        ({"Sec-Fetch-Site": "same-site", "Referer": HERE + "/"}, Origin.FOREIGN),
        ({"Sec-Fetch-Site": "cross-site"}, Origin.FOREIGN),
        ({"Referer": HERE + "/inbox/?show=unread"}, Origin.OURS),
        ({"Referer": "http://evil.test/"}, Origin.FOREIGN),
        ({"Referer": "http://evil.test/http://testserver/"}, Origin.FOREIGN),
        ({}, Origin.UNKNOWN),
    ],
)
def test_a_link_is_ours_only_where_the_browser_says_so(headers, found):
    assert asked_by(RequestFactory().get("/inbox/open", headers=headers)) is found


def test_no_view_decides_by_these_headers_for_itself():
    from tests.conftest import PROJECT

    reading = {
        path.name
        for path in (PROJECT / "annotations").rglob("*.py")
        if "Sec-Fetch-Site" in path.read_text() or '"Origin"' in path.read_text()
    }
    assert reading == {"origin.py"}


def test_a_form_of_another_site_changes_nothing_even_where_it_is_sent_twice(at, ada, settings_of):
    """What finding 4 did: the first sending is refused, and its answer holds nothing to press."""
    add = reverse("account-add", args=[at.project.slug])
    values = {"username": "mallory", "name": "Mallory", "role": "manager"}
    page = ada.post(add, values, headers={"Origin": "http://evil.test:8973"})

    assert page.status_code == 403
    assert "mallory" not in page.content.decode()
    assert f'action="{add}"' not in page.content.decode()
    assert logged_in(at, at.ada).get(settings_of).status_code == 200
