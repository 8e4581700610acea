"""What a request hears that could not write in time: 503, and when to come again."""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.html import escape

from workbench.sqlite.queue import TryAgainLater

SECONDS = "1"
PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Try again</title>'
    "<h1>Not saved yet</h1><p>{}</p>"
    "<p>Go back: what you typed is still there. Then send it again.</p></html>"
)


class TryAgain:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        if not isinstance(exception, TryAgainLater):
            return None
        response = answer(request.headers.get("Accept", ""), str(exception))
        response["Retry-After"] = SECONDS
        return response


def answer(accept: str, detail: str) -> HttpResponse:
    if "application/json" not in accept:
        return HttpResponse(PAGE.format(escape(detail)), status=503)
    problem = {"code": "try_again", "title": "Not saved yet", "detail": detail, "status": 503}
    return HttpResponse(json.dumps(problem), status=503, content_type="application/problem+json")
