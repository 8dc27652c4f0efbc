"""State faults: rules that change what becomes of the objects, not what a single answer says.

job-fails          at `step`, with `code` and `message`
job-paused         by the service at `step`: a pre-empted developer job goes on after `resume_after` seconds, one that
                   has spent its budget only when it is resumed (both documented; the moments are invented)
stuck              an object of `kind` stays in `state` until the fault is dropped
data-unsafe        the data check fails for `harms`; model-unsafe does so for the finished model
import-fails       a file ends as `error`
deployment-fails   the operation ends as `Failed`, and so does the deployment
deployment-unready `Succeeded`, but not answering yet
lock-lingers       the account stays locked for `seconds` after an operation (reports in public trackers)
no-capacity        a deployment that needs more capacity is refused
copy-fails         a copy ends as `Failed`
unreachable        no connection to the account, in either plane
role-removed       403 for `principal` (everybody without it)
key-rotated        the account's key is no longer good; `key` is, if given

Every rule can name an `account` and, by `match`, fields of the object as clients see it (`suffix`, for instance).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftops.emulator.errors import EmulatorError
from ftops.emulator.faults import Rule, fields_fit
from ftops.emulator.store import Document, Due

if TYPE_CHECKING:
    from ftops.emulator.world import World

PARAMETERS: dict[str, tuple[str, ...]] = {
    "job-fails": ("step", "code", "message"),
    "job-paused": ("step", "resume_after"),
    "stuck": ("kind", "state"),
    "data-unsafe": ("harms",),
    "model-unsafe": ("harms",),
    "import-fails": (),
    "deployment-fails": ("code", "message"),
    "deployment-unready": (),
    "lock-lingers": ("seconds",),
    "no-capacity": (),
    "copy-fails": (),
    "unreachable": (),
    "role-removed": ("principal",),
    "key-rotated": ("key",),
}
NUMBERS = ("step", "seconds", "resume_after")
AT_STEP = {"job-fails": "fail", "job-paused": "preempt"}
HELD = ""
"""Instead of a state: the event is swallowed and the object stays where it is."""


def check(state: Mapping[str, Any]) -> None:
    """Raises EmulatorError for what no state fault has."""
    what = state.get("what")
    if what not in PARAMETERS:
        raise EmulatorError(f"there is no state fault `{what}`, only {', '.join(PARAMETERS)}")
    if unknown := sorted(set(state) - {"what", "account", "match", *PARAMETERS[what]}):
        raise EmulatorError(f"the state fault `{what}` has no {', '.join(f'`{name}`' for name in unknown)}")
    if what == "stuck" and not (state.get("kind") and state.get("state")):
        raise EmulatorError("the state fault `stuck` needs `kind` and `state`")
    for name in NUMBERS:
        value = state.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
            raise EmulatorError(f"`{name}` is not a number from 0 up")
    if not isinstance(state.get("match", {}), Mapping):
        raise EmulatorError("`match` is not an object")


def fitting(world: World, what: str, account: str, wire: Mapping[str, Any]) -> list[Rule]:
    """The rules of this sort that are about this object, in their order."""
    return [
        rule
        for rule in world.faults.rules()
        if rule.state.get("what") == what
        and rule.state.get("account") in (None, account)
        and fields_fit(rule.state.get("match", {}), wire)
    ]


def strike(world: World, what: str, account: str, wire: Mapping[str, Any] | None = None) -> Mapping[str, Any] | None:
    """The parameters of the rule that hits this case, which is counted with that."""
    for rule in fitting(world, what, account, wire or {}):
        hit = world.faults.strikes(rule)
        world.faults.count([rule], rule if hit else None)
        if hit:
            return rule.state
    return None


def meets(world: World, what: str, account: str, wire: Mapping[str, Any] | None = None) -> Rule | None:
    """Like `strike`, where a request looks at a condition: nothing is written, so nothing is counted."""
    return next((rule for rule in fitting(world, what, account, wire or {}) if world.faults.strikes(rule)), None)


def begin(world: World, rule: Rule) -> None:
    """A new rule also concerns jobs that train already."""
    if rule.state.get("what") in AT_STEP:
        for account in world.store.accounts():
            for job in world.store.documents("job", account.name, states=("training",)):
                arm(world, job)


def arm(world: World, document: Document) -> None:
    """Set the timers that rules add to those of a state: the moment of a step, the end of a pre-emption."""
    if document.kind != "job":
        return
    if document.state == "paused" and document.hidden.get("resume_after") is not None:
        world.store.add_due(Due(world.time + document.hidden.pop("resume_after"), "resume", document.seq))
        world.store.save(document)
    for what in AT_STEP if document.state == "training" else ("job-fails",) if document.state == "evaluating" else ():
        for rule in fitting(world, what, document.account, document.wire):
            if rule.seq not in document.hidden.get("tried", ()):
                world.store.add_due(Due(max(_moment(world, document, rule), world.time), AT_STEP[what], document.seq))


def _moment(world: World, job: Document, rule: Rule) -> float:
    """When the job is at the rule's step, as far as this leg of its training tells."""
    steps = min(rule.state.get("step", 1), job.hidden["total"]) - job.hidden["leg_step"]
    return float(job.hidden["leg_at"] + steps * world.delay("job.tick"))


def _at_step(world: World, job: Document, what: str) -> Mapping[str, Any] | None:
    """The rule that hits a job at this moment. Each rule gets one try at each job."""
    for rule in fitting(world, what, job.account, job.wire):
        tried = job.hidden.setdefault("tried", [])
        if rule.seq in tried or _moment(world, job, rule) > world.time:
            continue
        tried.append(rule.seq)
        hit = world.faults.strikes(rule)
        world.faults.count([rule], rule if hit else None)
        world.store.save(job)
        if hit:
            return rule.state
    return None


def release(world: World, rule: Rule) -> None:
    """The rule is gone: what it held back happens after the regular delay."""
    if rule.state.get("what") != "stuck":
        return
    for account in world.store.accounts():
        kind, state = rule.state["kind"], rule.state["state"]
        for document in world.store.documents(kind, account.name, states=(state,)):
            if document.hidden.get("held"):
                del document.hidden["held"]
                world.enter(document, state)


def overrule(world: World, document: Document, event: str) -> str | None:
    """What the rules make of an event: None for nothing, else the state that follows, or HELD."""
    wire = {**document.wire, **document.hidden.get("declared", {}), "id": document.id}
    stuck = [rule for rule in fitting(world, "stuck", document.account, wire) if world.faults.strikes(rule)]
    for rule in stuck:
        if (rule.state["kind"], rule.state["state"]) == (document.kind, document.state):
            world.faults.count([rule], rule)
            document.hidden["held"] = True
            world.store.save(document)
            return HELD
    decide = OVERRULED.get((document.kind, event))
    return decide(world, document) if decide else None


def _start(world: World, job: Document) -> str | None:
    found = strike(world, "data-unsafe", job.account, job.wire)
    if not found:
        return None
    harms = found.get("harms") or "violence"
    failed = f"The provided training data failed RAI checks for harm types: [{harms}]."
    message = f"{failed} Please fix the data and try again."
    return _fail(world, job, "contentFilter", message)


def _fail(world: World, job: Document, code: str, message: str) -> str:
    from ftops.emulator import runs

    job.wire["error"] = {"code": code, "message": message}
    job.wire["finished_at"] = int(world.time)
    runs.tell(world, job, message, level="error")
    return "failed"


def _succeed(world: World, job: Document) -> None:
    if found := strike(world, "model-unsafe", job.account, job.wire):
        job.hidden["unsafe"] = found.get("harms") or "Violence"
        world.store.save(job)


def _import(world: World, file: Document) -> str | None:
    return "error" if strike(world, "import-fails", file.account, file.wire) else None


def _arrive(world: World, copy: Document) -> str | None:
    return "Failed" if strike(world, "copy-fails", copy.account, copy.wire) else None


def _finish(world: World, operation: Document) -> str | None:
    """A failed operation says why (API description); a deletion that fails leaves the deployment as it was."""
    from ftops.emulator.clock import timestamp

    operation.hidden["ended"] = world.time
    deployment = world.store.get("deployment", operation.account, operation.parent)
    found = deployment and strike(world, "deployment-fails", operation.account, deployment.wire)
    if not deployment or not found:
        return None
    code = found.get("code") or "InternalServerError"
    message = found.get("message") or "An internal error has occurred."
    operation.wire |= {"endTime": timestamp(world.time), "error": {"code": code, "message": message}}
    deleting = operation.hidden["action"] == "delete"
    deployment.wire["properties"]["provisioningState"] = "Succeeded" if deleting else "Failed"
    world.store.save(deployment)
    return "Failed"


def _fail_at_step(world: World, job: Document) -> str:
    """The step of a `job-fails` rule has come."""
    from ftops.emulator import jobs

    if found := _at_step(world, job, "job-fails"):
        job.hidden["done"] = min(int(found.get("step", 1)), job.hidden["total"])
        message = found.get("message") or "The job failed due to an internal error."
        world.enter(job, _fail(world, job, found.get("code") or "internalFailure", message))
        jobs.make_room(world, job)
    return HELD


def _preempt(world: World, job: Document) -> str:
    """The step of a `job-paused` rule has come: the service pauses the job by itself."""
    from ftops.emulator import runs

    if found := _at_step(world, job, "job-paused"):
        job.hidden["resume_after"] = found.get("resume_after")
        runs.begin_pause(world, job)
    return HELD


def _resume(world: World, job: Document) -> str:
    return "resuming"


OVERRULED = {
    ("job", "start"): _start,
    ("job", "succeed"): _succeed,
    ("job", "fail"): _fail_at_step,
    ("job", "preempt"): _preempt,
    ("job", "resume"): _resume,
    ("file", "import"): _import,
    ("copy", "arrive"): _arrive,
    ("operation", "finish"): _finish,
}
