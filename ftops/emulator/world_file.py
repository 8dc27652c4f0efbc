"""Reading `world.yaml`, from which a new world can be made. Every complaint names file and line.

    profile: quick                      # a set of delays, if not the one asked for
    seed: 7                             # of all ids
    subscriptions:
      - {id: 00000000-…, tenant: contoso}
    accounts:                           # instead of the two default ones
      - name: sweden                    # short name: /a/sweden/…
        region: swedencentral
        subscription: 00000000-…        # with `group`; or `resource_id` in one piece
        group: models
        hosts: [sweden.openai.azure.com]
        keys: [first, second]           # default: emulator-key-<name>
        kind: OpenAI                    # or AIServices
        public_network_access: Enabled  # or Disabled
        disableLocalAuth: false         # true refuses keys
        trained: true                   # begins with an old job, as a destination of copies needs it
        roles: {alice: Foundry User}    # or a list of roles
    roles: {ci: [Foundry Owner]}        # on every account
    quota:
      - {region: swedencentral, usage: OpenAI.GlobalStandard.gpt-4.1-finetune, limit: 100}
    catalogue:
      gpt-4.1: {training_ends: 2026-03-01, inference_ends: …, custom_ends: …, regions: [swedencentral]}

A principal that has a role anywhere may do what its roles say and no more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from ftops.emulator.catalogue import BASE_BY_NAME
from ftops.emulator.errors import EmulatorError
from ftops.emulator.identities import ROLES
from ftops.emulator.stages import PROFILES

NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}"
HOST = r"[a-z0-9][a-z0-9.-]*\.[a-z]+"
ACCOUNT_ID = r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.CognitiveServices/accounts/[^/]+"
USAGE = r"(OpenAI|AIServices)\.[A-Za-z]+(\.[A-Za-z0-9.-]+)?"
DATE = r"\d{4}-\d\d-\d\d"


def meta(path: str | Path) -> dict[str, str]:
    """What goes into the file of a new world."""
    content = read(path)
    decided = {name: str(content[name]) for name in ("profile", "seed") if name in content}
    return decided | {"described": json.dumps(content)}


def read(path: str | Path) -> dict[str, Any]:
    import yaml

    try:
        node = yaml.compose(Path(path).read_text(encoding="utf-8"), yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise EmulatorError(f"{path}: cannot be read: {error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise EmulatorError(f"{path}:{line}: not YAML: {error.problem}") from error
    if node is None:
        raise EmulatorError(f"{path}:1: the file is empty")
    return _world(Part(str(path), node))


class Part:
    """A node of the document with its place in the file."""

    def __init__(self, file: str, node: Any) -> None:
        self.file = file
        self.node = node

    def fail(self, problem: str) -> NoReturn:
        raise EmulatorError(f"{self.file}:{self.node.start_mark.line + 1}: {problem}")

    def text(self, pattern: str = ".+", what: str = "text") -> str:
        if self.node.id != "scalar" or not re.fullmatch(pattern, self.node.value):
            self.fail(f"expected {what}, found `{self._shown()}`")
        return str(self.node.value)

    def number(self) -> int:
        return int(self.text(r"\d{1,12}", "a whole number, 0 or more"))

    def flag(self) -> bool:
        return self.choice("true", "false") == "true"

    def choice(self, *known: str) -> str:
        if self.node.id != "scalar" or self.node.value not in known:
            self.fail(f"expected one of {', '.join(known)}, found `{self._shown()}`")
        return str(self.node.value)

    def _shown(self) -> str:
        return str(self.node.value) if self.node.id == "scalar" else f"a {self.node.id}"

    def rows(self) -> list[Part]:
        if self.node.id != "sequence":
            self.fail(f"expected a list, found `{self._shown()}`")
        return [Part(self.file, node) for node in self.node.value]

    def pairs(self) -> list[tuple[Part, Part]]:
        if self.node.id != "mapping":
            self.fail(f"expected a mapping, found `{self._shown()}`")
        found = [(Part(self.file, key), Part(self.file, value)) for key, value in self.node.value]
        seen: set[str] = set()
        for key, _ in found:
            name = key.text()
            if name in seen:
                key.fail(f"`{name}` is there twice")
            seen.add(name)
        return found

    def fields(self, readers: dict[str, Callable[[Part], Any]], *required: str) -> dict[str, Any]:
        """A mapping with known keys only, each read in its own way."""
        values = {}
        for key, value in self.pairs():
            if key.text() not in readers:
                key.fail(f"unknown key `{key.text()}`, expected one of {', '.join(readers)}")
            values[key.text()] = readers[key.text()](value)
        for name in required:
            if name not in values:
                self.fail(f"`{name}` is missing")
        return values


def _world(part: Part) -> dict[str, Any]:
    return part.fields(
        {
            "profile": lambda value: value.choice(*PROFILES),
            "seed": Part.number,
            "subscriptions": lambda value: [_subscription(row) for row in value.rows()],
            "accounts": _accounts,
            "roles": _roles,
            "quota": lambda value: [_quota(row) for row in value.rows()],
            "catalogue": _catalogue,
        }
    )


def _subscription(part: Part) -> dict[str, Any]:
    return part.fields({"id": _id, "tenant": _name}, "id", "tenant")


def _id(part: Part) -> str:
    return part.text(r"[0-9A-Za-z-]+", "the id of a subscription")


def _name(part: Part) -> str:
    return part.text(NAME, "a name of letters, digits, `-` and `_`")


def _region(part: Part) -> str:
    return part.text(r"[A-Za-z0-9 ]+", "a region such as swedencentral").replace(" ", "").lower()


def _host(part: Part) -> str:
    return part.text(HOST, "a host name in small letters")


def _accounts(part: Part) -> list[dict[str, Any]]:
    accounts: list[dict[str, Any]] = []
    taken: dict[str, int] = {}
    for row in part.rows():
        account = _account(row)
        hosts = account.get("hosts") or [f"{account['name'].lower()}.openai.azure.com"]
        for label in (f"account `{account['name']}`", *(f"host `{host}`" for host in hosts)):
            if label in taken:
                row.fail(f"{label} is already in line {taken[label]}")
            taken[label] = row.node.start_mark.line + 1
        accounts.append(account)
    if not accounts:
        part.fail("a world needs an account")
    return accounts


def _account(part: Part) -> dict[str, Any]:
    account = part.fields(
        {
            "name": _name,
            "region": _region,
            "subscription": _id,
            "group": _name,
            "resource_id": lambda value: value.text(ACCOUNT_ID, "the resource id of an account"),
            "hosts": lambda value: [_host(row) for row in value.rows()],
            "keys": lambda value: [row.text(r"\S+", "a key without spaces") for row in value.rows()],
            "kind": lambda value: value.choice("OpenAI", "AIServices"),
            "public_network_access": lambda value: value.choice("Enabled", "Disabled") == "Enabled",
            "disableLocalAuth": lambda value: not value.flag(),
            "trained": Part.flag,
            "roles": _roles,
        },
        "name",
        "region",
    )
    if "resource_id" in account and ("subscription" in account or "group" in account):
        part.fail("`resource_id` already says subscription and group")
    for ours, theirs in (("public", "public_network_access"), ("local_auth", "disableLocalAuth")):
        if theirs in account:
            account[ours] = account.pop(theirs)
    return account


def _roles(part: Part) -> list[tuple[str, str]]:
    found = []
    for principal, value in part.pairs():
        rows = value.rows() if value.node.id == "sequence" else [value]
        who = principal.text(r"(?!key$).+", "a principal (`key` stands for calls with a key)")
        found += [(who, row.choice(*ROLES)) for row in rows]
    return found


def _quota(part: Part) -> tuple[str, str, int]:
    row = part.fields(
        {
            "region": _region,
            "usage": lambda value: value.text(USAGE, "a usage name such as OpenAI.Standard.gpt-4.1"),
            "limit": Part.number,
        },
        "usage",
        "limit",
    )
    return row.get("region", "*"), row["usage"], row["limit"]


def _catalogue(part: Part) -> dict[str, Any]:
    models = {}
    for key, value in part.pairs():
        if key.text() not in BASE_BY_NAME:
            key.fail(f"unknown model `{key.text()}`, expected one of {', '.join(BASE_BY_NAME)}")
        name = BASE_BY_NAME[key.text()].name
        if name in models:
            key.fail(f"`{name}` is there twice, under another name")
        ends = ("training_ends", "inference_ends", "custom_ends")
        readers: dict[str, Callable[[Part], Any]] = dict.fromkeys(ends, _date)
        models[name] = value.fields(readers | {"regions": lambda regions: [_region(row) for row in regions.rows()]})
    return models


def _date(part: Part) -> str:
    return part.text(DATE, "a date such as 2026-03-01")
