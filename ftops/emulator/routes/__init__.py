"""What the emulator serves. A new area of the service is a new module here and a name in a list below."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ftops.emulator.call import Operation
from ftops.emulator.routes import (
    accounts,
    checkpoints,
    control,
    copies,
    deployments,
    files,
    jobs,
    operations,
)

Table = list[tuple[re.Pattern[str], Operation]]


def _compiled(prefix: str, areas: Sequence[tuple[Operation, ...]], flags: int = 0) -> Table:
    table = []
    for operation in (operation for area in areas for operation in area):
        path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", (prefix + operation.path).replace(".", r"\."))
        table.append((re.compile(path, flags), operation))
    return table


DATA = _compiled("/openai/v1", [files.OPERATIONS, jobs.OPERATIONS, checkpoints.OPERATIONS, copies.OPERATIONS])
# Paths of the control plane are blind to letter case.
ARM = _compiled(
    "/subscriptions/{subscription}",
    [accounts.OPERATIONS, deployments.OPERATIONS, operations.OPERATIONS],
    re.IGNORECASE,
)
CONTROL = _compiled("/_emulator", [control.OPERATIONS])
