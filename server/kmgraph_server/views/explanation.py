"""Why something is as it is: rule, summaries, ratings, raters and passages."""

from __future__ import annotations

import json
import re
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from kmgraph_server.addresses import rooted
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.negotiation import HTML, LISTING
from kmgraph_server.pages.entity_page import EntityPage
from kmgraph_server.pages.explanation_page import EXPLAINED, to_branch
from kmgraph_server.state import snapshot
from kmgraph_server.views.responses import (
    Form,
    add_alternates,
    as_file,
    data,
    forms_by_parameter,
    negotiated,
    page,
)

blueprint = Blueprint("explanation", __name__)

#: Most characters of an IRI in the name of a file.
_LONGEST_NAME: Final = 80


@blueprint.get("/explain")
def explain() -> Response:
    """Show what a thing rests on, or send it as JSON.

    ``iri`` is its IRI, what stands after the base, or the id of a case.
    """
    given = request.args.getlist("iri")
    if len(given) != 1 or not given[0].strip():
        raise MalformedRequestError("say what to explain, once: /explain?iri=case/...")
    served = snapshot()
    found = served.dataset.explain(given[0])
    offer = negotiated(LISTING, request.args.getlist("format"))
    query = urlencode({"iri": given[0]})
    address = f"{rooted('/explain')}?{query}"
    forms = [
        Form(form.offer, f"{form.href}&{query}")
        for form in forms_by_parameter(rooted("/explain"), LISTING)
    ]
    if offer is not HTML:
        told = {**found.to_dict(), "synthetic": served.is_synthetic}
        body = json.dumps(told, ensure_ascii=False, indent=2)
        response = add_alternates(data(f"{body}\n", offer), address, forms)
        tail = found.iri.removeprefix(served.dataset.base)
        stem = re.sub("[^A-Za-z0-9.]+", "-", tail).strip("-.")[-_LONGEST_NAME:]
        return as_file(response, f"explain-{stem}.{offer.name}")
    response = page(
        render_template(
            "explanation.html",
            tree=to_branch(found, served.names),
            iri=found.iri,
            downloads=[form for form in forms if form.offer is not HTML],
        )
    )
    return add_alternates(response, address, forms)


@blueprint.app_template_test("explained")
def is_explained(entity: EntityPage) -> bool:
    """Say whether the page of an entity leads to its explanation."""
    return not EXPLAINED.isdisjoint(snapshot().names.types(entity.iri))
