"""One run as one self-contained page: curves, parameters, notes, files, lineage; no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from whence.printing import write_number, write_size
from whence.showing.curves import draw_curve

_STYLE = """
body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:1180px;padding:0 1rem;color:#222}
h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .5rem;border-bottom:1px solid #ddd;padding-bottom:.2rem}
table{border-collapse:collapse}td,th{padding:.15rem 1rem .15rem 0;text-align:left;vertical-align:top;font-weight:normal}
th{color:#666}td.number{text-align:right;font-variant-numeric:tabular-nums}code{font-size:12px;word-break:break-all}
.curves{display:flex;flex-wrap:wrap;gap:12px}.curves svg path{fill:none;stroke:#3f7fbf;stroke-width:1.3}
.curves svg path.axis{stroke:#bbb;stroke-width:1}.curves svg circle{fill:#3f7fbf}
.curves text{font-size:10px;fill:#666}.curves text.name{font-size:12px;fill:#222}.curves text.end{text-anchor:end}
blockquote{margin:.6rem 0;padding:.1rem 1rem;border-left:3px solid #ccc;white-space:pre-wrap}
.small{color:#666;font-size:12px}.wide{overflow-x:auto}
"""


def write_page(run: dict[str, Any], curves: dict[str, list[tuple[int, Any]]], pictures: dict[str, str]) -> str:
    """Return the page of a run; `pictures` are SVG by their titles."""
    title = f"{run['experiment']['name']} #{run['number']} {run['name']}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        _write_facts(run),
        f"<p>{escape(run['description'])}</p>" if run["description"] else "",
        _section(
            "Curves", f'<div class="curves">{"".join(draw_curve(key, curves[key]) for key in curves)}</div>', curves
        ),
        _section("Metrics", _write_metrics(run["series"]["nodes"]), run["series"]["nodes"]),
        _section("Parameters", _write_pairs((one["key"], one["text"]) for one in run["params"]), run["params"]),
        _section("Tags", _write_pairs((one["key"], one["value"]) for one in run["tags"]), run["tags"]),
        _section("Notes", "".join(map(_write_note, run["notes"]["nodes"])), run["notes"]["nodes"]),
        _section("Files", _write_files(run["artifacts"]["nodes"]), run["artifacts"]["nodes"]),
        *(_section(name, f'<div class="wide">{svg}</div>', svg) for name, svg in pictures.items()),
    ]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n<body>\n'
        + "\n".join(part for part in parts if part)
        + "\n</body></html>\n"
    )


def _section(name: str, body: str, content: object) -> str:
    return f"<h2>{escape(name)}</h2>\n{body}" if content else ""


def _write_facts(run: dict[str, Any]) -> str:
    ended = f" to {run['endedAt'][:19].replace('T', ' ')}" if run["endedAt"] else ""
    said = [
        run["status"],
        run["kind"],
        f"{run['startedAt'][:19].replace('T', ' ')}{ended}",
        f"by {run['createdBy']}" if run["createdBy"] else "",
        f"on {run['host']}" if run["host"] else "",
    ]
    facts = " · ".join(escape(one) for one in said if one)
    return f'<p class="small">{facts}<br><code>{escape(run["uuid"])}</code></p>'


def _write_metrics(series: list[dict[str, Any]]) -> str:
    titles = ("metric", "last", "at step", "lowest", "highest", "best", "points")
    head = f"<tr>{''.join(f'<th>{title}</th>' for title in titles)}</tr>"
    rows = []
    for one in series:
        values = [
            one["last"]["value"],
            one["last"]["step"],
            *(None if one[name] is None else one[name]["value"] for name in ("min", "max", "best")),
            one["count"],
        ]
        cells = "".join(f'<td class="number">{escape(write_number(value))}</td>' for value in values)
        rows.append(f"<tr><td>{escape(one['key'])}</td>{cells}</tr>")
    return f"<table>{head}{''.join(rows)}</table>"


def _write_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{escape(key)}</th><td><code>{escape(value)}</code></td></tr>" for key, value in pairs)
    return f"<table>{rows}</table>"


def _write_note(note: dict[str, Any]) -> str:
    by = f" by {note['createdBy']}" if note["createdBy"] else ""
    when = note["createdAt"][:19].replace("T", " ")
    return f'<blockquote>{escape(note["text"])}<div class="small">{escape(when + by)}</div></blockquote>'


def _write_files(files: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td>{escape(one['path'])}</td><td class=number>{write_size(one['size'])}</td>"
        f"<td>{escape(one['mediaType'] or '')}</td>"
        f"<td><code>{escape(one['digest'] or one['uri'] or '')}</code></td></tr>"
        for one in files
    )
    return f"<table>{rows}</table>"
