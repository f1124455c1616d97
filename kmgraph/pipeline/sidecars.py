"""What stands beside the views of a generation, without what was erased."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from kmgraph.mapping.mapper import split_record_iri
from kmgraph.pipeline.publication import REPORT_FILE, is_rows_file
from kmgraph.pipeline.sweeping import Sweep
from kmgraph.stores.meta import Generation, GraphInfo
from kmgraph.validation import Severity

_TABS: Final = "\t"


class Sidecars:
    """The files and the description of a generation, swept.

    :param sweep: says what goes; it has been surveyed.
    :param files: the files of the generation by name.
    """

    def __init__(self, sweep: Sweep, files: Iterable[tuple[str, bytes]]) -> None:
        self._sweep = sweep
        #: Name of a graph to the number of records, by sheet, that go from its list.
        self.gone: dict[str, Counter[str]] = {}
        self.files: dict[str, bytes] = {}
        dropped = {g.name for g in sweep.generation.graphs} - {g.name for g in sweep.graphs}
        graph_of = sweep.generation.files
        for name, content in files:
            if graph_of.get(name) not in dropped and not sweep.matcher.text(name):
                self.files[name] = self._swept(name, content)

    def _swept(self, name: str, content: bytes) -> bytes:
        """Return the content of a file without what goes."""
        text = content.decode("utf-8", errors="surrogateescape")
        if name.endswith(".json"):
            return self._json(name, text)
        kept = []
        for line in text.splitlines(keepends=True):
            iri = line.partition(_TABS)[0]
            if self._sweep.iri_goes(iri) or self._sweep.matcher.text(line):
                self._count(name, iri)
            else:
                kept.append(line)
        return "".join(kept).encode("utf-8", errors="surrogateescape")

    def _count(self, name: str, iri: str) -> None:
        """Note that the list of a graph's records loses one."""
        split = split_record_iri(self._sweep.store.base, iri)
        graph = self._sweep.generation.files.get(name)
        if split is not None and graph is not None and is_rows_file(name, graph):
            self.gone.setdefault(graph, Counter())[split[0]] += 1

    def _json(self, name: str, text: str) -> bytes:
        """Return a JSON file without what goes; in reports the numbers follow."""
        content = self._sweep.matcher.scrubbed(json.loads(text))
        if name == REPORT_FILE:
            found = [
                result
                for result in content.get("results", [])
                if not self._sweep.iri_goes(str(result.get("focusNode")))
            ]
            counts = Counter(str(result.get("severity")) for result in found)
            content["results"] = found
            content["counts"] = {level: counts[level] for level in Severity if counts[level]}
            content["conforms"] = not counts[Severity.VIOLATION]
        return json.dumps(content, ensure_ascii=False, indent=2).encode()

    def described(self) -> Generation:
        """Return the description of the generation without what goes."""
        generation, scrubbed = self._sweep.generation, self._sweep.matcher.scrubbed
        counts = dict(scrubbed(generation.counts))
        if "records" in counts:
            lost: Counter[str] = sum(self.gone.values(), Counter())
            counts["records"] = _reduced(counts["records"], lost)
        return replace(
            generation,
            reason=scrubbed(generation.reason),
            graphs=tuple(self._graph(graph) for graph in self._sweep.graphs),
            counts=counts,
            files=scrubbed(dict(generation.files)),
            extra=scrubbed(dict(generation.extra)),
        )

    def _graph(self, graph: GraphInfo) -> GraphInfo:
        """Return the description of a graph without what goes."""
        info: dict[str, Any] = self._sweep.matcher.scrubbed(dict(graph.info))
        if isinstance(info.get("records"), dict) and graph.name in self.gone:
            info["records"] = _reduced(info["records"], self.gone[graph.name])
        return replace(graph, info=info)


def _reduced(records: dict[str, int], lost: Counter[str]) -> dict[str, int]:
    """Return numbers of records by sheet without those that are lost."""
    left = {sheet: max(number - lost[sheet], 0) for sheet, number in records.items()}
    return {sheet: number for sheet, number in left.items() if number}
