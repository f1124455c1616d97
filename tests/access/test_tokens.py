"""The register of tokens: what its keeper and a server can rely on."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmgraph.access import SCOPES, Token, TokenRegister
from kmgraph.access.tokens import end_of_validity
from kmgraph.errors import InputError, NotFoundError, StoreCorruptError, TokenError
from kmgraph.stores.views import token_group_sets

MAKE = """
import sys
from kmgraph.access import TokenRegister
folder, start = sys.argv[1:]
for number in range(6):
    TokenRegister(folder).create(f"{start}{number}", ["read"], [f"g{start}"])
    if number % 2:
        TokenRegister(folder).revoke(f"{start}{number}")
"""


@pytest.fixture
def register(tmp_path: Path) -> TokenRegister:
    """Return the register of a folder without tokens."""
    return TokenRegister(tmp_path)


def test_a_token_is_found_by_its_secret_alone(register: TokenRegister) -> None:
    anna = register.create("anna", ["read", "write"], ["north", "south"])
    ben = register.create("ben", ["admin"])
    assert register.find(anna).view == "public+north+south"
    assert register.find(anna).scopes == {"read", "write"}
    assert (register.find(ben).name, register.find(ben).view) == ("ben", "public")
    assert [token.name for token in register.list()] == ["anna", "ben"]
    for wrong in ("", "kmg_", anna[:-1], anna + "x", anna.lower(), "anna", "Bearer " + anna):
        with pytest.raises(TokenError):
            register.find(wrong)


def test_tokens_cannot_be_guessed_or_confused(register: TokenRegister) -> None:
    made = [register.create(f"t{number}", ["read"]) for number in range(20)]
    assert len(set(made)) == 20
    assert all(secret.startswith("kmg_") and len(secret) == 47 for secret in made)


def test_the_disk_holds_no_token_and_only_the_owner_reads_it(
    register: TokenRegister, tmp_path: Path
) -> None:
    secret = register.create("anna", ["read"], ["north"])
    register.create("ben", ["read"])
    path = tmp_path / "tokens.json"
    assert path.stat().st_mode & 0o777 == 0o600
    found = [file for file in tmp_path.rglob("*") if secret[4:].encode() in file.read_bytes()]
    assert found == []
    token = register.find(secret)
    assert token.digest not in json.dumps(token.to_dict())


def test_a_change_is_seen_by_whoever_has_the_register_open(
    register: TokenRegister, tmp_path: Path
) -> None:
    served = TokenRegister(tmp_path)
    with pytest.raises(TokenError):
        served.find("kmg_x")
    secret = register.create("anna", ["read"])
    assert served.find(secret).name == "anna"
    register.revoke("anna")
    with pytest.raises(TokenError):
        served.find(secret)
    other = register.create("anna", ["read"])
    assert served.find(other).name == "anna"
    (tmp_path / "tokens.json").unlink()
    with pytest.raises(TokenError):
        served.find(other)


def test_a_token_ends_with_its_last_day(register: TokenRegister) -> None:
    today = dt.datetime.now(dt.UTC).date()
    secret = register.create("anna", ["read"], expires=today.isoformat())
    token = register.find(secret)
    midnight = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), dt.UTC)
    assert not token.is_expired(midnight - dt.timedelta(seconds=1))
    assert token.is_expired(midnight)
    assert register.create("ben", ["read"], expires=today + dt.timedelta(days=1))


@pytest.mark.parametrize("day", ["2099-12-31", "20991231", "2099-W53-4", "2099W534"])
def test_a_day_ends_at_its_end_however_it_is_written(day: str) -> None:
    assert end_of_validity(day).isoformat() == "2099-12-31T23:59:59+00:00"
    assert end_of_validity(f"{day}T12").isoformat() == "2099-12-31T12:00:00+00:00"


def test_an_expired_token_opens_nothing_and_demands_no_view(
    register: TokenRegister, tmp_path: Path
) -> None:
    secret = register.create("anna", ["read"], ["north", "south"], expires="2999-01-01")
    assert token_group_sets(tmp_path) == {frozenset({"north", "south"})}
    path = tmp_path / "tokens.json"
    path.write_text(path.read_text().replace("2999", "2001"))
    with pytest.raises(TokenError, match="expired"):
        register.find(secret)
    assert register.list()[0].to_dict()["expired"] is True
    assert token_group_sets(tmp_path) == frozenset()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("", ["read"]), "name"),
        (("a b", ["read"]), "name"),
        (("-rf", ["read"]), "name"),
        (("x" * 65, ["read"]), "name"),
        (("anna", []), "scopes"),
        (("anna", ["root"]), "root"),
        (("anna", ["read"], ["public"]), "public"),
        (("anna", ["read"], ["north+south"]), "visibility"),
        (("anna", ["read"], ["North"]), "visibility"),
        (("anna", ["read"], [], "soon"), "date"),
        (("anna", ["read"], [], "2001-01-01"), "expired already"),
        (("anna", ["read"], [], "0001-01-01T00:00:00+23:00"), "date"),
        (("taken", ["read"]), "already"),
    ],
)
def test_what_a_token_cannot_be(
    register: TokenRegister, arguments: tuple[object, ...], message: str
) -> None:
    register.create("taken", ["read"])
    with pytest.raises(InputError, match=message):
        register.create(*arguments)  # type: ignore[arg-type]
    assert [token.name for token in register.list()] == ["taken"]


def test_what_is_not_there_cannot_be_revoked(register: TokenRegister) -> None:
    register.create("anna", ["read"])
    with pytest.raises(NotFoundError, match=r"'ben' \(tokens: anna\)"):
        register.revoke("ben")


GOOD = {
    "name": "anna",
    "digest": "0" * 64,
    "scopes": ["read"],
    "groups": ["north"],
    "created": "2026-01-01T00:00:00+00:00",
    "expires": None,
}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        '{"format_version": 1}',
        '{"format_version": 2, "tokens": []}',
        json.dumps({"format_version": 1, "tokens": [{**GOOD, "digest": "0"}]}),
        json.dumps({"format_version": 1, "tokens": [{**GOOD, "scopes": ["all"]}]}),
        json.dumps({"format_version": 1, "tokens": [{**GOOD, "groups": ["a+b"]}]}),
        json.dumps({"format_version": 1, "tokens": [{**GOOD, "expires": "2999-01-01"}]}),
        json.dumps({"format_version": 1, "tokens": [{"name": "anna"}]}),
    ],
)
def test_a_broken_file_opens_nothing_and_says_so(
    register: TokenRegister, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(content)
    calls = (
        register.list,
        lambda: register.find("kmg_x"),
        lambda: register.create("a", ["read"]),
        lambda: register.revoke("anna"),
    )
    for call in calls:
        with pytest.raises(StoreCorruptError, match=r"tokens\.json"):
            call()
    assert path.read_text() == content


def test_writers_at_once_lose_nothing_and_readers_see_whole_files(tmp_path: Path) -> None:
    first = TokenRegister(tmp_path).create("first", ["read"])
    served = TokenRegister(tmp_path)
    failures: list[BaseException] = []
    is_over = threading.Event()

    def read() -> None:
        try:
            while not is_over.is_set():
                assert served.find(first).name == "first"
        except BaseException as error:
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    writers = [
        subprocess.Popen([sys.executable, "-c", MAKE, str(tmp_path), name]) for name in "abc"
    ]
    try:
        assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    finally:
        is_over.set()
        for reader in readers:
            reader.join(10)
    assert failures == []
    kept = {f"{name}{number}" for name in "abc" for number in (0, 2, 4)}
    assert {token.name for token in served.list()} == kept | {"first"}


@given(st.text())
def test_no_other_text_is_a_token(text: str) -> None:
    token = Token("anna", "0" * 64, frozenset(SCOPES), frozenset(), dt.datetime.now(dt.UTC))
    register = TokenRegister("/nowhere")
    register._held = (None, (token,))
    with pytest.raises(TokenError):
        register.find(text)


OFFSETS = st.integers(-1439, 1439).map(lambda n: dt.timezone(dt.timedelta(minutes=n)))


@given(st.datetimes(timezones=OFFSETS) | st.dates())
def test_every_date_of_iso_8601_is_understood(moment: dt.date) -> None:
    try:
        end = end_of_validity(moment)
    except InputError:
        assert getattr(moment, "year", 0) in (1, 9999)  # beyond the calendar in UTC
        return
    if isinstance(moment, dt.datetime):
        assert end == moment
    else:
        assert (end.date(), end.hour, end.tzinfo) == (moment, 23, dt.UTC)
