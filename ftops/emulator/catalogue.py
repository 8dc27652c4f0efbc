"""What the service offers, as data: models, aliases, limits, training types, sizes, api-versions, regions."""

from __future__ import annotations

from typing import NamedTuple


class Base(NamedTuple):
    """A base model. `name` is its dated name, the one jobs and fine-tuned models carry."""

    name: str
    alias: str
    version: str
    learning_rate_multiplier: float = 1
    """What `auto` means: recorded for gpt-4.1, its nano, gpt-4o, open-weight models; else inferred."""
    format: str = "OpenAI"

    @property
    def open_weight(self) -> bool:
        return self.format != "OpenAI"


BASES = (
    Base("gpt-4o-mini-2024-07-18", "gpt-4o-mini", "2024-07-18"),
    Base("gpt-4o-2024-08-06", "gpt-4o", "2024-08-06"),
    Base("gpt-4.1-2025-04-14", "gpt-4.1", "2025-04-14", 2),
    Base("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini", "2025-04-14", 2),
    Base("gpt-4.1-nano-2025-04-14", "gpt-4.1-nano", "2025-04-14", 0.1),
    Base("o4-mini-2025-04-16", "o4-mini", "2025-04-16"),
    Base("gpt-35-turbo-0613", "gpt-35-turbo", "0613"),
    Base("Ministral-3B", "ministral-3b", "2411", format="Mistral AI"),
    Base("gpt-oss-20b", "gpt-oss-20b", "1", format="Microsoft"),
    Base("Llama-3.3-70B-Instruct", "llama-3.3-70b-instruct", "1", format="Meta"),
    Base("Qwen-32B", "qwen-32b", "1", format="Alibaba"),
)
BASE_BY_NAME = {name: base for base in BASES for name in (base.alias, base.name)}

TRAINING_TYPES = {name.lower(): name for name in ("standard", "globalStandard", "developerTier")}
"""As sent, whatever the letter case, and as it comes back."""

MAX_RUNNING = {"standard": 3, "developerTier": 5}
"""Jobs at work at once. Standard and global jobs share the first row (documented)."""
MAX_QUEUED = 20
MAX_USER_FILES = 100
MAX_FILE_BYTES = 512_000_000
MAX_TOTAL_BYTES = 1_000_000_000
"""Of all fine-tuning files together (documented as 1 GB)."""
MAX_UPLOAD_BYTES = 9_000_000_000
MAX_TOKENS_TIMES_EPOCHS = 2_000_000_000
MAX_JOBS = 500

CAPABILITIES = {
    "MaxFineTuneCount": str(MAX_JOBS),
    "MaxRunningFineTuneCount": str(MAX_RUNNING["standard"]),
    "MaxRunningGlobalStandardFineTuneCount": str(MAX_RUNNING["standard"]),
    "MaxUserFileCount": str(MAX_USER_FILES),
    "MaxTrainingFileSize": str(MAX_FILE_BYTES),
    "MaxUserFileImportDurationInHours": "1",
    "MaxFineTuneJobDurationInHours": "720",
    "MaxRunningEvaluationCount": "5",
}
"""An account states its own limits (recorded 2025-10; documents say 100 jobs)."""

MIN_ROWS = 10
MAX_SUFFIX = 40
UPLOAD_PURPOSES = ("fine-tune", "evals", "batch", "assistants")

SKUS = {
    name.lower(): name
    for name in (
        "Standard",
        "GlobalStandard",
        "DataZoneStandard",
        "DeveloperTier",
        "ProvisionedManaged",
        "GlobalProvisionedManaged",
        "DataZoneProvisionedManaged",
    )
}
REQUEST_SECONDS = {"Standard": 10}
"""Capacity n: n requests in so many seconds, 60 unless named here, 1,000 n tokens a minute (recorded)."""

UPGRADE_OPTIONS = ("OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired", "NoAutoUpgrade")

DATA_VERSIONS = ("v1", "preview")
DATED_VERSIONS = (
    "2024-05-01-preview",
    "2024-06-01",
    "2024-07-01-preview",
    "2024-08-01-preview",
    "2024-10-01-preview",
    "2024-10-21",
    "2024-12-01-preview",
    "2025-01-01-preview",
    "2025-03-01-preview",
    "2025-04-01-preview",
)
"""Dated versions of an account's data plane: the stable ones and the previews that recordings use."""
PROJECT_VERSIONS = ("2025-11-15-preview",)
ARM_VERSIONS = (
    "2024-10-01",
    "2025-06-01",
    "2025-09-01",
    "2025-12-01",
    "2026-03-01",
    "2026-05-01",
    "2026-07-01",
)
SUPPORTED_VERSIONS = "1,2024-10-21,2025-03-01-preview,2025-04-01-preview,2025-11-15-preview"
"""The data plane's header `api-supported-versions`."""

REGION_NAMES = {
    "eastus2": "East US 2",
    "northcentralus": "North Central US",
    "swedencentral": "Sweden Central",
}
"""As `x-ms-region` spells them."""


def auto_epochs(rows: int) -> int:
    """Ten for 10 rows and nine for 11 are recorded, the rest invented: about 100 steps, 3 epochs or more."""
    return max(3, min(10, 100 // rows))


def auto_batch_size(rows: int) -> int:
    """0.2 % of the rows, at least 1 and at most 256 (documented)."""
    return max(1, min(256, rows * 2 // 1000))
