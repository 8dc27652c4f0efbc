"""Answers through the models of the real SDKs and back: what they do not know, and what they lose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import azure.mgmt.cognitiveservices.models as arm
from azure.mgmt.cognitiveservices._utils.serialization import Deserializer, Serializer
from conformance_traffic import Spoken
from openai import BaseModel
from openai._models import construct_type
from openai.pagination import SyncCursorPage
from openai.types import FileDeleted, FileObject, Model, ModelDeleted, Upload
from openai.types.chat import ChatCompletion
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint
from openai.types.uploads import UploadPart

JOB = r"/fine_tuning/jobs/[^/]+"
DATA: list[tuple[str, str, Any]] = [
    ("GET", "/files", SyncCursorPage[FileObject]),
    ("POST", "/files", FileObject),
    ("GET", "/files/[^/]+", FileObject),
    ("DELETE", "/files/[^/]+", FileDeleted),
    ("POST", "/files/import", FileObject),
    ("POST", "/uploads(/[^/]+/(complete|cancel))?", Upload),
    ("POST", "/uploads/[^/]+/parts", UploadPart),
    ("GET", "/fine_tuning/jobs", SyncCursorPage[FineTuningJob]),
    ("POST", "/fine_tuning/jobs", FineTuningJob),
    ("GET", JOB, FineTuningJob),
    ("POST", f"{JOB}/(cancel|pause|resume)", FineTuningJob),
    ("GET", f"{JOB}/events", SyncCursorPage[FineTuningJobEvent]),
    ("GET", f"{JOB}/checkpoints", SyncCursorPage[FineTuningJobCheckpoint]),
    ("GET", "/models", SyncCursorPage[Model]),
    ("GET", "/models/[^/]+", Model),
    ("DELETE", "/models/[^/]+", ModelDeleted),
    ("POST", "/chat/completions", ChatCompletion),
]
LOCATION = "/subscriptions/[^/]+/providers/Microsoft.CognitiveServices/locations/[^/]+"
ACCOUNTS = "/subscriptions/[^/]+(/resourceGroups/[^/]+)?/providers/Microsoft.CognitiveServices/accounts"
ARM: list[tuple[str, str]] = [
    (ACCOUNTS, "AccountListResult"),
    (f"{ACCOUNTS}/[^/]+", "Account"),
    (f"{ACCOUNTS}/[^/]+/listKeys", "ApiKeys"),
    (f"{ACCOUNTS}/[^/]+/deployments", "DeploymentListResult"),
    (f"{ACCOUNTS}/[^/]+/deployments/[^/]+/skus", "DeploymentSkuListResult"),
    (f"{ACCOUNTS}/[^/]+/deployments/[^/]+/(pause|resume)", "Deployment"),
    (f"{ACCOUNTS}/[^/]+/deployments/[^/]+", "Deployment"),
    (f"{ACCOUNTS}/[^/]+/usages", "UsageListResult"),
    (f"{ACCOUNTS}/[^/]+/models", "AccountModelListResult"),
    (f"{LOCATION}/usages", "UsageListResult"),
    (f"{LOCATION}/models", "ModelListResult"),
    (
        f"(/subscriptions/[^/]+/providers/Microsoft.CognitiveServices|{LOCATION})/modelCapacities",
        "ModelCapacityListResult",
    ),
]
NO_MODEL = (f"{LOCATION}/operationResults/[^/]+", ".*/copy", ".*/content", "/fine_tuning/alpha/.*")
"""What the SDKs have no model for: the state of an operation is read by azure-core itself."""
CLASSES = {name: kind for name, kind in vars(arm).items() if isinstance(kind, type)}


def findings(spoken: Spoken) -> list[str] | None:
    """None if no model is there for this answer."""
    if spoken.place == "arm":
        return _control(spoken)
    for method, path, kind in DATA:
        if spoken.status < 300 and method == spoken.method and re.fullmatch(path, spoken.path):
            return list(_data(kind, spoken.body))
    return None


def _data(kind: Any, body: Any) -> Iterator[str]:
    model = construct_type(value=body, type_=kind)
    assert isinstance(model, BaseModel), f"{kind} cannot be made of {body}"
    kept = model.model_dump(mode="json", exclude_unset=True, by_alias=True)
    yield from (f"lost {path}" for path in lost(body, kept))
    yield from (f"unknown {path}" for path in set(unknown(model)))


def unknown(value: Any) -> Iterator[str]:
    """Keys that a model keeps without knowing them, by the model's name."""
    if isinstance(value, list):
        for item in value:
            yield from unknown(item)
    if isinstance(value, BaseModel):
        name = type(value).__name__.split("[")[0]
        for key in value.model_extra or {}:
            yield f"{name}.{key}"
        for key in type(value).model_fields:
            yield from unknown(getattr(value, key, None))


def lost(before: Any, after: Any, at: str = "") -> Iterator[str]:
    """Keys and values that did not come back."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            path = f"{at}.{name}".lstrip(".")
            if name not in after:
                yield path
            else:
                yield from lost(value, after[name], path)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for one, other in zip(before, after, strict=True):
            yield from lost(one, other, f"{at}[]")
    elif before != after and not (_moment(before) and _moment(after)):
        yield at


def _moment(value: Any) -> bool:
    """Times come back with fewer digits."""
    return isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", value) is not None


def _control(spoken: Spoken) -> list[str] | None:
    name = "ErrorResponse" if spoken.status >= 400 else None
    for path, kind in ARM:
        if name is None and re.fullmatch(path, spoken.path, re.IGNORECASE):
            name = kind
    if name is None or spoken.body is None:
        return None
    model = Deserializer(CLASSES)(name, {"value": [], **spoken.body} if name.endswith("ListResult") else spoken.body)
    kept = model.serialize(keep_readonly=True) if hasattr(model, "serialize") else Serializer(CLASSES).body(model, name)
    return [f"lost {name}.{path}" for path in sorted(set(lost(spoken.body, kept)))]
