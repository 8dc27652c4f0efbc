"""The emulator's own endpoints. They are no part of the service and leave no trace in the journal."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from ftops.emulator.call import Call, Operation
from ftops.emulator.clock import timestamp
from ftops.emulator.errors import invalid


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
    }
    return JSONResponse(body)


def journal(call: Call) -> Response:
    after = call.query.get("after", "0")
    if not after.isdigit():
        raise invalid("The value of 'after' is not a number.")
    return JSONResponse({"journal": call.world.journal(int(after))})


def set_clock(call: Call) -> Response:
    """Advances are in virtual seconds."""
    match call.json():
        case {"advance": int() | float() as seconds}:
            call.world.advance(seconds)
        case {"to": "next"}:
            call.world.advance_to_next()
        case {"mode": str(mode), "rate": int() | float() as rate}:
            call.world.switch_clock(mode, rate)
        case {"mode": str(mode)}:
            call.world.switch_clock(mode)
        case _:
            raise invalid('Expected {"advance": seconds}, {"to": "next"} or {"mode": …, "rate": …}.')
    return JSONResponse({"now": call.world.now(), "next_due": call.world.next_due()})


OPERATIONS = (
    Operation("about", "GET", "/about", about),
    Operation("journal", "GET", "/journal", journal),
    Operation("clock", "POST", "/clock", set_clock),
)
