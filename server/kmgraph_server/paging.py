"""Which page of something long is asked for."""

from __future__ import annotations

import re

from flask import request

from kmgraph_server.errors import MalformedRequestError


def page_number() -> int:
    """Return which page the running request asks for.

    :raises MalformedRequestError: it is no number from 1.

    >>> from flask import Flask
    >>> with Flask("x").test_request_context("/?page=3"):
    ...     page_number()
    3
    """
    text = request.args.get("page", "1")
    if not re.fullmatch("[1-9][0-9]{0,8}", text):
        raise MalformedRequestError("'page' is a whole number from 1")
    return int(text)


def neighbours(number: int, pages: int) -> dict[str, int]:
    """Return relation to number of the first, the last and the neighbouring pages.

    It is empty where there is only one page.

    :param number: number of the page that is sent, from 1.

    Source: https://www.rfc-editor.org/rfc/rfc8288

    >>> neighbours(1, 3)
    {'first': 1, 'last': 3, 'next': 2}
    """
    if pages == 1:
        return {}
    found = {"first": 1, "last": pages}
    if number > 1:
        found["prev"] = number - 1
    if number < pages:
        found["next"] = number + 1
    return found
