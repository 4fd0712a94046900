"""`xlogdecode lnav`: how lnav reads the text of these logs."""

import click

from xlogdecode.cli.grouped_help import Command

__all__ = ["lnav_command"]


@click.command("lnav", cls=Command)
def lnav_command() -> int:
    """Print the log formats for lnav: into ~/.lnav/formats/xlog/xlog.json with it."""
    from xlogdecode.writers.lnav import lnav_formats

    click.echo(lnav_formats(), nl=False)
    return 0
