"""A revision is a hash of what is declared. A changed revision is a paid run, so nothing here may change by accident.

It holds the fields that were chosen (not defaults written out, not `auto`), the contents of files and the revisions
of what is referred to. It holds no paths, no names of accounts or documents, and no version of the tool.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from ftops.models import resolve_alias
from ftops.resource import Ref, Spec, Unversioned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ftops.resource import Resource, ResourceKey

LENGTH = 16


def revision(resource: Resource[Any], upstream: Mapping[ResourceKey, str]) -> str:
    """The revision of a resource, given those of the resources that it refers to; 16 hex digits."""
    fields = chosen(resource.spec)
    for link in resource.links:
        what = {"revision": upstream[link.target], "output": link.output}
        if link.choice not in ("", "final"):
            what["choice"] = link.choice
        fields[link.field] = what
    declared = {"kind": resource.key.kind, "fields": fields}
    text = json.dumps(declared, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def chosen(spec: Spec) -> dict[str, Any]:
    """The fields of a spec that its author chose and that make another run when they change."""
    fields: dict[str, Any] = {}
    for name, key, default in _versioned_fields(type(spec)):
        value = getattr(spec, name)
        if value is default or value == "auto" or value == default:
            continue
        plain = _plain(value)
        if plain != {}:  # a mapping of which nothing was chosen is as good as none
            fields[key] = plain
    return fields


@cache
def _versioned_fields(model: type[Spec]) -> list[tuple[str, str, Any]]:
    """(attribute, key in the document, default) of the fields whose change is another run."""
    return [
        (name, info.alias or name, info.get_default(call_default_factory=True))
        for name, info in model.model_fields.items()
        if not any(isinstance(mark, (Unversioned, Ref)) for mark in info.metadata)
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, Spec):
        inner = chosen(value)
        return {**inner, "base": resolve_alias(inner["base"])} if "base" in inner else inner
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    # 1 and 1.0 are one multiplier
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
