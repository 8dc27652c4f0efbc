"""Runs: what the service says of one, in our words, and the exact body that starts one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftops.errors import Obstacle, OutcomeUnknown, ServiceError
from ftops.kinds.job import Job
from ftops.resource import Observed, Phase
from tests.test_transport import Script, refusal, say

from .one import call, desired, observed

RECORDED: dict[str, Any] = {
    "id": "ftjob-70ee3e37776e4428b20685fcd0728abb",
    "created_at": 1747468736,
    "model": "gpt-4.1-2025-04-14",
    "object": "fine_tuning.job",
    "seed": 624499896,
    "status": "running",
    "training_file": "file-2290bb28ee454f0898f4684878eeef0a",
}
