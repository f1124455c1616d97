"""Run texts that were let through on a real engine, and tell which of them made a request.

``python fuzz_driver.py SEED COUNT`` prints a JSON object: how many texts were let through, how
many of those the engine could read, and the texts after which a listener saw a connection. It is
a process of its own because a text could end it.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import sys
import threading
from collections.abc import Callable

import pyoxigraph as ox

from kmgraph.errors import KmGraphError
from kmgraph.sparql import analyse, check_update

#: What texts are put together from. ``TARGET`` stands for an IRI of the listener.
PARTS = [
    "SERVICE", "service ", "SILENT", " ", "\n", "#", "'", '"', "'''", '"""', "\\", "<", ">", "{",
    "}", "(", ")", "[", "]", "?s ?p ?o ", ". ", "x:a ", "x:", ":", "_:b", "1", "1.", "true", "@en",
    "@en--ltr ", "a ", "?a", "$a", ",", ";", "|", "^", "/", "*", "~", "=", "<=", "&&", "||", "!",
    "FILTER(", "FILTERx:f(", "FILTER x:f(", "FILTER EXISTS{", "FILTER(1<2", "BIND(", "BIND(1<2",
    "AS ?y)", "OPTIONAL{", "UNION", "MINUS{", "VALUES ?v{", "VALUES(?v){(", "GRAPH ?g{", "{SELECT",
    "{SELECT * {", "GROUP BY", "ORDER BY(", "HAVING(", "IN(", "COUNT(DISTINCT ", "<<", ">>", "<<(",
    ")>>", "{|", "|}", "?s ?p(", "?s(<urn:a#b>", "<urn:a#b>", "<urn:a#", "<urn:'b>", "<?a#>",
    "1<?a#>", "?a<'b>'", "<?a&&?b>1", "'''a'", "'a\\'", "'\\q'", "\\u0022", "\\uD800", "\\u0053",
    "x:\\'", "x:\\#", "x:.", "x:-", "%27", "é", "ª", "\u0300", "\u00b7", "#>\n", "#'\n",
    "#'''\n", "#\n", "SERVICE TARGET{}", "SERVICETARGET{}", "SERVICEx:a{}", "SERVICE SILENT x:{}",
    "SERVICE?t{}", ")SERVICE TARGET{}", "}SERVICE TARGET{}", ".SERVICE TARGET{}",
    ">SERVICE TARGET{}", "FROM TARGET", "FROMx:a", "TARGET", "LATERAL{", "#'''\n)SERVICE TARGET{}",
]  # fmt: skip
#: Texts that once were led past a guard, or are close to such; they are changed here and there.
QUERIES = [
    "SELECT * { ?s ?p ?o FILTER(1<2)SERVICEx:a#>\n{ } }",
    "SELECT * { ?s ?p ?o FILTER(1<2#>'''\n) SERVICE TARGET { } #'''\n }",
    "SELECT * { ?s ?p ?o FILTER(1<'x>') SERVICE TARGET { } #'\n }",
    "SELECT * { ?s ?p ?o FILTER x:f(1<'x>') SERVICE TARGET { } #'\n }",
    "SELECT * { ?s ?p ?o FILTERx:f(1<'x>') SERVICE TARGET { } #'\n }",
    "SELECT * { BIND(1<2#>'''\n AS ?x) SERVICE TARGET { } #'''\n }",
    "SELECT * { ?s ?p ?o . OPTIONAL { ?s ?p x:.SERVICE TARGET{} } }",
    "SELECT * { VALUES ?x {'''a' } SERVICE TARGET {} #\\q'''\n }",
    "SELECT * { VALUES ?x {'''a' } SERVICE TARGET { ?s ?p x:\\- } BIND('''a''' AS ?y) }",
    'SELECT * { VALUES ?x {"""a" } SERVICE TARGET {} #\\uD800"""\n }',
    "SELECT * { OPTIONAL { <<x:a?p#>'''\n ?o >> ?x ?y } SERVICE TARGET {} #'''\n }",
    "SELECT (1<2#>'''\n AS ?x) { SERVICE TARGET {} } #'''\n",
    "SELECT * { { SELECT (1<2#>'''\n AS ?x) { SERVICE TARGET {} } } #'''\n }",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o } HAVING(1<2#>'''\n) VALUES ?x { 1 #'''\n }",
    "SELECT * { ?s ?p (1 <urn:x#y> '''\n) SERVICE TARGET {} #''') }",
    "SELECT * { VALUES (?a ?b) { (1 <urn:x#y>) ('''\n''' 2) } ?s ?p '#' SERVICE?t{} }",
    "SELECT * { ?s ?p '\\u0027 } SERVICE TARGET {} #' }",
    "SELECT * { SERV\\u0049CE TARGET {} }",
    "SELECT * { ?s ?p ?o SERVICESILENTx:a{} }",
    "SELECT * { ?s ?p trueSERVICE?t{} VALUES ?t {TARGET} }",
    "ASK { FILTER(COUNT(DISTINCTtrue<1#>'''\n) SERVICE TARGET {} #''') }",
]
UPDATES = [
    "INSERT DATA { <urn:a> <urn:b> 'LOAD TARGET' }",
    "INSERT DATA { <urn:a> <urn:b> '''a''' } ; LOAD TARGET",
    "INSERT DATA { <urn:a> <urn:b> '''a' } ; LOAD TARGET ; INSERT DATA { #\\q'''\n }",
    "INSERT DATA { <urn:a> x:. } ; LOADx:a",
    "INSERT DATA { <urn:a> <urn:b> <urn:c#'> } ; LOAD TARGET #'\n",
    "INSERT DATA { <<x:a <urn:b> 1#>'''\n>> <urn:b> 1 } ; LOAD TARGET #'''\n",
    "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(1<'x>') SERVICE TARGET { } #'\n }",
    "INSERT { ?s ?p ?o } USING x:a WHERE { ?s ?p ?o } ; LOADSILENTx:a INTO GRAPH x:b",
    "CLEAR ALL ; LOAD x:a INTO GRAPH x:b",
    "COPY x:a TO x:b ; CLEAR ALL LOADx:a",
    "WITH x:a DELETE { ?s ?p ?o } WHERE { BIND(1<2#>'''\n AS ?x) } ; LOAD TARGET #'''\n",
    "INSERTDATA{<urn:a> <urn:b> 1};LOADTARGET",
]


def changed(text: str, draw: random.Random) -> str:
    """Return a text with a few pieces put in, taken out or doubled."""
    for _ in range(draw.randrange(4)):
        place = draw.randrange(len(text) + 1)
        end = min(len(text), place + draw.choice((0, 0, 0, 1, 1, 2, 6)))
        piece = draw.choice(("", text[place:end] * 2, draw.choice(PARTS), draw.choice(PARTS)))
        text = text[:place] + piece + text[end:]
    return text


def drawn(draw: random.Random) -> tuple[str, bool]:
    """Return a text and whether it is an update."""
    is_update = draw.random() < 0.25
    kind = draw.random()
    if is_update:
        text = changed(draw.choice(UPDATES), draw)
    elif kind < 0.7:
        text = changed(draw.choice(QUERIES), draw)
    else:
        text = "SELECT * {" + "".join(draw.choices(PARTS, k=draw.randrange(1, 9))) + "}"
    prefixes = "".join(f"PREFIX {name}: TARGET " for name in ("x", "", "FILTERx", "FROMx", "LOADx"))
    return (prefixes if draw.random() < 0.9 else "") + text, is_update


def main(seed: int, count: int) -> None:
    """Draw texts, run those that are let through, and print what was seen."""
    draw = random.Random(seed)
    store = ox.Store()
    store.add(ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal("c")))
    calls: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = f"<http://127.0.0.1:{server.getsockname()[1]}/>"

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, peer = server.accept()
                    calls.append(peer)
                    connection.close()

        threading.Thread(target=accept, daemon=True).start()
        passed = read = 0
        asking: list[str] = []
        for _ in range(count):
            text, is_update = drawn(draw)
            text = text.replace("TARGET", target)
            run: Callable[[], object] = (
                (lambda text=text: ox.Store().update(text))
                if is_update
                else (lambda text=text: [*store.query(text)])
            )
            try:
                (check_update if is_update else analyse)(text)
            except KmGraphError:
                continue
            passed += 1
            before = len(calls)
            with contextlib.suppress(SyntaxError, RuntimeError, OSError, ValueError, TypeError):
                run()
                read += 1
            if len(calls) > before:
                asking.append(text)
    sys.stdout.write(json.dumps({"passed": passed, "read": read, "asking": asking[:5]}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
