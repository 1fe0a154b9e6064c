"""The type of the `info` argument of every resolver."""

from __future__ import annotations

from typing import TypeAlias

import strawberry

from api.context import Context

Info: TypeAlias = strawberry.Info[Context, None]
