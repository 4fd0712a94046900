"""`xlogdecode lnav`: how lnav reads the text of these logs."""

import click

__all__ = ["lnav_command"]


@click.command("lnav", context_settings={"help_option_names": ["-h", "--help"]})
def lnav_command() -> int:
    """Print the log formats for lnav: into ~/.lnav/formats/xlog/xlog.json with it."""
    from xlogdecode.writers.lnav import lnav_formats

    click.echo(lnav_formats(), nl=False)
    return 0
