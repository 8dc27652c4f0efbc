"""The two safety checks, as declared stubs: nothing is judged, a marker text or a condition decides.

The data check fails the job before it trains; the evaluation of the finished model comes after "Job succeeded."
and blocks its deployment. Both sentences and the order are documented; how they are triggered here is invented.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ftops.emulator import conditions
from ftops.emulator.store import Document

if TYPE_CHECKING:
    from ftops.emulator.world import World

DATA_MARKER = b"ftops-emulator:unsafe-data"
MODEL_MARKER = b"ftops-emulator:unsafe-model"
DATA_HARM, MODEL_HARM = "violence", "Violence"


def holds(pieces: Iterable[bytes], text: bytes) -> bool:
    """Also across the border of two pieces."""
    rest = b""
    for piece in pieces:
        if text in rest + piece:
            return True
        rest = (rest + piece)[-len(text) + 1 :]
    return False


def data_problem(world: World, job: Document, role: str) -> tuple[str, str] | None:
    """Why the job must not see this file, as code and message. The code is inferred."""
    harms = conditions.read(world, job.account, "unsafeData")
    if holds(world.store.content(job.wire[role]), DATA_MARKER):
        harms = harms or DATA_HARM
    if role == "training_file" and holds(world.store.content(job.wire[role]), MODEL_MARKER):
        job.hidden["unsafe"] = MODEL_HARM
    if not harms:
        return None
    name = "training" if role == "training_file" else "validation"
    message = (
        f"The provided {name} data failed RAI checks for harm types: [{harms}]. Please fix the data and try again."
    )
    return "contentFilter", message


def model_harms(world: World, job: Document) -> str:
    """Empty for a model that may be deployed."""
    return str(job.hidden.get("unsafe", "")) or conditions.read(world, job.account, "unsafeModel")


def refusal(harms: str) -> str:
    return (
        "This model is unable to be deployed. Model evaluation identified that this fine tuned model scores above "
        f"acceptable thresholds for [{harms}]. Please review your training data set and resubmit the job."
    )
