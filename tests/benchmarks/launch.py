"""Runs one command and prints, as JSON, what it took: the little program between pytest and each measured process.

The peak memory that the kernel reports for a process includes that of the process which started it. pytest holds a
hundred megabytes; this program holds ten and imports next to nothing.

Usage: python -I -S launch.py OUTPUT COMMAND [ARGUMENT...]
"""

import json
import os
import sys
import time


def main() -> None:
    """Run the command with its output in a file; print wall and CPU seconds, peak bytes and exit code."""
    output, command = sys.argv[1], sys.argv[2:]
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    actions = [(os.POSIX_SPAWN_DUP2, file, 1), (os.POSIX_SPAWN_DUP2, file, 2)]
    began = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - began
    unit = 1 if sys.platform == "darwin" else 1024
    found = {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * unit,
        "code": os.waitstatus_to_exitcode(status),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
