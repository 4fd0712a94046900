"""A small command with the filter options, as any command can have them: for the tests here."""

import sys
from collections.abc import Iterator

import click

from xlogdecode.cli.filter_options import Asked, filter_options
from xlogdecode.errors import XlogError
from xlogdecode.inputs import open_input
from xlogdecode.merge import Log
from xlogdecode.records import Event
from xlogdecode.records.decoded import iter_events


@click.command()
@click.argument("paths", nargs=-1)
@click.option("-c", "to_stdout", is_flag=True)
@filter_options
def filtering(paths: tuple[str, ...], to_stdout: bool, asked: Asked) -> None:
    def events_of(path: str) -> Iterator[Event]:
        with open_input(path) as source:
            yield from iter_events(source, per_block=asked.per_block)

    out = sys.stdout.buffer
    if asked.count:
        out.writelines(b"%d\n" % asked.counted(events_of(path), path) for path in paths)
        return
    writer = asked.writer(named=asked.merge and len(paths) > 1)
    out.write(writer.header)
    if asked.merge:
        logs = [Log(path, lambda path=path: events_of(path)) for path in paths]
        out.writelines(asked.render_merged(logs, writer))
        return
    for path in paths:
        out.writelines(asked.render(events_of(path), writer, path))


if __name__ == "__main__":
    try:
        filtering(standalone_mode=False)
    except XlogError as error:
        sys.exit(f"xlogdecode: {error}")
