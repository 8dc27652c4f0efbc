"""Arguments in, exit code out. Commands are imported when they are called."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

OK, FAILED, CHANGES, INVALID, IN_PROGRESS, USAGE, INTERRUPTED = 0, 1, 2, 3, 5, 64, 130

_COMMANDS = {
    "init": "Write a project that works on the emulator.",
    "validate": "Check the specs, offline.",
    "plan": "Show what would change, and why.",
    "apply": "Make the changes of a plan.",
    "reconcile": "Plan and apply without questions, once or again and again.",
    "status": "Show the phase of every resource, and what it waits for.",
    "graph": "Draw what needs what.",
    "events": "Show the events of a training run.",
    "explain": "Describe a kind or one of its fields.",
    "schema": "Print the JSON Schema of the documents.",
    "destroy": "Delete deployments, which cost money while they idle.",
    "emulator": "Serve, reset or advance the emulator.",
}

#: Options that may stand alone or with a value after `=`, and what they mean alone.
_ALONE = {"--emulator": ".ftops/emulator.db", "--wait": "forever"}


class _Commands(click.Group):
    def list_commands(self, context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = importlib.import_module(f"ftops.cli.commands.{name}")
        command: click.Command = module.command
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from ftops.validation import nearest

            raise click.UsageError(f"there is no command `{args[0]}`; {nearest(args[0], _COMMANDS)}", context)
        return super().resolve_command(context, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name=None, version=None, message="", expose_value=False, callback=lambda *_: None)
def _cli() -> None:
    """GitOps for fine-tuning on Azure OpenAI: Git holds what should be, Azure holds what is.

    \b
    Try it without a cloud account:
      ftops init demo && cd demo
      ftops apply --emulator --wait
    """


def run(arguments: list[str]) -> int:
    """Run one command.

    Returns the exit code: 0 done, 1 failed, 2 changes pending, 3 specs invalid, 5 in progress, 64 wrong usage,
    130 interrupted.
    """
    try:
        code = _cli.main([_with_value(a) for a in arguments], prog_name="ftops", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return USAGE
    except click.UsageError as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return _interrupted()
    except Exception as error:
        return told(error)
    return code if isinstance(code, int) else OK


def told(error: Exception) -> int:
    """Tell an error that was raised on purpose; let any other show its traceback."""
    from ftops.errors import FtopsError, SpecsInvalid, WrongUsage, printable

    if not isinstance(error, FtopsError):
        raise error
    if isinstance(error, SpecsInvalid):
        from ftops.report.text import problems

        click.echo(problems(error.problems), err=True)
        return INVALID
    click.echo(f"error: {printable(error.message)}", err=True)
    if error.hint:
        click.echo(f"hint: {printable(error.hint)}", err=True)
    return USAGE if isinstance(error, WrongUsage) else FAILED


def _interrupted() -> int:
    click.echo("\ninterrupted; nothing is lost: run the same command again to go on", err=True)
    return INTERRUPTED


def _with_value(argument: str) -> str:
    return f"{argument}={_ALONE[argument]}" if argument in _ALONE else argument


def wants_color() -> bool:
    """Whether stdout should be coloured: NO_COLOR and FORCE_COLOR decide, else whether it is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    stream: Any = sys.stdout
    return bool(stream.isatty()) and os.environ.get("TERM") != "dumb"
