"""Lists in blocks: whatever is added and taken out, each page is that of everything in order."""

import random

from kmgraph.listings.blocks import (
    BLOCK_ENTRIES,
    Blocks,
    counts_text,
    entry,
    in_blocks,
    iri_of,
    rank,
    read_counts,
)


def _built(lines: list[str]) -> Blocks:
    """Return blocks as they are written when a list is built."""
    stored = dict(enumerate(list(block) for block in in_blocks(sorted(lines, key=rank))))
    return Blocks({number: len(block) for number, block in stored.items()}, stored.__getitem__)


def _all(blocks: Blocks) -> list[str]:
    """Return all entries, a page of seventeen at a time."""
    pages = (blocks.page(start, 17) for start in range(0, blocks.total, 17))
    return [line for page in pages for line in page]


def _line(number: int, random_: random.Random) -> str:
    """Return an entry whose key is shared by many."""
    return entry([random_.choice(["", "Falls", "Stroke", "Étude"]), "x"], f"urn:{number}")


def test_built_at_once_and_one_by_one_give_the_same_pages() -> None:
    random_ = random.Random(6)
    lines = [_line(number, random_) for number in range(3 * BLOCK_ENTRIES)]
    grown = Blocks({}, lambda _: [])
    for line in lines:
        grown.add(line)
    assert _all(grown) == _all(_built(lines)) == sorted(lines, key=rank)
    assert max(grown.counts.values()) <= 2 * BLOCK_ENTRIES


def test_any_change_leaves_the_entries_in_order_and_the_counts_right() -> None:
    random_ = random.Random(7)
    held = {_line(number, random_) for number in range(700)}
    blocks = _built(list(held))
    for number in range(700, 1_500):
        if held and random_.random() < 0.6:
            gone = random_.choice(sorted(held))
            held.discard(gone)
            blocks.remove(gone)
        else:
            new = _line(number, random_)
            held.add(new)
            blocks.add(new)
    assert _all(blocks) == sorted(held, key=rank)
    assert blocks.total == len(held)
    assert read_counts(counts_text(blocks.counts.items())) == blocks.counts


def test_the_last_entry_that_goes_leaves_an_empty_list_that_takes_new_ones() -> None:
    blocks = _built([entry(["a"], "urn:1")])
    blocks.remove(entry(["a"], "urn:1"))
    assert (blocks.total, blocks.page(0, 5)) == (0, [])
    blocks.add(entry(["b"], "urn:2"))
    assert [iri_of(line) for line in blocks.page(0, 5)] == ["urn:2"]


def test_what_is_there_already_and_what_is_not_there_change_nothing() -> None:
    blocks = _built([entry(["a"], "urn:1"), entry(["c"], "urn:3")])
    blocks.add(entry(["a"], "urn:1"))
    blocks.remove(entry(["b"], "urn:2"))
    assert blocks.changed == {}


def test_a_page_beyond_the_end_is_empty() -> None:
    blocks = _built([entry([str(number)], f"urn:{number}") for number in range(600)])
    assert blocks.page(600, 20) == []
    assert len(blocks.page(590, 20)) == 10


def test_tabs_and_line_ends_in_a_name_do_not_break_an_entry() -> None:
    line = entry(["Falls\tand\nfractures"], "urn:1")
    assert rank(line) == ["Falls and fractures", "urn:1"]
