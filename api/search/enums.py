"""The enums of search as clients see them."""

from __future__ import annotations

from api.enums import expose
from domain.search.aggregates import Function
from domain.search.answers import Reason, SuggestionKind
from domain.search.documents import DocumentKind, TextField
from domain.search.questions import Dimension, Interval

__all__ = ["Dimension", "DocumentKind", "Function", "Interval", "Reason", "SuggestionKind", "TextField"]

expose(
    DocumentKind,
    "What search finds.",
    {
        "NOTE": "A note, with the dimensions of what it stands on.",
        "RUN": "A run; groups and sweeps too.",
        "EXPERIMENT": "An experiment.",
        "DATASET": "A dataset by its name.",
        "MODEL": "A registered model by its name.",
        "ARTIFACT": "A file of a run, with the run's dimensions.",
    },
    name="SearchKind",
)
expose(
    TextField,
    "Where a text stands.",
    {
        "TEXT": "What is written in a note.",
        "NAME": "The name.",
        "DESCRIPTION": "The description.",
        "TAG": "The value of a tag.",
        "TAG_KEY": "The key of a tag.",
        "PARAM_KEY": "The key of a parameter.",
        "PARAM": "The text of a parameter.",
        "NAMESPACE": "The namespace of a dataset.",
        "PATH": "The path of an artifact.",
    },
)
expose(
    Dimension,
    "What hits and runs are counted by.",
    {
        "TAG": "The text of a tag; takes a key.",
        "PARAM": "The value of a parameter; takes a key. 1 and 1.0 are one value.",
        "EXPERIMENT": "The experiment's name.",
        "STATUS": "The run's status.",
        "KIND": "The run's kind.",
        "CREATED_BY": "Who made it; of a note, who wrote it.",
        "HOST": "The machine.",
        "OWNER": "Who answers for it.",
        "DATASET": "Each dataset that the run read or wrote, as `namespace/name`.",
        "COMMIT": "Each commit that the run ran.",
        "ENVIRONMENT": "Each digest of its environment.",
        "CREATED_AT": "When it was recorded; takes an interval.",
        "STARTED_AT": "When the run started; takes an interval.",
        "ENDED_AT": "When the run ended; takes an interval.",
    },
)
expose(
    Interval,
    "How long a bucket of dates is, by the calendar of its time zone.",
    {
        "HOUR": "An hour.",
        "DAY": "A day.",
        "WEEK": "A week, from Monday on.",
        "MONTH": "A month.",
        "QUARTER": "A quarter.",
        "YEAR": "A year.",
    },
)
expose(
    Reason,
    "Why an answer of search may miss something.",
    {
        "SCOPE_CUT": "The walk of lineage brought not all that lies in the scope.",
        "METRICS_IN_RECORD_ONLY": "Some runs have more series than the index holds; those beyond were not looked at.",
        "BUCKETS_CUT": "There are more groups than were asked for.",
        "PREFIX_CUT": "The start of a word stands for more words than the engine takes.",
        "HITS_CUT": "Only the first hits were ranked.",
    },
    name="SearchReason",
)
expose(
    SuggestionKind,
    "What can be suggested.",
    {
        "PARAM_KEY": "The key of a parameter.",
        "METRIC_KEY": "The key of a metric.",
        "TAG_KEY": "The key of a tag.",
        "TAG_VALUE": "The text of a tag.",
        "NAME": "The name of a run, an experiment, a dataset or a model.",
    },
)
expose(
    Function,
    "What is computed of the finite numbers of a group.",
    {
        "COUNT": "How many there are.",
        "MEAN": "Their arithmetic mean.",
        "MIN": "The least.",
        "MAX": "The greatest.",
        "STDDEV": "The standard deviation of the sample: divided by n - 1; null for fewer than two.",
        **{
            f"P{n}": f"The percentile {n}, interpolated linearly between the two nearest numbers."
            for n in (5, 25, 50, 75, 90, 95, 99)
        },
    },
    name="MeasureFunction",
)
