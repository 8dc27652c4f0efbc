"""Text in; values, problems and places out."""

from __future__ import annotations

import math
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from ftops.document import MAX_DEPTH, MAX_NODES, Source, scalar
from tests.specs import QUICKSTART, problems, write


def read(text: str) -> list[Any]:
    values, found = Source(Path("f.yaml"), text).documents()
    assert not found, found
    return values


def refused(text: str) -> list[str]:
    return [f"{p.code} {p.place}: {p.message}" for p in Source(Path("f.yaml"), text).documents()[1]]


SCALARS = [
    # null
    ("", None), ("~", None), ("null", None), ("Null", None), ("NULL", None), ("nUll", "nUll"),
    # booleans: only these six
    ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False),
    ("no", "no"), ("No", "No"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("y", "y"), ("n", "n"), ("tRue", "tRue"),
    # whole numbers
    ("0", 0), ("-1", -1), ("+12", 12), ("007", 7), ("017", 17), ("0o17", 15), ("0x1F", 31), ("0x1f", 31),
    ("0o8", "0o8"), ("0xG", "0xG"), ("-0x1F", "-0x1F"), ("0b11", "0b11"), ("0O17", "0O17"), ("0o", "0o"), ("0x", "0x"),
    ("1_000", "1_000"), ("1,000", "1,000"), ("12:30", "12:30"), ("190:20:30", "190:20:30"), ("\uff11", "\uff11"),
    # other numbers
    ("1e-1", 0.1), ("1E3", 1000.0), ("1.", 1.0), (".5", 0.5), ("-.5", -0.5), ("+1.5e+3", 1500.0), ("0.1", 0.1),
    ("1e", "1e"), (".", "."), ("-", "-"), ("+", "+"), ("1.2.3", "1.2.3"), ("1e1.5", "1e1.5"), ("e3", "e3"), ("._", "._"),
    (".inf", math.inf), (".Inf", math.inf), (".INF", math.inf), ("+.inf", math.inf), ("-.inf", -math.inf),
    (".iNf", ".iNf"), ("inf", "inf"), ("-inf", "-inf"), ("nan", "nan"), ("+.nan", "+.nan"), ("1e400", math.inf),
    # dates and versions stay text
    ("2025-04-14", "2025-04-14"), ("2025-04-14T00:00:00Z", "2025-04-14T00:00:00Z"), ("gpt-4.1", "gpt-4.1"), ("=", "="),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_plain_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    found = scalar(text)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number(text: str) -> None:
    assert math.isnan(scalar(text))


def test_numbers_of_more_digits_than_python_reads_are_not_whole_numbers() -> None:
    assert scalar("9" * 5000) == math.inf
    assert scalar("0x" + "f" * 5000) == "0x" + "f" * 5000


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a: '1'\nb: \"no\"\nc: 'null'\nd: ''", [{"a": "1", "b": "no", "c": "null", "d": ""}]),
        ("a: |\n  12\nb: >-\n  12\n", [{"a": "12\n", "b": "12"}]),
        ("1: a\nno: b\n~: c\n'': d", [{"1": "a", "no": "b", "~": "c", "": "d"}]),
        ("a: 1\r\nb: no\r\n", [{"a": 1, "b": "no"}]),
        ('"\\u00fc": "\\x41"', [{"ü": "A"}]),
        ("", []),
        ("# only a comment\n", []),
        ("---\n---\n", [None, None]),
        ("--- a\n--- [1, 2]\n...\n---\nb: 1\n", ["a", [1, 2], {"b": 1}]),
        ("%YAML 1.2\n---\na: no\n", [{"a": "no"}]),
        ("\ufeffa: 1", [{"a": 1}]),
        ("a: &x 1\nb: *x", [{"a": 1, "b": 1}]),
        ("a: &x {k: [1]}\nb: [*x, *x]", [{"a": {"k": [1]}, "b": [{"k": [1]}, {"k": [1]}]}]),
        ("a: &x 1\nb: &x 2\nc: *x", [{"a": 1, "b": 2, "c": 2}]),
        ("&x key: *x", [{"key": "key"}]),
        ("'<<': {a: 1}", [{"<<": {"a": 1}}]),
    ],
)
def test_documents(text: str, values: list[Any]) -> None:
    assert read(text) == values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", "FT102 f.yaml:3:1: `a` is given twice"),
        ("x: {a: 1, 'a': 2}", "FT102 f.yaml:1:11: `a` is given twice"),
        ("? [a, b]\n: 1", "FT102 f.yaml:1:3: a key must be a word, not a list or a mapping"),
        ("a: &x k\n*x : 1", "FT102 f.yaml:2:1: a key must be a word, not an alias"),
        ("<<: {a: 1}", "FT107 f.yaml:1:1: merge keys (`<<`) are not part of YAML 1.2"),
        ("a: !!python/object:os.system x", "FT107 f.yaml:1:4: tags such as `!!python/object:os.system` are not allowed"),
        ("a: !include x", "FT107 f.yaml:1:4: tags such as `!include` are not allowed"),
        ("a: !!map {b: 1}", "FT107 f.yaml:1:4: tags such as `!!map` are not allowed"),
        ("!k a: 1", "FT107 f.yaml:1:1: tags such as `!k` are not allowed"),
        ("a: *x", "FT107 f.yaml:1:4: alias `*x` names no finished value above it"),
        ("a: &x [*x]", "FT107 f.yaml:1:8: alias `*x` names no finished value above it"),
        ("a: &x 1\nb: &x {c: *x}", "FT107 f.yaml:2:11: alias `*x` names no finished value above it"),
        ("--- &x a\n--- *x", "FT107 f.yaml:2:5: alias `*x` names no finished value above it"),
        ("a: [1, 2", "FT101 f.yaml:1:4: not YAML: while parsing a flow sequence, did not find expected ',' or ']'"),
        ("a:\n  b: {c\n\n", "FT101 f.yaml:2:6: not YAML: while parsing a flow mapping, did not find expected ',' or '}'"),
        ("a: 'x\n\n", "FT101 f.yaml:1:4: not YAML: while scanning a quoted scalar, found unexpected end of stream"),
        ('a: "\\z"', "FT101 f.yaml:1:5: not YAML: while parsing a quoted scalar, found unknown escape character"),
        ("a: b: c", "FT101 f.yaml:1:5: not YAML: mapping values are not allowed in this context"),
        ("- a\nb: 1", "FT101 f.yaml:2:1: not YAML: while parsing a block collection, did not find expected '-' indicator"),
        ("ü: é\x07", "FT101 f.yaml:1:5: not YAML: unacceptable character #x0007: control characters are not allowed"),
        ("a: 1\nb: \0", "FT101 f.yaml:2:4: not YAML: unacceptable character #x0000: control characters are not allowed"),
        ("%YAML 2.0\n--- a", "FT101 f.yaml:1:1: not YAML: found incompatible YAML document"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, expected: str) -> None:
    assert refused(text) == [expected]


def test_a_tab_as_indentation_gets_a_hint() -> None:
    [problem] = Source(Path("f.yaml"), "a:\n\tb: 1").documents()[1]

    assert (problem.place.line, problem.hint) == (2, "indent with spaces, not with tabs")


def test_reading_goes_on_after_what_is_refused() -> None:
    values, found = Source(Path("f.yaml"), "{a: 1, a: [2], [b]: 3, <<: *n, !t c: 4}\n---\nd: *n").documents()

    assert values == [{"a": 1, "c": 4}, {"d": None}]
    assert [(p.code, p.place.line, p.place.column) for p in found] == [
        ("FT102", 1, 8), ("FT102", 1, 16), ("FT107", 1, 24), ("FT107", 1, 28), ("FT107", 1, 32), ("FT107", 3, 4),
    ]  # fmt: skip


def test_what_stands_before_broken_yaml_is_kept() -> None:
    values, found = Source(Path("f.yaml"), "a: 1\n---\nb: [").documents()

    assert (values, len(found)) == ([{"a": 1}], 1)


def test_aliases_expand_to_a_limited_size() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    assert refused("\n".join(lines)) == [f"FT106 f.yaml:5:10: more than {MAX_NODES} values, aliases expanded"]


@pytest.mark.parametrize(("number", "too_many"), [(MAX_NODES - 1, 0), (MAX_NODES, 1)])
def test_values_are_counted(number: int, too_many: int) -> None:
    assert len(refused("[" + "1," * number + "]")) == too_many


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
def test_depth_is_limited(opening: str, closing: str) -> None:
    read(opening * MAX_DEPTH + "x" + closing * MAX_DEPTH)

    [problem] = refused(opening * 100_000 + "x")
    assert f"nested deeper than {MAX_DEPTH} levels" in problem


PLACES = """\
# ü
kind: Job
"me ta": {näme: 'x y'}
spec: &spec
  list:
    - one
    - {two: 2, 日本: [a, bc]}
    - *spec2
  text: |
    more
  long: a
    plain scalar
---
again: &anchored word
? key
: value
"""


@pytest.mark.parametrize(
    ("index", "steps", "key", "place"),
    [
        (0, (), False, (2, 1, 1)),
        (0, ("kind",), False, (2, 7, 3)),
        (0, ("kind",), True, (2, 1, 4)),
        (0, ("me ta",), True, (3, 1, 7)),  # with its quotes
        (0, ("me ta",), False, (3, 10, 1)),  # a collection is where it begins
        (0, ("me ta", "näme"), True, (3, 11, 4)),
        (0, ("me ta", "näme"), False, (3, 17, 5)),
        (0, ("spec",), False, (4, 7, 1)),
        (0, ("spec", "list"), True, (5, 3, 4)),
        (0, ("spec", "list", 0), False, (6, 7, 3)),
        (0, ("spec", "list", 1, "two"), False, (7, 13, 1)),
        (0, ("spec", "list", 1, "日本"), True, (7, 16, 2)),
        (0, ("spec", "list", 1, "日本", 1), False, (7, 24, 2)),
        (0, ("spec", "list", 2), False, (8, 7, 6)),
        (0, ("spec", "list", 2, "inside", "the alias"), True, (8, 7, 6)),
        (0, ("spec", "text"), False, (9, 9, 1)),
        (0, ("spec", "long"), False, (11, 9, 1)),
        (0, ("spec", "missing"), True, (4, 7, 1)),  # the nearest parent
        (0, ("spec", "list", 9, "missing"), False, (6, 5, 1)),
        (1, (), False, (14, 1, 1)),
        (1, ("again",), False, (14, 8, 14)),  # with its anchor
        (1, ("key",), True, (15, 3, 3)),
        (1, ("key",), False, (16, 3, 5)),
    ],
)
def test_places(index: int, steps: tuple[str | int, ...], key: bool, place: tuple[int, int, int]) -> None:
    found = Source(Path("f.yaml"), PLACES).place(index, steps, key=key)

    assert (found.line, found.column, found.length) == place
    assert found.text == PLACES.splitlines()[found.line - 1]


def test_a_repeated_key_keeps_the_place_of_its_first_value() -> None:
    source = Source(Path("f.yaml"), "a: {b: 1}\na: {b: 2}\n")

    assert source.documents()[0] == [{"a": {"b": 1}}]
    assert [source.place(0, ("a", "b"), key=key).line for key in (True, False)] == [1, 1]


def test_the_caret_counts_characters_not_bytes() -> None:
    [problem] = Source(Path("f.yaml"), "'日本 ü': 1\nk: {日: 1, é: 2, é: 3}").documents()[1]

    assert str(problem) == (
        "error[FT102]: `é` is given twice\n"
        "  --> f.yaml:2:17\n"
        "   |\n"
        " 2 | k: {日: 1, é: 2, é: 3}\n"
        "   |                 ^\n"
        "  hint: keep one of the two"
    )


def test_no_mutation_of_the_quickstart_raises(tmp_path: Path) -> None:
    """Broken files give problems, or other documents by chance; never an exception."""
    shutil.copytree(QUICKSTART, tmp_path, dirs_exist_ok=True)
    files = sorted(tmp_path.glob("*.yaml"))
    for seed in range(400):
        random_ = random.Random(seed)
        file = random_.choice(files)
        text = file.read_text("utf-8")
        mutated = _mutated(text, random_)
        write(tmp_path, {file.name: mutated.encode("utf-8", "surrogatepass")})
        for problem in problems(tmp_path):
            assert problem.place.text in f"{text}{mutated}" or problem.place.path != file
        write(tmp_path, {file.name: text})


_SNIPPETS = (
    "\0 \t \x85 \u2028 \n --- ... : , - ? { } [ ] * & ! | > ' \" % @ ` # << &a *a ~ .inf 1e9 no \ud800 \U0001f600"
)


def _mutated(text: str, random_: random.Random) -> str:
    for _ in range(random_.randint(1, 4)):
        at, until = sorted(random_.randrange(len(text)) for _ in range(2))
        until = min(until, at + random_.choice([0, 0, 1, 3, 200]))
        text = text[:at] + random_.choice([*_SNIPPETS.split(" "), text[until : until + 40]]) + text[until:]
    return text
