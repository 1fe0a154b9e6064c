"""An answer as W3C PROV-JSON: versions, code and environments are entities, runs and Evaluations activities.

The mapping of edges is a rename; see https://www.w3.org/submissions/prov-json/ for the form.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from domain.ids import NodeKind
from domain.lineage.kinds import EdgeKind
from domain.lineage.links import Link
from domain.lineage.showing import Shown

NAMESPACE = "urn:whence:node:"
VOCABULARY = "urn:whence:"
_ACTIVITIES = frozenset({NodeKind.RUN, NodeKind.EVALUATION})

RELATIONS: dict[EdgeKind, tuple[str, str, str]] = {
    EdgeKind.USED: ("used", "prov:entity", "prov:activity"),
    EdgeKind.GENERATED: ("wasGeneratedBy", "prov:activity", "prov:entity"),
    EdgeKind.DERIVED: ("wasDerivedFrom", "prov:usedEntity", "prov:generatedEntity"),
    EdgeKind.REGISTERED_AS: ("wasDerivedFrom", "prov:usedEntity", "prov:generatedEntity"),
    EdgeKind.DEPLOYED_AS: ("wasDerivedFrom", "prov:usedEntity", "prov:generatedEntity"),
    EdgeKind.REVISION_OF: ("wasDerivedFrom", "prov:usedEntity", "prov:generatedEntity"),
    EdgeKind.PART_OF: ("hadMember", "prov:entity", "prov:collection"),
    EdgeKind.VERSION_OF: ("specializationOf", "prov:specificEntity", "prov:generalEntity"),
    EdgeKind.SAME_CONTENT: ("alternateOf", "prov:alternate1", "prov:alternate2"),
    EdgeKind.CONTINUED_AS: ("wasInformedBy", "prov:informant", "prov:informed"),
    EdgeKind.MEASURED_IN: ("wasInformedBy", "prov:informant", "prov:informed"),
    EdgeKind.CALLED: ("wasInformedBy", "prov:informant", "prov:informed"),
    EdgeKind.RAN_CODE: ("used", "prov:entity", "prov:activity"),
    EdgeKind.RAN_IN: ("used", "prov:entity", "prov:activity"),
}
"""The relation of each kind of edge, and what it calls the edge's source and its target."""

_BARE = frozenset({"hadMember", "specializationOf", "alternateOf"})
"""Relations that PROV gives no attributes of their own."""


def make_prov(nodes: Sequence[Shown], links: Iterable[Link]) -> dict[str, Any]:
    """Return a PROV-JSON document; links with an end that is not among the nodes are left out."""
    names = {node.key: f"node:{node.id}" for node in nodes}
    made: dict[str, Any] = {"prefix": {"node": NAMESPACE, "whence": VOCABULARY}}
    for node in nodes:
        section = "activity" if node.key.kind in _ACTIVITIES else "entity"
        made.setdefault(section, {})[names[node.key]] = _describe(node)
    for link in links:
        if link.source in names and link.target in names:
            relation, source, target = RELATIONS[link.kind]
            said: dict[str, Any] = {source: names[link.source], target: names[link.target]}
            made.setdefault(relation, {})[f"_:{link.id.hex}"] = said | _qualify(relation, link)
    return made


def _describe(node: Shown) -> dict[str, Any]:
    described: dict[str, Any] = {"prov:label": node.label, "prov:type": _qualified(node.key.kind.name)}
    for name, value in node.attributes.items():
        if name == "started_at" and node.key.kind in _ACTIVITIES:
            described["prov:startTime"] = _moment(value)
        elif name == "ended_at" and node.key.kind in _ACTIVITIES:
            described["prov:endTime"] = _moment(value)
        elif name == "location":
            described["prov:location"] = value
        else:
            described[f"whence:{name}"] = _moment(value) if isinstance(value, datetime) else value
    if node.deleted:
        described["whence:deleted"] = True
    return described


def _qualify(relation: str, link: Link) -> dict[str, Any]:
    if relation in _BARE:
        return {}
    said: dict[str, Any] = {"whence:kind": link.kind.name}
    if link.role is not None:
        said["prov:role"] = link.role.name.lower()
    if link.subset is not None:
        said["whence:subset"] = link.subset
    if link.kind is EdgeKind.REVISION_OF:
        said["prov:type"] = {"$": "prov:Revision", "type": "prov:QUALIFIED_NAME"}
    if link.inferred:
        said["whence:inferred"] = True
    return said


def _qualified(name: str) -> dict[str, str]:
    return {"$": f"whence:{name.title().replace('_', '')}", "type": "prov:QUALIFIED_NAME"}


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
