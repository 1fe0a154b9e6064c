"""Parameters: typed values of a run, with the text they were given as."""

from __future__ import annotations

import strawberry

from api.enums import expose
from api.scalars import JSON, DateTime
from domain.parameters import ParameterMode, ParameterType

expose(
    ParameterType,
    "The type of a parameter's value.",
    {
        "BOOL": "true or false.",
        "INT": "A whole number from -2^63 to 2^63 - 1.",
        "FLOAT": "A double; infinities are taken, NaN is not.",
        "STRING": "Text.",
        "JSON": "A list or an object.",
    },
)
expose(
    ParameterMode,
    "What to do with a parameter that the run has already.",
    {
        "IF_ABSENT": "Keep the value that is there.",
        "SAME_OR_FAIL": "Refuse another value with CONFLICT.",
        "REPLACE": "Take the new value; the former one stays in the run's history.",
    },
)


@strawberry.type(description="A value of a run's configuration under its key.")
class Parameter:
    key: str = strawberry.field(description="1 to 500 characters.")
    type: ParameterType = strawberry.field(description="The type of the value.")
    value: JSON | None = strawberry.field(description='The value. An infinity is "Infinity" or "-Infinity".')
    text: str = strawberry.field(description="The text it was given as, else canonical JSON (RFC 8785).")


@strawberry.type(description="A value that a parameter had until it was replaced.")
class FormerParameter:
    key: str = strawberry.field(description="1 to 500 characters.")
    type: ParameterType = strawberry.field(description="The type of the value.")
    value: JSON | None = strawberry.field(description="The value that was replaced.")
    text: str = strawberry.field(description="The text it was given as.")
    replaced_at: DateTime = strawberry.field(description="When another value took its place.")
