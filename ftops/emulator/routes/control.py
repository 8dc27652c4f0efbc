"""The emulator's own endpoints. They are no part of the service and leave no trace in the journal."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from ftops.emulator.about import fidelity
from ftops.emulator.call import Call, Operation
from ftops.emulator.clock import timestamp
from ftops.emulator.errors import invalid

MONTH = 30 * 86_400.0
TRUTH = {"true": True, "false": False}


def about(call: Call) -> Response:
    """Times are virtual seconds since the epoch."""
    clock = call.world.clock()
    now = clock.now()
    body = {
        "emulates": "Azure OpenAI fine-tuning",
        "now": now,
        "date": timestamp(now),
        "clock": {"mode": clock.mode, "rate": clock.rate},
        "next_due": call.world.next_due(),
        "accounts": call.world.accounts(),
        "fidelity": fidelity(),
    }
    return JSONResponse(body)


def journal(call: Call) -> Response:
    after = call.query.get("after", "0")
    if not after.isdigit():
        raise invalid("The value of 'after' is not a number.")
    filters: dict[str, object] = {name: value for name, value in call.query.items() if name != "after"}
    for name, read in (("status", int), ("effect", TRUTH.__getitem__)):
        try:
            filters |= {name: read(str(filters[name]))} if name in filters else {}
        except (KeyError, ValueError) as error:
            raise invalid(f"The value of '{name}' is not valid.") from error
    return JSONResponse({"journal": call.world.journal(int(after), **filters)})


def _limit(rest: dict[str, object]) -> float:
    limit = rest.get("limit", MONTH)
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 <= limit <= 100 * MONTH:
        raise invalid("The value of 'limit' is not a number of seconds.")
    return float(limit)


def set_clock(call: Call) -> Response:
    """Advances are in virtual seconds."""
    match call.json():
        case {"advance": int() | float() as seconds}:
            call.world.advance(seconds)
        case {"to": "next"}:
            call.world.advance_to_next()
        case {"until": {"job": str(job), "status": str(status)}, **rest} if set(rest) <= {"limit"}:
            call.world.advance_until(job, status, _limit(rest))
        case {"mode": str(mode), "rate": int() | float() as rate}:
            call.world.switch_clock(mode, rate)
        case {"mode": str(mode)}:
            call.world.switch_clock(mode)
        case _:
            raise invalid('Expected {"advance": seconds}, {"to": "next"}, {"until": …} or {"mode": …, "rate": …}.')
    return JSONResponse({"now": call.world.now(), "next_due": call.world.next_due()})


OPERATIONS = (
    Operation("about", "GET", "/about", about),
    Operation("journal", "GET", "/journal", journal),
    Operation("clock", "POST", "/clock", set_clock),
)
