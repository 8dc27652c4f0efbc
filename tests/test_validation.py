"""Values and a spec in; problems in the words of the document out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from ftops.document import Source
from ftops.resource import Origin, Spec
from ftops.validation import check, nearest


class Inner(Spec):
    also_written_as = "a word or "

    number: Annotated[int, Field(ge=1, le=9)] | Literal["auto"] | None = None
    texts: Annotated[list[str], Field(min_length=1)] | None = None
    renamed: str | None = Field(default=None, alias="copy")


class Outer(Spec):
    word: Annotated[str, Field(pattern=r"^[a-z]+$")]
    colour: Literal["red", "green"] = "red"
    share: Annotated[float, Field(gt=0)] | None = None
    flag: bool = False
    inner: Inner = Inner()
    many: list[Inner] | None = None
    free: dict[str, Any] = Field(default_factory=dict)


def problems(spec: str) -> list[str]:
    source = Source(Path("f.yaml"), f"spec: {spec}")
    [value], _ = source.documents()
    _, found = check(Outer, value["spec"], Origin(source, 0), ("spec",))
    return [
        f"{p.code} {p.place.text[p.place.column - 1 :][: p.place.length]} | {p.message}{' | ' * bool(p.hint)}{p.hint}"
        for p in found
    ]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("{word: a, share: 1, free: {any: [thing, 1]}}", []),
        ("{}", ["FT105 spec | `word` is missing | add it"]),
        ("{word: A}", ["FT104 A | `word` must be text that matches `^[a-z]+$`"]),
        ("{word: 12}", ["FT104 12 | `word` must be text"]),
        ("{word: ~}", ["FT104 ~ | `word` must be text"]),
        ("{word: a, colour: rad}", ["FT104 rad | `colour` must be `red` or `green` | did you mean `red`?"]),
        ("{word: a, colour: Green}", ["FT104 Green | `colour` must be `red` or `green` | did you mean `green`?"]),
        ("{word: a, colour: blue}", ["FT104 blue | `colour` must be `red` or `green` | known: `green`, `red`"]),
        ("{word: a, colour: 3}", ["FT104 3 | `colour` must be `red` or `green`"]),
        ("{word: a, share: 0}", ["FT104 0 | `share` must be more than 0"]),
        ("{word: a, share: '1'}", ["FT104 '1' | `share` must be a number"]),
        ("{word: a, flag: no}", ["FT104 no | `flag` must be true or false"]),
        ("{word: a, flag: 1}", ["FT104 1 | `flag` must be true or false"]),
        ("{word: a, inner: {number: 0}}", ["FT104 0 | `inner.number` must be at least 1 or `auto`"]),
        ("{word: a, inner: {number: 10}}", ["FT104 10 | `inner.number` must be at most 9 or `auto`"]),
        ("{word: a, inner: {number: 1.0}}", ["FT104 1.0 | `inner.number` must be a whole number or `auto`"]),
        ("{word: a, inner: {number: Auto}}", ["FT104 Auto | `inner.number` must be a whole number or `auto`"]),
        ("{word: a, inner: {texts: []}}", ["FT104 texts | `inner.texts` must be a list of at least 1"]),
        ("{word: a, inner: {texts: b}}", ["FT104 b | `inner.texts` must be a list"]),
        ("{word: a, inner: {texts: [b, 2]}}", ["FT104 2 | `inner.texts[1]` must be text"]),
        ("{word: a, inner: 3}", ["FT104 3 | `inner` must be a word or a mapping"]),
        ("{word: a, inner: {numbr: 3}}", ["FT103 numbr | unknown key `numbr` | did you mean `number`?"]),
        ("{word: a, inner: {renamed: x}}", ["FT103 renamed | unknown key `renamed` | known: `copy`, `number`, `texts`"]),
        ("{word: a, many: [{}, {nmber: 3}]}", ["FT103 nmber | unknown key `nmber` | did you mean `number`?"]),
        ("{word: a, many: [{}, 7]}", ["FT104 7 | `many[1]` must be a word or a mapping"]),
        ("{word: a, free: []}", ["FT104 free | `free` must be a mapping"]),
        ("{word: a, FLAG: true}", ["FT103 FLAG | unknown key `FLAG` | did you mean `flag`?"]),
        ("[]", ["FT104 spec | `spec` must be a mapping"]),
        (
            "{wrd: 1, flag: 2, inner: {number: x, copy: 3}}",
            [
                "FT105 spec | `word` is missing | add it",
                "FT103 wrd | unknown key `wrd` | did you mean `word`?",
                "FT104 2 | `flag` must be true or false",
                "FT104 x | `inner.number` must be a whole number or `auto`",
                "FT104 3 | `inner.copy` must be text",
            ],
        ),
    ],
)  # fmt: skip
def test_check(spec: str, expected: list[str]) -> None:
    assert problems(spec) == expected


@pytest.mark.parametrize(
    ("word", "words", "hint"),
    [
        ("Jb", ["Job", "Chain"], "did you mean `Job`?"),
        ("JOB", ["Job", "Chain"], "did you mean `Job`?"),
        ("zzz", ["b", "a"], "known: `a`, `b`"),
        ("", ["b", "a"], "known: `a`, `b`"),
        ("zzz", [], ""),
        ("zzz", [str(n) for n in range(21)], ""),
        ("job", {"job", "jobs"}, "did you mean `job`?"),
    ],
)
def test_nearest(word: str, words: list[str], hint: str) -> None:
    assert nearest(word, words) == hint
