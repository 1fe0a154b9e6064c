"""Tags: one text a key, on runs and experiments."""

from __future__ import annotations

import strawberry


@strawberry.type(description="A key and its text, on a run or an experiment.")
class Tag:
    key: str = strawberry.field(description="1 to 500 characters; one value a key.")
    value: str = strawberry.field(description="At most 64 KiB of UTF-8.")
