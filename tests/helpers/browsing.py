"""A browser for tests: notes troubles and requests, and asks axe what keeps people out."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
TIMEOUT_MS = 20_000
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
#: What axe calls findings that keep somebody from using a page.
SERIOUS = frozenset({"serious", "critical"})


@contextlib.contextmanager
def visiting(browser: Any, url: str, *, viewport: Any = None, **options: Any) -> Iterator[Any]:
    """Give a page whose visit is without console errors, failed and foreign requests.

    :param url: address of the server, which every request has to stay at.
    :param options: of the browser's context, such as ``color_scheme`` or ``java_script_enabled``.
    """
    context = browser.new_context(base_url=url, viewport=viewport or DESKTOP, **options)
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    troubles: list[str] = []
    addresses: list[str] = []
    page.on(
        "console", lambda said: said.type in {"error", "warning"} and troubles.append(said.text)
    )
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("requestfailed", lambda one: _is_failure(one) and troubles.append(one.url))
    page.on("request", lambda one: addresses.append(one.url))
    yield page
    page.wait_for_load_state("networkidle")
    noted = list(troubles)
    context.close()
    assert noted == []
    foreign = [one for one in addresses if not one.startswith((f"{url}/", "blob:", "data:"))]
    assert foreign == []


def _is_failure(request: Any) -> bool:
    """Tell a request that failed from one that was left together with its page."""
    return bool(request.failure != "net::ERR_ABORTED")


def findings(page: Any) -> list[str]:
    """Return what axe finds on a page that is serious, a line each with the first element."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in SERIOUS
    ]


def overflow_px(page: Any) -> int:
    """Return how much wider a page is than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
