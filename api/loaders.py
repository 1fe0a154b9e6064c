"""The loaders of one operation, each made when it is first asked for."""

from __future__ import annotations

from functools import cached_property

from api.artifacts.loaders import ArtifactCountLoader, ArtifactNamesLoader, ArtifactsOfLoader
from api.context import Context
from api.experiments.loaders import ExperimentLoader
from api.lineage.links import MomentLoader
from api.metrics.contexts import ContextsLoader
from api.metrics.loaders import DefinitionsLoader, SeriesCountLoader, SeriesLoader, SummariesLoader
from api.models.loaders import AliasesLoader, AliasTimesLoader, SameBytesLoader
from api.nodes.loaders import DeclaredSourcesLoader, NodeLoader, PurgedLoader
from api.notes.loaders import NoteCountLoader, NotesOnLoader
from api.parameters.loaders import ParametersLoader
from api.runs.attempts import AttemptsLoader
from api.runs.loaders import ChildCountLoader, ChildrenLoader, RunLoader
from api.tags.loaders import TagsLoader


class Loaders:
    """One loader a kind: what many fields of an answer ask for becomes one query."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @cached_property
    def nodes(self) -> NodeLoader:
        return NodeLoader(self._context)

    @cached_property
    def purged(self) -> PurgedLoader:
        return PurgedLoader(self._context)

    @cached_property
    def moments(self) -> MomentLoader:
        return MomentLoader(self._context)

    @cached_property
    def experiments(self) -> ExperimentLoader:
        return ExperimentLoader(self._context)

    @cached_property
    def runs(self) -> RunLoader:
        return RunLoader(self._context)

    @cached_property
    def children(self) -> ChildrenLoader:
        return ChildrenLoader(self._context)

    @cached_property
    def child_counts(self) -> ChildCountLoader:
        return ChildCountLoader(self._context)

    @cached_property
    def parameters(self) -> ParametersLoader:
        return ParametersLoader(self._context)

    @cached_property
    def tags(self) -> TagsLoader:
        return TagsLoader(self._context)

    @cached_property
    def attempts(self) -> AttemptsLoader:
        return AttemptsLoader(self._context)

    @cached_property
    def metric_contexts(self) -> ContextsLoader:
        return ContextsLoader(self._context)

    @cached_property
    def alias_times(self) -> AliasTimesLoader:
        return AliasTimesLoader(self._context)

    @cached_property
    def declared_sources(self) -> DeclaredSourcesLoader:
        return DeclaredSourcesLoader(self._context)

    @cached_property
    def summaries(self) -> SummariesLoader:
        return SummariesLoader(self._context)

    @cached_property
    def definitions(self) -> DefinitionsLoader:
        return DefinitionsLoader(self._context)

    @cached_property
    def series(self) -> SeriesLoader:
        return SeriesLoader(self._context)

    @cached_property
    def series_counts(self) -> SeriesCountLoader:
        return SeriesCountLoader(self._context)

    @cached_property
    def notes_on(self) -> NotesOnLoader:
        return NotesOnLoader(self._context)

    @cached_property
    def note_counts(self) -> NoteCountLoader:
        return NoteCountLoader(self._context)

    @cached_property
    def artifacts_of(self) -> ArtifactsOfLoader:
        return ArtifactsOfLoader(self._context)

    @cached_property
    def artifact_counts(self) -> ArtifactCountLoader:
        return ArtifactCountLoader(self._context)

    @cached_property
    def artifact_names(self) -> ArtifactNamesLoader:
        return ArtifactNamesLoader(self._context)

    @cached_property
    def aliases(self) -> AliasesLoader:
        return AliasesLoader(self._context)

    @cached_property
    def same_bytes(self) -> SameBytesLoader:
        return SameBytesLoader(self._context)
