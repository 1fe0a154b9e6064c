"""Parameters as clients write them: an object of JSON values, or a list that keeps each text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import strawberry

from api.mutating import OfRun
from api.scalars import JSONObject
from domain.errors import DomainError
from domain.parameters import Parameter, ParameterMode, ParameterType, check_parameters, make_parameter, parse_parameter

PARAMS = "Keys to values: numbers, texts, booleans, lists, objects. NaN is refused. At most 4,000 in a run."
PARAMETERS = "The long form, for a value whose text matters: `3e-4` stays `3e-4`."
MODE = "What to do with a parameter that the run has already."


@strawberry.input(description="A parameter whose text is kept as it was given.")
class ParameterInput:
    key: str = strawberry.field(description="1 to 500 characters.")
    type: ParameterType = strawberry.field(description="What the text means.")
    text: str = strawberry.field(description="The value as text, at most 64 KiB: `true`, `42`, `3e-4`, `[1, 2]`.")


@strawberry.input(description="Parameters of a run.")
class LogParamsInput(OfRun):
    params: JSONObject | None = strawberry.field(default=None, description=PARAMS)
    parameters: list[ParameterInput] | None = strawberry.field(default=None, description=PARAMETERS)
    mode: ParameterMode = strawberry.field(default=ParameterMode.SAME_OR_FAIL, description=MODE)


def read_parameters(
    params: Mapping[str, Any] | None, parameters: Sequence[ParameterInput] | None
) -> tuple[Parameter, ...]:
    """Return the parameters of an input. Raises `InvalidInput` with the field, `TooLarge`."""
    read = [parse_parameter(key, value, "params") for key, value in (params or {}).items()]
    for index, one in enumerate(parameters or ()):
        try:
            read.append(make_parameter(one.key, one.type, one.text))
        except DomainError as exc:
            raise exc.below("parameters", str(index)) from exc
    return check_parameters(read, "params")
