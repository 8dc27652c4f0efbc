"""Documents in, resources out: composites become what they stand for, and references become links between resources."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ftops.errors import Problem
from ftops.kind import Composite, Draft, Managed
from ftops.resource import Desired, Document, Link, Origin, Reference, Resource, ResourceKey, Spec
from ftops.validation import check, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ftops.load import Workspace


@dataclass(slots=True, repr=False)
class Expansion:
    """The resources of a workspace, linked; `problems` are those of loading and of linking together."""

    workspace: Workspace
    resources: dict[ResourceKey, Resource[Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def expand(workspace: Workspace) -> Expansion:
    """The resources that the documents declare; the order of files and documents makes no difference."""
    expansion = Expansion(workspace, problems=list(workspace.problems))
    for key in sorted(workspace.documents):
        _expand(expansion, workspace.documents[key])
    for document in workspace.documents.values():
        expansion.problems += _broken(expansion, document.origin, document.spec.references())
    for origin, references in workspace.suspects:
        expansion.problems += _broken(expansion, origin, references)
    unlinked = list(expansion.resources)
    for key in unlinked:  # grows while it is walked
        unlinked += _link(expansion, key)
    expansion.resources = dict(sorted(expansion.resources.items()))
    expansion.notes = list(_notes(expansion))
    for resource in expansion.resources.values():
        expansion.problems += _strangers(expansion, resource)
    expansion.problems += [*_same_accounts(workspace), *_same_objects(expansion)]
    return expansion


def _expand(expansion: Expansion, document: Document[Any]) -> None:
    kind = expansion.workspace.kinds.by_name[document.key.kind]
    if isinstance(kind, Managed):
        _add(expansion, Draft(document.key, {}), document, document.spec)
    elif isinstance(kind, Composite):
        for draft in kind.expand(document):
            _make(expansion, draft, document)


def _make(expansion: Expansion, draft: Draft, document: Document[Any]) -> None:
    kind = expansion.workspace.kinds.managed(draft.key.kind)
    spec, problems = check(kind.spec, dict(draft.fields), document.origin, draft.steps)
    expansion.problems += problems
    if spec is not None:
        _add(expansion, draft, document, spec)


def _add(expansion: Expansion, draft: Draft, document: Document[Any], spec: Spec) -> None:
    role = expansion.workspace.kinds.settings("account").name()
    account = next((r.name for r in spec.references() if r.kind == role and not r.edge), "")
    protect = document.metadata.protect
    expansion.resources[draft.key] = Resource(draft.key, spec, account, document.origin, draft.steps, protect)


def _broken(expansion: Expansion, origin: Origin, references: Iterable[Reference]) -> Iterator[Problem]:
    """References of a document to what does not exist."""
    workspace = expansion.workspace
    for reference in references:
        key = ResourceKey(reference.kind, reference.name)
        steps = ("spec", *reference.steps)
        if key not in workspace.names and key not in expansion.resources:
            whole, dot, _ = reference.name.partition(".")
            if dot and any(name.name == whole for name in workspace.names.keys() - workspace.documents.keys()):
                continue  # a part of a document that turned out wrong itself
            names = {k.name for k in (*workspace.names, *expansion.resources) if k.kind == reference.kind}
            hint = nearest(reference.name, names) or f"no {reference.kind} is declared"
            yield Problem("FT201", f"there is no {key}", origin.place(steps), hint)
            continue
        try:
            _target(workspace, reference, "")
        except LookupError as error:
            yield Problem("FT201", str(error.args[0]), origin.place((*steps[:-1], "step")))


def _target(workspace: Workspace, reference: Reference, account: str) -> ResourceKey | Draft:
    """What a reference stands for. Raises LookupError if it names a part that does not exist."""
    key = ResourceKey(reference.kind, reference.name)
    kind = workspace.kinds.by_name.get(reference.kind)
    document = workspace.documents.get(key)
    return kind.target(document, reference, account) if isinstance(kind, Composite) and document else key


def _link(expansion: Expansion, key: ResourceKey) -> list[ResourceKey]:
    """Resolve the references of one resource. Returns the resources that exist only because of them."""
    resource, links, made = expansion.resources[key], [], []
    for reference in resource.spec.references():
        if not reference.edge:
            continue
        try:
            target = _target(expansion.workspace, reference, resource.account)
        except LookupError:
            continue  # reported with the document
        if isinstance(target, Draft):
            if target.key not in expansion.resources:
                document = expansion.workspace.documents[ResourceKey(reference.kind, reference.name)]
                _make(expansion, target, document)
                made.append(target.key)
            target = target.key
        if target in expansion.resources:
            account = expansion.resources[target].account
            links.append(Link(str(reference.steps[0]), target, account, reference.output, reference.choice))
    expansion.resources[key] = replace(resource, links=tuple(links))
    return [key for key in made if key in expansion.resources]


def _same_accounts(workspace: Workspace) -> Iterator[Problem]:
    """Two documents for one account: each would take the other's objects for orphans."""
    seen: dict[str, str] = {}
    for name, spec in workspace.accounts.items():
        address = spec.address(name)
        for word, value in (("resourceId", address.resource_id), ("endpoint", address.data_url)):
            other = seen.setdefault(value.lower(), name)
            if other != name:
                origin = workspace.documents[ResourceKey(workspace.kinds.settings("account").name(), name)].origin
                message = f"account/{other} and account/{name} are the same account"
                yield Problem("FT113", message, origin.place(("spec", word)), "keep one of the two")
                break


def _same_objects(expansion: Expansion) -> Iterator[Problem]:
    """Two resources that would be recognised by one name: each would undo what the other does."""
    marker = getattr(expansion.workspace.project, "marker", "") if expansion.workspace.has_project else ""
    seen: dict[tuple[str, ...], ResourceKey] = {}
    for key, resource in expansion.resources.items():
        kind = expansion.workspace.kinds.managed(key.kind)
        desired = Desired(resource, marker)
        if kind.is_run:
            name, what = ("label", kind.label(desired)), "runs are named"
        elif not kind.versioned:
            name, what = (resource.account, kind.identity(desired)), "objects are named"
        else:
            continue
        other = seen.setdefault((key.kind, *name), key)
        if other != key:
            message = f"{other} and {key}: both {what} `{name[1]}`"
            yield Problem("FT204", message, resource.place(), "give one of them another name, or a `suffix` of its own")


def _notes(expansion: Expansion) -> Iterator[str]:
    """What authors should know about documents that are not wrong."""
    workspace = expansion.workspace
    used = {ResourceKey(r.kind, r.name) for d in workspace.documents.values() for r in d.spec.references()}
    for key, document in workspace.documents.items():
        kind = workspace.kinds.by_name[key.kind]
        yield from (f"{key}: {note}" for note in kind.notes(document.spec))
        if isinstance(kind, Composite) and key not in used and not any(kind.expand(document)):
            yield f"{key} is not used by anything"


def _strangers(expansion: Expansion, resource: Resource[Any]) -> Iterator[Problem]:
    """Links to another account, which only some kinds can follow; the others need to stay where they are."""
    crosses = expansion.workspace.kinds.managed(resource.key.kind).crosses_accounts
    for link in resource.links:
        if crosses == (link.account != resource.account) or not (link.account and resource.account):
            continue
        place = resource.place((link.field,))
        if crosses:
            message = f"{link.target} is in account/{link.account} already"
            yield Problem("FT203", message, place, "use it where it is, or name another account")
        else:
            message = f"{link.target} is in account/{link.account}, {resource.key} in account/{resource.account}"
            hint = f"declare a Copy of it to account/{resource.account} and refer to that: `{{copy: …}}`"
            yield Problem("FT203", message, place, hint)
