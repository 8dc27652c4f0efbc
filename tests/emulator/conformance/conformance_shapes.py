"""Whether a JSON body has the shape that a fact file states. Knows nothing of HTTP and nothing of the emulator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

Shape = str | dict[str, Any]
KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}
MISSING = object()


class Problem(NamedTuple):
    """`path` is the same for every item of a list, so that one line of known differences covers all of them."""

    path: str
    text: str


def fits(kind: str, value: object) -> bool:
    """Alternatives are separated by `|`; a boolean is no number."""
    for name in kind.split("|"):
        if isinstance(value, KINDS[name]) and (name == "boolean" or not isinstance(value, bool)):
            return True
    return False


def pick(value: Any, path: str) -> list[Any]:
    """All values at a path such as `data[].id` or `limits[0].count`; MISSING where there is none."""
    found = [value]
    for name in re.findall(r"[^.\[\]]+|\[\d*\]", path):
        found = [after for before in found for after in _step(before, name)]
    return found


def _step(value: Any, name: str) -> list[Any]:
    if name == "[]":
        return value if isinstance(value, list) else [MISSING]
    if name.startswith("["):
        place = int(name[1:-1])
        return [value[place]] if isinstance(value, list) and place < len(value) else [MISSING]
    return [value[name]] if isinstance(value, dict) and name in value else [MISSING]


def check(shape: Shape, value: Any, at: str = "body:") -> Iterator[Problem]:
    """All that does not fit, none if all is well."""
    rules = {"is": shape} if isinstance(shape, str) else shape
    if not fits(rules["is"], value):
        yield Problem(at, f"is {value!r}, not {rules['is']}")
        return
    if isinstance(value, dict):
        yield from _keys(rules, value, at)
    if isinstance(value, list):
        yield from _items(rules, value, at)
    yield from _values(rules, value, at)
    yield from _lists(rules, value, at)


def _below(at: str, name: str) -> str:
    return f"{at}{name}" if at.endswith(":") else f"{at}.{name}"


def _keys(rules: dict[str, Any], value: dict[str, Any], at: str) -> Iterator[Problem]:
    must, may, never = rules.get("must", {}), rules.get("may", {}), rules.get("never", ())
    for name in must:
        if name not in value:
            yield Problem(_below(at, name), "is missing")
    for name, shape in (must | may).items():
        if name in value:
            yield from check(shape, value[name], _below(at, name))
    for name in value:
        if name in never:
            yield Problem(_below(at, name), f"is {value[name]!r}, but must be absent")
        elif rules.get("closed") and name not in must and name not in may:
            yield Problem(_below(at, name), "is unknown")
    if "all" in rules:
        for name, part in value.items():
            yield from check(rules["all"], part, _below(at, name))


def _items(rules: dict[str, Any], value: list[Any], at: str) -> Iterator[Problem]:
    least, most = rules.get("length", (0, None))
    if len(value) < least or (most is not None and len(value) > most):
        yield Problem(f"{at}[]", f"has {len(value)} items, not {least} to {most}")
    if "each" in rules:
        for item in value:
            yield from check(rules["each"], item, f"{at}[]")


def _values(rules: dict[str, Any], value: Any, at: str) -> Iterator[Problem]:
    for path, expected in rules.get("at", {}).items():
        for found in pick(value, path):
            if found is MISSING or found != expected or isinstance(found, bool) is not isinstance(expected, bool):
                yield Problem(_below(at, path), f"is {_shown(found)}, not {expected!r}")
    for path, pattern in rules.get("like", {}).items():
        for found in pick(value, path):
            if not isinstance(found, str) or not re.search(pattern, found):
                yield Problem(_below(at, path), f"is {_shown(found)}, which does not match {pattern}")
    for path, known in rules.get("among", {}).items():
        for found in pick(value, path):
            # A key that an item may leave out is judged elsewhere.
            if found is not MISSING and found not in known:
                yield Problem(_below(at, path), f"is {found!r}, not one of {known}")


def _lists(rules: dict[str, Any], value: Any, at: str) -> Iterator[Problem]:
    for path, number in rules.get("count", {}).items():
        [found] = pick(value, path)
        if not isinstance(found, list) or len(found) != number:
            length = len(found) if isinstance(found, list) else 0
            yield Problem(f"{_below(at, path)}[]", f"has {length} items, not {number}")
    for path, expected in rules.get("row", {}).items():
        if (row := pick(value, path)) != expected:
            yield Problem(_below(at, path), f"are {row}, not {expected}")
    if order := rules.get("sorted"):
        keys = pick(value, f"{order['list']}[].{order['by']}")
        if all(isinstance(key, int | float) for key in keys) and keys != sorted(keys, reverse=order["newest_first"]):
            yield Problem(_below(at, order["list"]), f"is not sorted by {order['by']}: {keys}")
    for case in rules.get("when", ()):
        yield from _when(case, value, at)
    for path, pairs in rules.get("named", {}).items():
        [entries] = pick(value, path)
        entries = entries if isinstance(entries, list) else []
        known = {entry.get("name"): entry.get("value") for entry in entries if isinstance(entry, dict)}
        for name, expected in pairs.items():
            if known.get(name) != expected:
                yield Problem(_below(at, f"{path}.{name}"), f"is {known.get(name)!r}, not {expected!r}")
    if wanted := rules.get("holds"):
        found = [item for item in pick(value, wanted["path"]) if isinstance(item, str)]
        missing = [item for item in wanted["values"] if item not in found]
        missing += [known for known in wanted["patterns"] if not any(re.search(known, item) for item in found)]
        for item in missing:
            yield Problem(_below(at, wanted["path"]), f"do not hold {item}")


def _when(case: dict[str, Any], value: Any, at: str) -> Iterator[Problem]:
    if all(pick(value, path) == [expected] for path, expected in case["if"].items()):
        for name in case.get("must", ()):
            if name not in value:
                yield Problem(_below(at, name), f"is missing where {case['if']}")
        for name in case.get("never", ()):
            if name in value:
                yield Problem(_below(at, name), f"must be absent where {case['if']}")


def _shown(value: object) -> str:
    return "missing" if value is MISSING else repr(value)
