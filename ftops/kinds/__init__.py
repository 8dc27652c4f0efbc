"""One module in this folder is one kind; nothing is registered by hand."""

from __future__ import annotations

import importlib.util
import pkgutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftops.kind import Composite, Kind, Kinds, Managed, Settings

if TYPE_CHECKING:
    from types import ModuleType


def discover(*folders: Path) -> Kinds:
    """The kinds of this folder, and of the given ones.

    Raises TypeError, naming the module, if a module does not hold exactly one kind, or one that exists already.
    """
    modules = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    modules += [_load(path) for folder in folders for path in sorted(folder.glob("*.py"))]
    found: dict[str, Kind[Any]] = {}
    for module in modules:
        kind = _only_kind(module)
        if kind.name() in found:
            raise TypeError(f"{module.__name__}: there is a kind `{kind.name()}` already")
        found[kind.name()] = kind
    return Kinds(found.values())


def _only_kind(module: ModuleType) -> Kind[Any]:
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Kind)
        and value.__module__ == module.__name__
        and value not in (Kind, Settings, Composite, Managed)
    ]
    if len(found) != 1:
        raise TypeError(f"{module.__name__}: expected one kind, found {len(found)}")
    return found[0]()


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{__name__}.{path.stem}", path)
    assert spec is not None, path
    assert spec.loader is not None, path
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # so that annotations in it can be resolved
    spec.loader.exec_module(module)
    return module
