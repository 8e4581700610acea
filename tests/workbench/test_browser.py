"""The safety headers hold in a real browser, and the test set-up reaches it."""

from django.contrib.auth import get_user_model
from django.db import transaction


def make_superuser():
    with transaction.atomic():
        return get_user_model().objects.create_superuser("ada", password="à 🌊 long pass phrase")


def test_a_password_made_here_opens_the_server(page):
    make_superuser()
    page.goto("/admin/")
    page.fill("#id_username", "ada")
    page.fill("#id_password", "à 🌊 long pass phrase")
    page.click("input[type=submit]")

    assert page.locator("#user-tools strong").inner_text().lower() == "ada"


def test_an_inline_script_does_not_run(page, log_in):
    log_in(page, make_superuser())
    page.goto("/admin/")

    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            document.body.insertAdjacentHTML("beforeend", '<img src="x:" onerror="ran = true">');
        }"""
    )
    page.wait_for_timeout(100)

    assert page.evaluate("window.ran === undefined")
    assert page.wrong
    page.wrong.clear()


def test_without_javascript_the_page_is_there(plain_page, log_in):
    log_in(plain_page, make_superuser())
    plain_page.goto("/admin/")

    assert "Site administration" in plain_page.content()
