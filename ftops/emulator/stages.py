"""How things come to pass: a row for every stage that time ends, and the delays of every profile.

An object that enters `state` meets `event` after the profile's delay and is then in `next`, unless the
event's effect decides otherwise (`effects.py`). The delays are R recorded, I inferred or X invented.
"""

from __future__ import annotations

from typing import NamedTuple


class Stage(NamedTuple):
    kind: str
    state: str
    event: str
    next: str


STAGES = (
    Stage("file", "pending", "import", "processed"),
    Stage("job", "pending", "start", "preparing"),
    Stage("job", "preparing", "train", "training"),
    Stage("job", "training", "tick", "training"),
    Stage("job", "evaluating", "succeed", "succeeded"),
    Stage("job", "pausing", "pause", "paused"),
    Stage("job", "resuming", "continue", "training"),
    Stage("copy", "InProgress", "arrive", "Completed"),
    Stage("auto_deployment", "waiting", "deploy", "done"),
    Stage("expiry", "waiting", "expire", "done"),
    Stage("upload", "pending", "expire", "expired"),
    Stage("operation", "Running", "finish", "Succeeded"),
    Stage("lease", "idle", "expire", "expired"),
)
NEXT = {(stage.kind, stage.event): stage.next for stage in STAGES}

STATUS = {
    "waiting": "pending",
    "preparing": "running",
    "training": "running",
    "evaluating": "running",
    "held": "resuming",
}
"""States that the wire does not tell apart. `waiting` and `held` jobs wait for a running one to make room."""

PROFILES: dict[str, dict[str, float]] = {
    "azure": {
        "file.import": 5,  # R
        "job.start": 60,  # R: running within a minute
        "job.train": 1140,  # R: parameters unresolved for 8 to 20 minutes after the creation
        "job.tick": 1,  # R: seconds a step
        "job.succeed": 660,  # R: 11 to 30 minutes from the last step
        "job.pause": 300,  # I: from seconds to 45 minutes
        "job.continue": 60,  # X
        "copy.arrive": 300,  # X
        "auto_deployment.deploy": 60,  # X: after the job, and again while the account is busy
        "upload.expire": 7200,  # D
        "deployment.create": 265,  # R
        "deployment.update": 20,  # X: a new size or new labels for the same model
        "deployment.delete": 20,  # I
        "deployment.ready": 60,  # X: from `Succeeded` to the first answer; a recorded session waits 600
        "quota.release": 20,  # D: 15 to 20 s after a delete
    },
    "quick": {
        "file.import": 1,
        "job.start": 1,
        "job.train": 2,
        "job.tick": 0.01,
        "job.succeed": 2,
        "job.pause": 2,
        "job.continue": 1,
        "copy.arrive": 2,
        "auto_deployment.deploy": 1,
        "upload.expire": 7200,
        "deployment.create": 3,
        "deployment.update": 1,
        "deployment.delete": 1,
        "deployment.ready": 0,
        "quota.release": 1,
    },
}
# These two have the times of `azure`; what differs is the form of the answers (`shapes.py`).
PROFILES |= dict.fromkeys(("openai-shaped", "adversarial"), PROFILES["azure"])
