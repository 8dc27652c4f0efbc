"""Answers against the official API descriptions, reduced to bare structure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from conformance_traffic import Spoken
from jsonschema import Draft202012Validator, ValidationError

FOLDER = Path(__file__).parent / "openapi"
DOCUMENTS = {
    "azure-v1.json": "v1",
    "openai.json": "v1",
    "azure-2025-04-01-preview.json": "account-dated",
    "arm.json": "arm",
}
"""Which place each document describes."""


class Violation(NamedTuple):
    """`what` begins with the name of the document's schema, so that one line covers it wherever it is used."""

    document: str
    what: str


class Document:
    def __init__(self, name: str) -> None:
        self.name = name
        self.content: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
        self.table = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path).replace(".", r"\."), re.IGNORECASE), method, operation)
            for path, operations in sorted(self.content["paths"].items(), key=lambda row: row[0].count("{"))
            for method, operation in operations.items()
        ]

    def find(self, spoken: Spoken) -> dict[str, Any] | None:
        """The operation that an answer belongs to, if the document has it."""
        if spoken.place == DOCUMENTS[self.name]:
            for pattern, method, operation in self.table:
                if method == spoken.method and pattern.fullmatch(spoken.path):
                    return dict(operation)
        return None

    def violations(self, spoken: Spoken) -> Iterator[Violation]:
        operation = self.find(spoken)
        if operation is None:
            return
        answers = operation["answers"]
        if str(spoken.status) not in answers and spoken.status < 400:
            yield Violation(self.name, f"{operation['operation']}: status {spoken.status}")
        good = [schema for status, schema in answers.items() if status.startswith("2")]
        schema = answers.get(str(spoken.status)) or (good[0] if spoken.status < 400 else answers.get("default"))
        if schema is None or spoken.body is None:
            return
        validator = Draft202012Validator({**schema, "$defs": self.content["$defs"]})
        for error in validator.iter_errors(spoken.body):
            yield Violation(self.name, self._named(schema, error))
        yield from (Violation(self.name, what) for what in set(self._unknown(schema, spoken.body, "answer")))

    def _named(self, schema: dict[str, Any], error: ValidationError) -> str:
        """The schema in which the failing rule stands, the way to it from there, the rule, and what it met."""
        name, current, inside = "answer", schema, []
        for step in list(error.absolute_schema_path)[:-1]:
            while "$ref" in current:
                name, inside = current["$ref"].rsplit("/", 1)[1], []
                current = self.content["$defs"][name]
            current = current[step]
            if step not in ("properties", "items", "anyOf", "allOf", "additionalProperties") and isinstance(step, str):
                inside.append(step)
        while "$ref" in current:
            name, inside = current["$ref"].rsplit("/", 1)[1], []
            current = self.content["$defs"][name]
        met = error.instance
        detail = ""
        if error.validator == "required":
            detail = " " + next(known for known in current["required"] if repr(known) in error.message)
        elif error.validator in ("enum", "const", "type"):
            detail = f" {met}" if isinstance(met, str) else f" {type(met).__name__}"
        return f"{'.'.join([name, *inside])}: {error.validator}{detail}"

    def _unknown(self, schema: dict[str, Any], value: Any, name: str) -> Iterator[str]:
        """Keys that no branch of the schema knows. A schema without properties takes any."""
        name, options = self._branches(schema, name)
        if isinstance(value, list):
            for item in value:
                for option in options:
                    if "items" in option:
                        yield from self._unknown(option["items"], item, name)
        if isinstance(value, dict):
            known: dict[str, list[Any]] = {}
            for option in options:
                for key, inner in option.get("properties", {}).items():
                    known.setdefault(key, []).append(inner)
            free = any("additionalProperties" in option for option in options) or not known
            for key, part in value.items():
                if key in known:
                    yield from self._unknown({"anyOf": known[key]}, part, f"{name}.{key}")
                elif not free:
                    yield f"{name}: unknown {key}"

    def _branches(self, schema: dict[str, Any], name: str) -> tuple[str, list[dict[str, Any]]]:
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return self._branches(self.content["$defs"][name], name)
        found = [schema]
        for part in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
            inner, options = self._branches(part, name)
            found += options
            if len(schema.get("anyOf", ())) == 1:
                name = inner
        return name, found
