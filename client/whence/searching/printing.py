"""Hits as a table that fits the terminal, as plain columns for programs, or as JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from whence.run_table.tables import show
from whence.searching.facets import Facet
from whence.searching.reading import Found, find_name

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MARK = "bold yellow"
KIND_WIDTH = len("experiment")
NAME_WIDTH = 36
GAPS = 4
"""Blanks between the three columns."""
LINES = 3
"""Pieces of one hit that are shown."""

PLACES = {
    "DESCRIPTION": "description: ",
    "TAG": "tag.{key}: ",
    "TAG_KEY": "tag.",
    "PARAM": "param.{key}: ",
    "PARAM_KEY": "param.",
}
"""What stands before a piece; one of a note's text or of a name stands by itself."""

Hit = dict[str, Any]


def print_table(found: Found, *, console: Console | None = None) -> None:
    """Print a table no wider than the terminal, what was looked for marked, and how many hits there are."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = console or Console(file=sys.stdout)
    names = [show(find_name(hit["node"])) for hit in found.hits]
    name_width = min(max(map(len, names), default=0), NAME_WIDTH, out.width // 3)
    # Widths that fit together: left to itself, the table would cut the kind before the text.
    table = Table(box=None, show_header=False, pad_edge=False)
    for width in (KIND_WIDTH, name_width, max(1, out.width - KIND_WIDTH - name_width - GAPS)):
        table.add_column(no_wrap=True, overflow="ellipsis", width=width)
    for hit, called in zip(found.hits, names, strict=True):
        node = hit["node"]
        for number, line in enumerate(_draw_lines(hit) or [_draw_beginning(node)]):
            kind, name = (node["__typename"].lower(), called) if number == 0 else ("", "")
            table.add_row(Text(kind, style="dim"), Text(name, style="bold"), line)
    if found.hits:
        out.print(table)
    out.print(Text(f"{len(found.hits)} of {found.total} hits"), highlight=False)


def print_plain(found: Found) -> None:
    """Print a line a hit, with tabs between: kind, id, name, the pieces that show what was looked for."""
    for hit in found.hits:
        node = hit["node"]
        pieces = " ... ".join(_flatten(one["text"]) for one in _list_fragments(hit))
        print("\t".join([node["__typename"].lower(), node["id"], show(find_name(node)), pieces]))


def print_json(found: Found, facets: Sequence[Facet]) -> None:
    """Print one object a line: the hits, then the facets by their names."""
    for hit in found.hits:
        print(msgspec.json.encode(hit).decode())
    for facet, counts in zip(facets, found.answer["facets"], strict=True):
        print(msgspec.json.encode({"facet": facet.title, **counts}).decode())


def print_facets(found: Found, facets: Sequence[Facet]) -> None:
    """Print a line a facet: its values with their counts, those left out and those without in parentheses."""
    for facet, counts in zip(facets, found.answer["facets"], strict=True):
        told = [f"{show(one['value'])} {one['count']}" for one in counts["buckets"]]
        told += [f"({counts['other']} in others)"] if counts["other"] else []
        told += [f"({counts['missing']} without)"] if counts["missing"] else []
        print(f"{show(facet.title)}: {', '.join(told) or 'none'}{'' if counts['exact'] else ' (at least)'}")


def tell_limits(found: Found) -> list[str]:
    """Return what a reader must know of the answer: a typo, that it was cut, that it is behind."""
    answer = found.answer
    lines = [f"did you mean: {show(answer['didYouMean'])}"] if answer["didYouMean"] else []
    if not answer["completeness"]["complete"]:
        reasons = ", ".join(reason.lower().replace("_", " ") for reason in answer["completeness"]["reasons"])
        lines.append(f"this may not be all of it ({reasons})")
    lag = answer["freshness"]["lagSeconds"]
    if lag >= 1:
        lines.append(f"the index is {lag:.0f} s behind the record")
    return lines


def _draw_lines(hit: Hit) -> list[Text]:
    """Return the pieces of a hit with marks, each piece once, with the place where it stands."""
    drawn: dict[str, Text] = {}
    for highlight in hit["highlights"]:
        place = PLACES.get(highlight["field"], "").format(key=show(highlight["key"]))
        for fragment in highlight["fragments"]:
            drawn.setdefault(fragment["text"], _draw(place, fragment))
    return list(drawn.values())[:LINES]


def _draw(place: str, fragment: dict[str, Any]) -> Text:
    """Return a piece with its marks, from a little before the first of them."""
    from rich.text import Text

    text, drawn, at = fragment["text"], Text(no_wrap=True, overflow="ellipsis"), 0
    drawn.append(place, style="dim")
    first = fragment["marks"][0]["start"] if fragment["marks"] else 0
    if first > 24:  # a narrow terminal cuts the end: the first mark must not be there
        at = text.rfind(" ", 0, first - 12) + 1
        drawn.append("... ")
    for mark in fragment["marks"]:
        drawn.append(_flatten(text[at : mark["start"]]))
        drawn.append(_flatten(text[mark["start"] : mark["end"]]), style=MARK)
        at = mark["end"]
    drawn.append(_flatten(text[at:]))
    return drawn


def _draw_beginning(node: dict[str, Any]) -> Text:
    from rich.text import Text

    return Text(_flatten(str(node.get("text", ""))[:400]), style="dim", no_wrap=True, overflow="ellipsis")


def _list_fragments(hit: Hit) -> list[dict[str, Any]]:
    """Return the pieces of all texts of a hit."""
    return [fragment for highlight in hit["highlights"] for fragment in highlight["fragments"]]


def _flatten(text: str) -> str:
    """Return a text on one line, with what would move the cursor escaped; blanks at its ends stay."""
    return show(text.replace("\r\n", " ").replace("\n", " ").replace("\t", " "))
