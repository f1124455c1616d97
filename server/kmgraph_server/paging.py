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
