"""A graph as an SVG picture: boxes by kind, arrows with their roles, nothing that needs a font or file of its own."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from whence.lineage.graphs import Arrow, Graph, Node
from whence.lineage.layout import Layout, lay_out

ROW, GAP, MARGIN, HEIGHT = 58, 96, 24, 36
"""Pixels: between two rows, between two layers, around the picture, of a box."""
LONGEST = 34
"""Characters of a label; the middle of a longer one is left out, and its whole is shown by the mouse."""
_WIDTH = 6.6
"""Pixels of a character at 11 px, on the wide side: boxes must hold their text in every font."""

FILLS = {
    "Run": ("#e8f1fb", "#3f7fbf"),
    "Evaluation": ("#eef4e4", "#7d9a3c"),
    "DatasetVersion": ("#e4f5ec", "#2f8f62"),
    "FeatureViewVersion": ("#e4f5ec", "#2f8f62"),
    "ArtifactVersion": ("#fdf5dc", "#b08a1e"),
    "ModelVersion": ("#f4e8fa", "#8a4fb0"),
    "DeploymentRevision": ("#fbe7e4", "#c0513f"),
}
_OTHER = ("#f2f2f2", "#777777")

_STYLE = (
    "text{font-family:system-ui,sans-serif;font-size:11px;fill:#222}"
    ".kind{font-size:9px;fill:#666}.role{font-size:9px;fill:#555;paint-order:stroke;stroke:#fff;stroke-width:3px}"
    "path{fill:none;stroke:#8a8a8a;stroke-width:1.2}.inferred{stroke-dasharray:4 3}"
)


def draw_picture(graph: Graph, *, title: str) -> str:
    """Return the graph as SVG."""
    layout = lay_out(graph)
    widths = [
        max((_width(graph.nodes[item]) for item in layer if item in graph.nodes), default=8) for layer in layout.layers
    ]
    lefts = [MARGIN + sum(widths[:number]) + number * GAP for number in range(len(widths))]
    places = _Places(layout, lefts, widths)
    width = MARGIN * 2 + sum(widths) + GAP * max(len(widths) - 1, 0)
    height = MARGIN * 2 + HEIGHT + ROW * max(layout.rows.values(), default=0)
    ends = [(arrow, graph.nodes[arrow.source], graph.nodes[arrow.target]) for arrow in graph.arrows]
    body = [_draw_arrow(arrow, places.way(arrow, source, target)) for arrow, source, target in ends]
    body += [_draw_node(node, places) for node in graph.nodes.values()]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n"
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" style="fill:#8a8a8a;stroke:none"/></marker></defs>\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{"".join(body)}</svg>\n'
    )


class _Places:
    """From layers and rows to pixels."""

    def __init__(self, layout: Layout, lefts: list[float], widths: list[float]) -> None:
        self._layout = layout
        self._layers = layout.layer_of
        self._lefts = lefts
        self._widths = widths

    def box(self, node: Node) -> tuple[float, float, float]:
        """Return left, top and width of a node's box, in the middle of its layer."""
        layer = self._layers[node.id]
        width = _width(node)
        left = self._lefts[layer] + (self._widths[layer] - width) / 2
        return left, MARGIN + ROW * self._layout.rows[node.id], width

    def way(self, arrow: Arrow, source: Node, target: Node) -> list[tuple[float, float]]:
        """Return the points that an arrow goes through, from box to box."""
        if (arrow.source, arrow.target) in self._layout.bends or arrow.source == arrow.target:
            return self._forward(source, target, self._layout.bends.get((arrow.source, arrow.target), []))
        return self._forward(target, source, self._layout.bends[arrow.target, arrow.source])[::-1]

    def _forward(self, source: Node, target: Node, bends: list[str]) -> list[tuple[float, float]]:
        left, top, width = self.box(source)
        end_left, end_top, _ = self.box(target)
        points = [(left + width, top + HEIGHT / 2)]
        for bend in bends:
            layer = self._layers[bend]
            row = MARGIN + ROW * self._layout.rows[bend] + HEIGHT / 2
            points += [(self._lefts[layer], row), (self._lefts[layer] + self._widths[layer], row)]
        return [*points, (end_left, end_top + HEIGHT / 2)]


def _draw_node(node: Node, places: _Places) -> str:
    left, top, width = places.box(node)
    fill, line = FILLS.get(node.kind, _OTHER)
    dashed = ' stroke-dasharray="4 3"' if node.deleted else ""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in node.kind).strip()
    gone = ", deleted" if node.deleted else ""
    middle = f'x="{left + width / 2:.1f}" text-anchor="middle"'
    return (
        f"<g><title>{escape(node.label)}</title>"
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{HEIGHT}" rx="6" '
        f"fill={quoteattr(fill)} stroke={quoteattr(line)}{dashed}/>"
        f'<text {middle} y="{top + 16:.1f}">{escape(shorten(node.label))}</text>'
        f'<text class="kind" {middle} y="{top + 29:.1f}">{words}{gone}</text></g>\n'
    )


def _draw_arrow(arrow: Arrow, way: list[tuple[float, float]]) -> str:
    (x, y), *rest = way
    path = f"M{x:.1f} {y:.1f}"
    for next_x, next_y in rest:
        middle = (x + next_x) / 2
        path += f"C{middle:.1f} {y:.1f} {middle:.1f} {next_y:.1f} {next_x:.1f} {next_y:.1f}"
        x, y = next_x, next_y
    (first_x, first_y), (second_x, second_y) = way[:2]
    dashed = ' class="inferred"' if arrow.inferred else ""
    return (
        f'<path d="{path}"{dashed} marker-end="url(#arrow)"/>'
        f'<text class="role" x="{(first_x + second_x) / 2:.1f}" y="{(first_y + second_y) / 2 - 3:.1f}" '
        f'text-anchor="middle">{escape(arrow.label)}</text>\n'
    )


def shorten(label: str) -> str:
    """Return a label that fits a box: the middle of a long one is left out, its end says most."""
    if len(label) <= LONGEST:
        return label
    head = LONGEST // 3
    return f"{label[:head]}…{label[-(LONGEST - head - 1) :]}"


def _width(node: Node) -> float:
    return max(len(shorten(node.label)), len(node.kind) + 2, 8) * _WIDTH + 20
