"""The schema that editors use: current, strict where the loader is, and with a sentence for every field."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from ftops.cli import run
from ftops.kinds import discover
from ftops.report.docs import explain, schema

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "specs" / "ftops.schema.json"
SCAFFOLD = ROOT / "ftops" / "cli" / "scaffold"
FILES = sorted([*(ROOT / "specs" / "quickstart").glob("*.yaml"), *SCAFFOLD.glob("*.yaml")])
DOCUMENTS = {
    f"{path.parent.name}/{path.name}:{document['kind']}:{document['metadata']['name']}": document
    for path in FILES
    for document in yaml.safe_load_all(path.read_text().replace("MARKER", "demo"))
}
VALIDATOR = Draft202012Validator(schema(discover()))


def test_the_committed_schema_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert capsys.readouterr().out == SCHEMA.read_text(), "renew it: ftops schema > specs/ftops.schema.json"


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema(discover()))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_our_documents_are_valid(name: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(DOCUMENTS[name])] == []


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}/{path.name}" for path in FILES])
def test_our_files_tell_editors_where_the_schema_is(path: Path) -> None:
    """The scaffold's files lie beside the schema that `init` writes, the quickstart's below it."""
    where = "./" if path.parent == SCAFFOLD else "../"
    assert path.read_text().splitlines()[0] == f"# yaml-language-server: $schema={where}ftops.schema.json"


def test_every_kind_has_a_document_here() -> None:
    assert {document["kind"] for document in DOCUMENTS.values()} == set(discover().words())


def document(kind: str) -> Any:
    found = next(one for name, one in DOCUMENTS.items() if one["kind"] == kind and name.startswith("quickstart"))
    return copy.deepcopy(found)


@pytest.mark.parametrize(
    ("kind", "steps", "value"),
    [
        ("Job", ["spec", "n_epochs"], 3),
        ("Job", ["spec", "hyperparameters", "n_epoch"], 3),
        ("Job", ["spec", "hyperparameters", "n_epochs"], 0),
        ("Job", ["spec", "hyperparameters", "n_epochs"], "many"),
        ("Job", ["spec", "trainingType"], "Global"),
        ("Job", ["spec", "method"], "sft"),
        ("Job", ["spec", "method"], {"type": "sft"}),
        ("Job", ["spec", "model"], {"jobs": "support"}),
        ("Job", ["spec", "suffix"], "a.b"),
        ("Job", ["spec", "state"], "stopped"),
        ("Job", ["spec", "training"], None),
        ("Job", ["metadata", "name"], "Not OK"),
        ("Job", ["metadata", "labels"], {}),
        ("Job", ["kind"], "Jb"),
        ("Job", ["kind"], "job"),
        ("Job", ["apiVersion"], "ftops/v2"),
        ("Job", ["status"], {}),
        ("Job", ["spec"], None),
        ("Chain", ["spec", "steps"], []),
        ("Chain", ["spec", "steps", 0, "epochs"], 1),
        ("Copy", ["spec", "model"], "gpt-4.1"),
        ("Dataset", ["spec", "format"], "csv"),
        ("Deployment", ["spec", "sku"], "globalstandard"),
        ("Deployment", ["spec", "capacity"], 0),
        ("Account", ["spec", "resourceId"], "sweden"),
        ("Project", ["spec", "marker"], "TOO-LONG-A-MARKER"),
    ],
)
def test_wrong_documents_are_not_valid(kind: str, steps: list[Any], value: Any) -> None:
    wrong = document(kind)
    assert VALIDATOR.is_valid(wrong)
    *path, last = steps
    place = wrong
    for step in path:
        place = place[step]
    place[last] = value
    assert not VALIDATOR.is_valid(wrong)


@pytest.mark.parametrize("field", ["account", "model", "training"])
def test_a_missing_field_is_not_valid(field: str) -> None:
    wrong = document("Job")
    del wrong["spec"][field]
    assert not VALIDATOR.is_valid(wrong)


def test_an_editor_complains_about_the_named_kind_only() -> None:
    """With `oneOf` a typo in a Job brings a page of errors about all other kinds."""
    wrong = document("Job")
    wrong["spec"]["trainin"] = "x"

    (error,) = VALIDATOR.iter_errors(wrong)
    assert error.message == "Additional properties are not allowed ('trainin' was unexpected)"
    assert "oneOf" not in SCHEMA.read_text()


def properties(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every property anywhere in a schema, by its path."""
    if isinstance(node, dict):
        for name, found in node.get("properties", {}).items():
            if path.rpartition("/")[2] != "if":
                yield f"{path}/{name}", found
        for key, value in node.items():
            yield from properties(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from properties(value, f"{path}/{index}")


def test_every_property_has_a_description() -> None:
    whole = json.loads(SCHEMA.read_text())
    found = [(path, node) for path, node in properties(whole) if not path.startswith("/allOf")]
    assert len(found) > 70
    assert [path for path, node in found if not node.get("description", "").strip()] == []


@pytest.mark.parametrize("word", discover().words())
def test_every_kind_is_explained_with_all_its_fields(word: str) -> None:
    kinds = discover()
    kind = kinds.of_word(word)
    assert kind is not None
    text = explain(kinds, word)
    for name, info in kind.spec.model_fields.items():
        assert f"\n  {info.alias or name}  <" in text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("Project.limits.runs", "type     whole number"),
        ("Account.auth.type", "type     entra | key"),
        ("Chain.steps", "type     list of mapping"),
        ("Chain.steps.name", "required"),
        ("Deployment.model.copy", "type     name of a copy"),
        ("Job.validation", "type     name of a dataset"),
        ("Job.method", "type     supervised | dpo | reinforcement or mapping"),
        ("Job.hyperparameters.beta", "type     number or auto"),
        ("dataset.format", "default  chat"),
    ],
)
def test_a_field_is_explained(path: str, words: str) -> None:
    assert f"\n  {words}\n" in f"{explain(discover(), path)}\n"


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("Jobs", "there is no kind `Jobs`", "did you mean `Job`?"),
        ("File", "there is no kind `File`", ""),  # it follows from others; nobody writes one
        ("Job.modle", "`Job.modle`: there is no `modle`", "did you mean `model`?"),
        ("Job.seed.x", "`Job.seed.x`: there is no `x`", ""),
    ],
)
def test_what_cannot_be_explained(path: str, message: str, hint: str) -> None:
    with pytest.raises(LookupError) as caught:
        explain(discover(), path)
    assert caught.value.args[0] == message
    assert hint in caught.value.args[1]
