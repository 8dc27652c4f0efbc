"""`ftops explain`: what a kind or a field means."""

from __future__ import annotations

import click


@click.command()
@click.argument("what", metavar="KIND[.FIELD]")
def command(what: str) -> int:
    """Describe a kind or one of its fields, such as `Job` or `Job.hyperparameters.n_epochs`. Offline."""
    from ftops.errors import WrongUsage
    from ftops.kinds import discover
    from ftops.report.docs import explain

    try:
        click.echo(explain(discover(), what))
    except LookupError as error:
        raise WrongUsage(*error.args) from None
    return 0
