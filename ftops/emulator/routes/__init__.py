"""What the emulator serves. A new area of the service is a new module here and a name in a list below."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ftops.emulator.call import Operation
from ftops.emulator.routes import (
    accounts,
    chat,
    checkpoints,
    conditions,
    control,
    copies,
    deployments,
    faults,
    files,
    graders,
    jobs,
    models,
    offered,
    operations,
    pauses,
    uploads,
    usages,
)

Table = list[tuple[re.Pattern[str], Operation]]


def _compiled(prefix: str, areas: Sequence[tuple[Operation, ...]], flags: int = 0) -> Table:
    table = []
    for operation in (operation for area in areas for operation in area):
        path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", (prefix + operation.path).replace(".", r"\."))
        table.append((re.compile(path, flags), operation))
    return table


BOTH = [
    files.OPERATIONS,
    uploads.OPERATIONS,
    jobs.OPERATIONS,
    checkpoints.OPERATIONS,
    copies.OPERATIONS,
    graders.OPERATIONS,
]
DATA = _compiled("/openai/v1", [*BOTH, models.OPERATIONS, chat.OPERATIONS])
DATED = _compiled("/openai", [files.DATED, *BOTH, jobs.DATED, models.DATED, chat.DATED])
# Paths of the control plane are blind to letter case.
ARM = _compiled(
    "/subscriptions/{subscription}",
    [
        accounts.OPERATIONS,
        deployments.OPERATIONS,
        operations.OPERATIONS,
        usages.OPERATIONS,
        offered.OPERATIONS,
        pauses.OPERATIONS,
    ],
    re.IGNORECASE,
)
CONTROL = _compiled("/_emulator", [control.OPERATIONS, conditions.OPERATIONS, faults.OPERATIONS])
