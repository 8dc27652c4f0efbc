"""One request meets the fault rules: what strikes it, what it shows instead, and what is written down of it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from starlette.responses import Response

from ftops.emulator import journal, shapes
from ftops.emulator.faults import Rule, Subject
from ftops.emulator.lens import Lens
from ftops.emulator.spoil import Late, Lost, body_fields, instead, spoil

if TYPE_CHECKING:
    from ftops.emulator.call import Call, Operation
    from ftops.emulator.world import World


@dataclasses.dataclass
class Incident:
    """What is known of a request by the time it is answered. `rule` is the one that struck it."""

    principal: str = ""
    rule: Rule | None = None


def serve(call: Call, operation: Operation, account: str, incident: Incident) -> Response:
    """The service's answer, unless a rule keeps the request from it."""
    faults = call.world.faults
    subject = Subject(
        "data" if call.data_account else "control",
        operation.name,
        account,
        operation.method,
        call.path,
        call.principal,
        {**call.upload.fields, "filename": call.upload.filename} if call.upload else body_fields(call.body),
    )
    incident.rule, fitting = faults.meet(subject)
    faults.note(fitting, incident.rule)
    if incident.rule and (answer := instead(incident.rule)):
        return answer
    if not operation.name.endswith((".list", ".list_by_group")):
        return shapes.disguise(call.world, operation.name, operation.handler(call))
    do = incident.rule.do if incident.rule else {}
    lens = shapes.lens(call.world, operation.name)
    if do.get("hide") or do.get("stale"):
        lens = dataclasses.replace(lens or Lens(call.world), hide=do.get("hide", 0.0), stale=do.get("stale", 0.0))
    call.world.store.lens = lens
    try:
        return shapes.disguise(call.world, operation.name, operation.handler(call))
    finally:
        call.world.store.lens = None


def close(world: World, incident: Incident, entry: journal.Entry, answer: Response) -> Response:
    """Write the request down and spoil its answer."""
    world.faults.flush()
    rule = incident.rule
    spoilt = spoil(rule, answer) if rule and rule.when == "after" else answer
    arrived = not isinstance(spoilt, Lost) or spoilt.arrives
    entry = entry._replace(
        principal=incident.principal,
        status=spoilt.status_code if arrived else 0,
        rule=rule.id if rule else "",
    )
    number = journal.add(world, entry)
    if entry.effect:
        journal.charge(world, number, entry.operation, entry.account, bytes(answer.body))
    return spoilt


def delayed(world: World, incident: Incident, answer: Response) -> Response:
    """Let the answer take its time: a manual clock moves on, another one is waited for."""
    seconds = float(incident.rule.do.get("latency", 0)) if incident.rule else 0.0
    clock = world.store.clock()
    if not seconds:
        return answer
    if clock.mode == "manual":
        world.move_to(clock.now() + seconds)
        return answer
    return Late(answer, seconds / clock.rate)
