"""From nodes and links of lineage to import lines: what runs used and made, versions, names, deployments."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

Line = dict[str, Any]
EDGES_PER_LINE = 500
_AS_EDGES = frozenset({"USED", "GENERATED", "DERIVED", "CONTINUED_AS"})
_FACTS = (
    "digest",
    "location",
    "size",
    "mediaType",
    "splits",
    "stage",
    "happenedAt",
    "owner",
    "description",
    "availability",
)
_EDGE_FIELDS = ("role", "subset", "origin", "producer", "heldFrom", "heldTo", "step", "mode", "range", "evidence")


@dataclass
class Surroundings:
    """The lineage of an experiment's runs: nodes by global id, and links."""

    nodes: dict[str, Line] = field(default_factory=dict)
    links: list[Line] = field(default_factory=list)
    left_out: int = 0
    """Edges that no line can say: to runs of other experiments, of feature views."""

    def add(self, nodes: list[Line], links: list[Line]) -> None:
        self.nodes |= {node["id"]: node for node in nodes}
        known = {(link["kind"], link["source"]["id"], link["target"]["id"]) for link in self.links}
        self.links += [
            link for link in links if (link["kind"], link["source"]["id"], link["target"]["id"]) not in known
        ]

    def list_evaluations(self) -> list[str]:
        """Return the global ids of evaluations."""
        return [node["id"] for node in self.nodes.values() if node["__typename"] == "Evaluation"]

    def find_code(self, run: str) -> tuple[Line | None, Line | None]:
        """Return code and environment of a run as its line has them."""
        code = around = None
        for link, edge in self._edges("RAN_CODE", "RAN_IN"):
            if self._run_of(link["target"]["id"]) != run:
                continue
            node = self.nodes[link["source"]["id"]]
            held = {
                name: value for name, value in node.items() if name not in ("__typename", "id") and value is not None
            }
            if link["kind"] == "RAN_IN":
                around = held
            else:
                code = held | {name: edge[name] for name in ("path", "entryPoint") if edge[name] is not None}
        return code, around

    def find_roles(self, run: str) -> dict[str, str]:
        """Return the roles of files that a run logged, by their places."""
        return {
            self.nodes[link["target"]["id"]]["uri"]: edge["role"]
            for link, edge in self._edges("GENERATED")
            if edge["origin"] == "OBSERVED"
            and self._run_of(link["source"]["id"]) == run
            and self.nodes[link["target"]["id"]]["__typename"] == "ArtifactVersion"
        }

    def make_lines(self, runs: Collection[str], logged: Collection[tuple[str, str]]) -> Iterator[Line]:
        """Give all lines but those of runs. `logged`: files by run and place, whose edges the runs' lines make."""
        yield from _sort(filter(None, map(_describe, self.nodes.values())))
        yield from _sort(self._make_sources(runs))
        edges = _sort(self._make_edges(runs, logged))
        for start in range(0, len(edges), EDGES_PER_LINE):
            yield {"kind": "lineage", "edges": edges[start : start + EDGES_PER_LINE]}
        yield from _sort(self._make_registrations())
        yield from _sort(self._make_aliases())
        yield from self._make_deployments()

    def _make_edges(self, runs: Collection[str], logged: Collection[tuple[str, str]]) -> Iterator[Line]:
        for link, edge in self._edges(*_AS_EDGES):
            ends = [self.nodes.get(link[end]["id"]) for end in ("source", "target")]
            source, target = (None if end is None else self._refer(end, runs) for end in ends)
            if source is None or target is None:
                self.left_out += 1
                continue
            is_logged = (str(source.get("run")), str(target.get("uri"))) in logged
            if link["kind"] == "GENERATED" and edge["origin"] == "OBSERVED" and is_logged:
                continue
            told = {name: edge[name] for name in _EDGE_FIELDS if edge[name] not in (None, "")}
            yield {"kind": link["kind"], "source": source, "target": target} | told

    def _make_registrations(self) -> Iterator[Line]:
        for link, _ in self._edges("REGISTERED_AS"):
            file, version = self.nodes.get(link["source"]["id"]), self.nodes.get(link["target"]["id"])
            if file is None or version is None or "uri" not in file:
                continue
            line = {"kind": "register", "name": version["model"]["name"], "registry": version["model"]["registry"]}
            line |= {"version": version["name"], "artifact": {"uri": file["uri"]}}
            yield line | ({} if version["happenedAt"] is None else {"at": version["happenedAt"]})

    def _make_sources(self, runs: Collection[str]) -> Iterator[Line]:
        for node in self.nodes.values():
            reference = self._refer(node, runs) if node.get("declaredSource") else None
            if reference is not None:
                yield {"kind": "source", "node": reference}

    def _make_aliases(self) -> Iterator[Line]:
        """Give what aliases meant and when; of a version that is not of this experiment: nothing."""
        versions = [node for node in self.nodes.values() if node["__typename"] == "ModelVersion"]
        known = {(node["model"]["registry"], node["model"]["name"], node["name"]) for node in versions}
        for model in (node["model"] for node in versions):
            named = {"name": model["name"], "registry": model["registry"]}
            for time in model["aliasTimes"]:
                is_known = (model["registry"], model["name"], time["version"]) in known
                version = time["version"] if is_known else None
                yield {"kind": "alias", **named, "alias": time["alias"], "version": version, "at": time["heldFrom"]}

    def _make_deployments(self) -> Iterator[Line]:
        """Give the lines of deployments in the order in which they happened."""
        serves: dict[str, list[Line]] = {}
        for link, _ in self._edges("DEPLOYED_AS"):
            reference = self._refer(self.nodes[link["source"]["id"]], ())
            if reference is not None:
                serves.setdefault(link["target"]["id"], []).append(reference)
        lines = []
        for revision, served in serves.items():
            node = self.nodes[revision]
            place = {**node["deployment"], "revision": node["name"]}
            begun = {"kind": "deploy", **place, "serves": _sort(served)}
            lines.append(begun | ({} if node["startedAt"] is None else {"at": node["startedAt"]}))
            if node["endedAt"] is not None:
                lines.append({"kind": "undeploy", **place, "at": node["endedAt"]})
        yield from sorted(_sort(lines), key=lambda line: line.get("at", ""))

    def _edges(self, *kinds: str) -> Iterator[tuple[Line, Line]]:
        for link in self.links:
            if link["kind"] in kinds:
                for edge in link["edges"]:
                    if edge["origin"] != "INFERRED":
                        yield link, edge

    def _run_of(self, id: str) -> str | None:
        node = self.nodes.get(id, {})
        held = node.get("run") or node
        return held.get("uuid")

    def _refer(self, node: Line, runs: Collection[str]) -> Line | None:
        """Return a reference that means the same in another service; None for what has none."""
        kind = node["__typename"]
        if kind in ("Run", "Evaluation"):
            run = self._run_of(node["id"])
            return {"run": run} if run in runs else None
        return refer(node)


def refer(node: Line) -> Line | None:
    """Return the natural key of a version, or the run."""
    kind = node["__typename"]
    if kind == "DatasetVersion":
        return {"dataset": {**node["dataset"], "version": node["name"]}}
    if kind == "ModelVersion":
        registry, name = node["model"]["registry"], node["model"]["name"]
        return {"model": {"registry": registry, "name": name, "version": node["name"]}}
    return {"uri": node["uri"]} if kind == "ArtifactVersion" else None


def _describe(node: Line) -> Line | None:
    reference = refer(node)
    facts = {name: node[name] for name in _FACTS if node.get(name) not in (None, [])}
    if reference is None or not facts or node["placeholder"]:
        return None
    if "availability" in facts:
        facts["availability"] = {name: told for name, told in facts["availability"].items() if told is not None}
    return {"kind": "describe", "node": reference, "facts": facts}


def _sort(lines: Any) -> list[Line]:
    """Return lines in an order that only their words decide, each once."""
    return [msgspec.json.decode(raw) for raw in sorted({msgspec.json.encode(line) for line in lines})]
