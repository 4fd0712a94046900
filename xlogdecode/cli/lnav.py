"""`xlogdecode lnav`: how lnav reads the text of these logs."""

from importlib.resources import files

import click

__all__ = ["lnav_command"]


@click.command("lnav", context_settings={"help_option_names": ["-h", "--help"]})
def lnav_command() -> int:
    """Print the log formats for lnav: into ~/.lnav/formats/xlog/xlog.json with it."""
    click.echo(files("xlogdecode").joinpath("data/xlog.lnav.json").read_text("utf-8"), nl=False)
    return 0
