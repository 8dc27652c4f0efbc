"""numpy, with one thread: more of them make small matrices slower, on a busy machine tenfold (measured)."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

if "numpy" not in sys.modules:
    # Read once, when the library loads; the user's environment is not ours to change for longer.
    _former = {name: os.environ.get(name) for name in _VARIABLES}
    os.environ.update(dict.fromkeys(_VARIABLES, "1"))
    try:
        import numpy as np
    finally:
        for _name, _value in _former.items():
            if _value is None:
                del os.environ[_name]
            else:
                os.environ[_name] = _value
else:
    import numpy as np

from numpy.typing import NDArray  # noqa: E402  (numpy must not load before the lines above)

__all__ = ["Bools", "Doubles", "Floats", "Integers", "blas_threads", "np", "one_thread"]

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]


@cache
def _openblas() -> tuple[ctypes.CDLL, str] | None:
    """The library that numpy's wheels bring along, and what its functions end in."""
    home = Path(np.__file__).parent
    places = (home.parent / "numpy.libs", home / ".dylibs")
    for path in sorted(path for place in places for path in place.glob("*openblas*")):
        library = ctypes.CDLL(str(path))
        for suffix in ("64_", ""):
            if hasattr(library, f"scipy_openblas_set_num_threads{suffix}"):
                return library, suffix
    return None


def blas_threads() -> int | None:
    """None if numpy uses a library of a kind we do not know."""
    if found := _openblas():
        return int(getattr(found[0], f"scipy_openblas_get_num_threads{found[1]}")())
    return None


@contextmanager
def one_thread() -> Iterator[None]:
    """Also if somebody loaded numpy before us, with as many threads as there are cores."""
    before = blas_threads()
    found = _openblas()
    if before in (None, 1) or found is None:
        yield
        return
    set_threads = getattr(found[0], f"scipy_openblas_set_num_threads{found[1]}")
    set_threads(1)
    try:
        yield
    finally:
        set_threads(before)
