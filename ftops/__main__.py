"""The command `ftops`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line. `--version` is answered before anything is imported."""
    if sys.argv[1:] == ["--version"]:
        from ftops import __version__

        print(f"ftops {__version__}")
        return 0
    from ftops.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
