"""The command `ftops`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line. `--version` is answered before anything is imported."""
    if sys.argv[1:] == ["--version"]:
        from ftops import __version__

        print(f"ftops {__version__}")
        return 0
    import gc

    # Nearly everything lives until the end, so looking for garbage in it is half of the time of a large plan.
    gc.set_threshold(100_000, 20, 100)
    from ftops.cli import run

    code = run(sys.argv[1:])
    gc.freeze()
    return code


if __name__ == "__main__":
    sys.exit(main())
