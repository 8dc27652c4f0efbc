"""What is true of an account though no request of its clients says so: tests and the fault rules set it.

tenant                 the directory the account belongs to (copies stay within one, documented)
publicNetworkAccess    `Enabled` or `Disabled`; a copy's destination must be open (documented)
unsafeData             harm types, as `violence`: the next data checks fail (the words are documented)
unsafeModel            harm types, as `Violence`: the next model evaluations fail
copyFails              copies out of this account end as `Failed`
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftops.emulator.errors import EmulatorError
from ftops.emulator.store import Document

if TYPE_CHECKING:
    from ftops.emulator.world import World

DEFAULTS = {
    "tenant": "00000000-0000-0000-0000-000000000010",
    "publicNetworkAccess": "Enabled",
    "unsafeData": "",
    "unsafeModel": "",
    "copyFails": "",
}


def read(world: World, account: str, name: str) -> str:
    found = world.store.get("condition", account, name)
    return str(found.hidden["value"]) if found else DEFAULTS[name]


def write(world: World, account: str, name: str, value: str) -> None:
    """Holds until written again; an empty text ends a condition that is off by default."""
    if name not in DEFAULTS:
        raise EmulatorError(f"unknown condition `{name}`, expected one of {', '.join(DEFAULTS)}")
    if account not in [known.name for known in world.store.accounts()]:
        raise EmulatorError(f"unknown account `{account}`")
    with world.transaction():
        world.store.save(Document("condition", account, name, {}, {"value": value}))


def every(world: World, account: str) -> dict[str, str]:
    return {name: read(world, account, name) for name in DEFAULTS}
