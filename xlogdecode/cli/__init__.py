"""The command line: the only room that knows click, tqdm, the terminal and exit statuses."""

from xlogdecode.cli.app import main

__all__ = ["main"]
