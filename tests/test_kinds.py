"""What every kind keeps to, and how one more is added: by a file and nothing else."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, get_args

import pytest

import ftops.fields
from ftops.errors import Problem
from ftops.expand import expand
from ftops.graph import build, with_revisions
from ftops.kind import Composite, Kind, Kinds, Managed, Settings
from ftops.kinds import discover
from ftops.load import load
from ftops.resource import Desired, Link, Metadata, Observed, Phase, Ref, Resource, ResourceKey, Spec, Unversioned
from tests.specs import BASE, document, graph_of, job, write

ALL = list(discover().by_name.values())


def specs_in(annotation: Any) -> Iterator[type[Spec]]:
    """The specs that a type is made of, those inside them included."""
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        yield annotation
        for info in annotation.model_fields.values():
            yield from specs_in(info.annotation)
    for argument in get_args(annotation):
        yield from specs_in(argument)


def marks(kind: Kind[Any]) -> Iterator[Ref]:
    for spec in specs_in(kind.spec):
        for info in spec.model_fields.values():
            yield from (mark for mark in info.metadata if isinstance(mark, Ref))


@pytest.fixture(params=ALL, ids=[kind.name() for kind in ALL])
def kind(request: pytest.FixtureRequest) -> Kind[Any]:
    found: Kind[Any] = request.param
    return found


def test_the_kinds_that_users_write() -> None:
    assert discover().words() == ["Account", "Chain", "Copy", "Dataset", "Deployment", "Job", "Project"]


def test_a_kind_is_named_like_its_file(kind: Kind[Any]) -> None:
    assert Path(inspect.getfile(type(kind))).stem == kind.name() == type(kind).__name__.lower()


def test_a_kind_is_of_one_sort(kind: Kind[Any]) -> None:
    assert sum(isinstance(kind, sort) for sort in (Settings, Composite, Managed)) == 1


def test_references_name_kinds_that_exist(kind: Kind[Any]) -> None:
    assert {mark.kind for mark in marks(kind)} <= set(discover().by_name)


def test_every_managed_kind_says_where_it_lives(kind: Kind[Any]) -> None:
    accounts = [mark for mark in marks(kind) if mark.kind == "account"]

    assert len(accounts) == isinstance(kind, Managed) or isinstance(kind, Composite)
    assert not any(mark.edge for mark in accounts)


def test_a_new_field_of_a_versioned_kind_would_change_no_revision(kind: Kind[Any]) -> None:
    """Whatever enters a revision is required from the first day, or left out of it while it has its default."""
    required = {name for name, info in kind.spec.model_fields.items() if info.is_required()}

    if isinstance(kind, Managed) and kind.versioned:
        assert required <= {"account", "model", "training", "dataset"}


def test_a_kind_and_its_fields_are_explained(kind: Kind[Any]) -> None:
    assert inspect.getdoc(type(kind))
    if kind.is_document:
        found: list[type[Spec]] = [Metadata, *specs_in(kind.spec)]
        for spec in found:
            assert spec.__doc__, spec
            assert not unexplained(spec), spec


def unexplained(spec: type[Spec]) -> list[str]:
    """The fields of a spec, inherited ones apart, that no docstring follows."""
    [body] = [
        node.body
        for node in ast.walk(ast.parse(inspect.getsource(sys.modules[spec.__module__])))
        if isinstance(node, ast.ClassDef) and node.name == spec.__name__
    ]
    missing = []
    for node, after in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.AnnAssign) or "ClassVar" in ast.unparse(node.annotation):
            continue
        if not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)):
            missing.append(ast.unparse(node.target))
    return missing


def test_no_spec_of_a_user_is_out_of_reach_of_the_kinds() -> None:
    """So that the check above sees every one."""
    modules: list[ModuleType] = [ftops.fields, *(sys.modules[type(kind).__module__] for kind in ALL)]
    defined = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Spec) and value is not Spec and value is not Metadata
    }
    reached = {spec for kind in ALL for found in specs_in(kind.spec) for spec in found.__mro__}

    assert defined <= reached


COMPARED = [
    job("a", state="running", seed=1, suffix="s", attempt=2, hyperparameters={"n_epochs": 2}),
    document("Copy", "a", account="eastus2", model={"job": "a"}),
]


def test_of_a_versioned_kind_only_the_state_is_compared(tmp_path: Path) -> None:
    """Any other difference is another revision, not an update."""
    found = graph_of(tmp_path, *COMPARED)
    versioned = {kind.name() for kind in ALL if isinstance(kind, Managed) and kind.versioned}
    seen = set()
    for key, resource in found.resources.items():
        inputs = {link.field: "value" for link in resource.links}
        observed = Observed(key.kind, resource.account, "", "", Phase.PROGRESSING, fields={"state": "running"})
        compared = found.kinds.managed(key.kind).compared(Desired(resource, "demo", inputs), observed)
        assert set(compared) <= {"state"}
        seen.add(key.kind)

    assert seen == versioned


INDEX = '''
"""An index of a model's answers: a kind that ftops does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from ftops.fields import ModelReference
from ftops.kind import Managed
from ftops.resource import Desired, Observed, Phase, Ref, Spec

if TYPE_CHECKING:
    from ftops.service import Services


class IndexSpec(Spec):
    """What is indexed."""

    account: Annotated[str, Ref("account", edge=False)]
    """Name of the Account."""
    model: ModelReference
    """What answers."""
    shards: int = 1
    """How many parts."""


class Index(Managed[IndexSpec]):
    """An index of a model's answers."""

    spec = IndexSpec
    versioned: ClassVar[bool] = True

    def identity(self, desired: Desired[IndexSpec]) -> str:
        return f"{desired.project}-{desired.revision}"

    async def observe(self, services: Services, account: str, project: str) -> Any:
        yield Observed("index", account, "demo-1", "id-1", Phase.READY)

    async def poll(self, services: Services, observed: Observed, project: str) -> Observed:
        return observed

    async def create(self, services: Services, desired: Desired[IndexSpec]) -> Observed:
        return Observed("index", desired.account, self.identity(desired), "id-1", Phase.PROGRESSING)
'''


def test_a_kind_is_added_by_one_file(tmp_path: Path) -> None:
    kinds = discover(write(tmp_path / "kinds", {"index.py": INDEX}))
    files = {"specs.yaml": document("Index", "answers", account="sweden", model={"job": "a"}, shards=2) + job("a")}
    found = with_revisions(build(expand(load(write(tmp_path / "specs", BASE | files), kinds))))
    key = ResourceKey("index", "answers")
    resource: Resource[Any] = found.resources[key]

    assert "Index" in kinds.words()
    assert [str(key) for key in found.resources] == ["file/train@sweden", "job/a", "index/answers"]
    assert resource.links == (Link("model", ResourceKey("job", "a"), "sweden", "model", "final"),)
    assert resource.spec.shards == 2
    assert len(resource.revision) == 16
    assert found.kinds.managed("index").identity(Desired(resource, "demo")) == f"demo-{resource.revision}"


def index_problems(root: Path, **spec: Any) -> list[Problem]:
    kinds = discover(write(root / "kinds", {"index.py": INDEX}))
    return load(write(root / "specs", BASE | {"specs.yaml": document("Index", "answers", **spec)}), kinds).problems


def test_documents_of_an_added_kind_are_checked(tmp_path: Path) -> None:
    found = index_problems(tmp_path, account="sweden", model="gpt-4.1", shads=2)

    assert [(p.code, p.message, p.hint) for p in found] == [("FT103", "unknown key `shads`", "did you mean `shards`?")]


def test_without_its_file_the_kind_is_unknown(tmp_path: Path) -> None:
    write(tmp_path, BASE | {"specs.yaml": document("Index", "answers")})

    assert [p.message for p in load(tmp_path, discover()).problems] == ["unknown kind `Index`"]


@pytest.mark.parametrize(
    ("source", "number"),
    [("", 0), ("from ftops.kinds.job import Job\n", 0), (INDEX + "\n\nclass Other(Index):\n    pass\n", 2)],
)
def test_a_module_holds_one_kind(tmp_path: Path, source: str, number: int) -> None:
    write(tmp_path, {"several.py": source})

    with pytest.raises(TypeError, match=rf"^ftops\.kinds\.several: expected one kind, found {number}$"):
        discover(tmp_path)


def test_discovering_twice_gives_the_same_kinds_and_keeps_nothing(tmp_path: Path) -> None:
    discover(write(tmp_path, {"index.py": INDEX}))

    assert discover().by_name.keys() == {kind.name() for kind in ALL}
    assert isinstance(discover(), Kinds)


def test_marks_are_seen_through_optional_and_nested_types() -> None:
    """The checks above rest on it."""

    class Inner(Spec):
        job: Annotated[str | None, Ref("job"), Unversioned()] = None

    class Outer(Spec):
        inner: list[Inner] | None = None

    assert list(specs_in(Outer)) == [Outer, Inner]
