"""Named faults, as data: what goes wrong often enough to have a name."""

from __future__ import annotations

from typing import Any

Rules = tuple[dict[str, Any], ...]

CREATE = "fine_tuning.jobs.create"
DEPLOY = "deployments.create_or_update"


def _lost(operation: str, how: str = "reset", when: str = "after") -> Rules:
    """One write whose answer never comes."""
    return ({"match": {"operation": operation}, "times": 1, "when": when, "do": {"lose": how}},)


SCENARIOS: dict[str, Rules] = {
    "lost-create": _lost(CREATE),
    "lost-create-timeout": _lost(CREATE, "timeout"),
    "lost-create-html": _lost(CREATE, "html"),
    "lost-create-truncated": _lost(CREATE, "truncate"),
    "create-never-arrives": _lost(CREATE, "timeout", "before"),
    "lost-upload": _lost("files.create"),
    "lost-copy": _lost("fine_tuning.jobs.checkpoints.copy"),
    "lost-deployment": _lost(DEPLOY),
    "throttled": (
        {
            "match": {"method": "GET"},
            "probability": 0.25,
            "do": {"status": 429, "code": "429", "message": "Too many requests.", "headers": {"Retry-After": "7"}},
        },
    ),
    "server-errors": (
        {"match": {"method": "GET"}, "probability": 0.2, "do": {"status": 503, "code": "ServiceUnavailable"}},
    ),
    "lagging-lists": ({"match": {"operation": "*.list"}, "do": {"hide": 30}},),
    "stale-lists": ({"match": {"operation": "*.list"}, "do": {"stale": 60}},),
    "job-fails": ({"state": {"what": "job-fails", "step": 1}, "times": 1},),
    "job-stuck": ({"state": {"what": "stuck", "kind": "job", "state": "pending"}},),
    "unsafe-data": ({"state": {"what": "data-unsafe"}, "times": 1},),
    "unsafe-model": ({"state": {"what": "model-unsafe"}, "times": 1},),
    "file-import-fails": ({"state": {"what": "import-fails"}, "times": 1},),
    "pre-empted": ({"state": {"what": "job-paused", "step": 1, "resume_after": 600}, "times": 1},),
    "deployment-stuck": ({"state": {"what": "stuck", "kind": "operation", "state": "Running"}},),
    "deployment-fails": ({"state": {"what": "deployment-fails"}, "times": 1},),
    "deployment-never-ready": ({"state": {"what": "deployment-unready"}},),
    "lock-lingers": ({"state": {"what": "lock-lingers", "seconds": 600}},),
    "no-capacity": ({"state": {"what": "no-capacity"}},),
    "copy-fails": ({"state": {"what": "copy-fails"}, "times": 1},),
    "unreachable": ({"state": {"what": "unreachable", "account": "eastus2"}},),
    "key-rotated": ({"state": {"what": "key-rotated"}},),
}
