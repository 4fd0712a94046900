"""`xlogdecode completion`: what a shell needs to complete the command line."""

import os
from pathlib import Path
from typing import Final

import click
from click.shell_completion import get_completion_class

from xlogdecode.cli.grouped_help import Command
from xlogdecode.errors import UsageError
from xlogdecode.platform.files import SaveFile

__all__ = ["completion"]

_PLACES: Final = {
    "bash": ("XDG_DATA_HOME", ".local/share", "bash-completion/completions/xlogdecode"),
    "zsh": ("XDG_DATA_HOME", ".local/share", "zsh/site-functions/_xlogdecode"),
    "fish": ("XDG_CONFIG_HOME", ".config", "fish/completions/xlogdecode.fish"),
}
"""Shell -> the variable with the base folder, its default in the home folder, the file below it."""

_HINTS: Final = {
    "bash": "open a new shell (it needs the package bash-completion)",
    "zsh": "put before compinit in ~/.zshrc: fpath=({folder} $fpath)",
    "fish": "open a new shell",
}


@click.command("completion", cls=Command)
@click.argument("shell", required=False, metavar="[bash|zsh|fish]")
@click.option("--install", is_flag=True, help="Write it where the shell looks for it.")
@click.pass_context
def completion(
    context: click.Context,
    shell: str | None,
    install: bool,  # noqa: FBT001 - click passes by name
) -> None:
    """Print or install completion for bash, zsh or fish; the default is the shell in SHELL."""
    shell = shell or Path(os.environ.get("SHELL", "")).name
    if shell not in _PLACES:
        raise UsageError(f"{shell or 'SHELL'}: is not a known shell; use bash, zsh or fish")
    script = _script(context, shell)
    if not install:
        click.echo(script)
        return
    path = _path(shell)
    path.parent.mkdir(parents=True, exist_ok=True)
    with SaveFile(path, replace=True) as file:
        file.write(f"{script}\n".encode())
    click.echo(f"{path}: written; {_HINTS[shell].format(folder=path.parent)}")


def _script(context: click.Context, shell: str) -> str:
    maker = get_completion_class(shell)
    if maker is None:
        raise UsageError(f"{shell}: has no completion; use bash, zsh or fish")
    root = context.find_root()
    return maker(root.command, {}, "xlogdecode", "_XLOGDECODE_COMPLETE").source()


def _path(shell: str) -> Path:
    variable, default, below = _PLACES[shell]
    base = os.environ.get(variable)
    return (Path(base) if base else Path.home() / default) / below
