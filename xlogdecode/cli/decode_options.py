"""The options of `decode`, under the headings that its help has."""

import click

from xlogdecode.cli.common_options import PathOption, color_option, key_option, with_options
from xlogdecode.cli.filter_options import FILTERS, FORMS
from xlogdecode.cli.grouped_help import in_group

__all__ = ["decode_options"]

_input = in_group("Input")
_output = in_group("Output")
_instead = in_group("Instead of decoding to files")
_how = in_group("Decoding")
_terminal = in_group("On a terminal")
_messages = in_group("Messages")

_OPTIONS = (
    _input(
        "-r", "--recursive", is_flag=True,
        help="Take the logs in folders and below: *.xlog, LiteAV_*.clog, *.mmap2, *.mmap3, and "
        "imsdk_*.log unless it would only be copied; and archives. No link is followed.",
    ),
    _input("--no-archives", is_flag=True, help="With -r: leave archives in folders alone."),
    key_option(_input),
    *FILTERS.values(),
    *FORMS.values(),
    _output("-c", "--stdout", "to_stdout", is_flag=True, help="Write to standard output."),
    _output(
        "-o", "--output", type=PathOption(urls=True), metavar="PATH",
        help="Write to this file; with -r, archives, several inputs or a / behind it, into this "
        "folder, which mirrors the inputs; - is standard output. A URL is an object in a store.",
    ),
    _output("-f", "--force", is_flag=True, help="Replace an output that exists."),
    _output(
        "-u", "--update", is_flag=True, help="Decode only inputs that are newer than their "
        "output, and replace that.",
    ),
    _output(
        "--rm", "remove", is_flag=True,
        help="Remove a source once its complete text is in place; archives stay.",
    ),
    _output("--utf8", is_flag=True, help="Replace bytes that are not UTF-8."),
    _instead(
        "-l", "--list", "list_them", is_flag=True, help="Show a table of what is in each input."
    ),
    _instead("--json", "as_json", is_flag=True, help="With -l: a JSON object a line."),
    _instead("-t", "--test", is_flag=True, help="Decode everything, write nothing, print whether "
             "it is OK."),
    _instead(
        "-F", "--follow", is_flag=True,
        help="Print a log, and then what is written to it, also after midnight; Ctrl-C ends.",
    ),
    _instead(
        "--with-mmap", is_flag=True,
        help="With -F: also print lines that the app has not flushed yet.",
    ),
    _how(
        "-T", "--processes", "--threads", "processes", type=click.IntRange(0, 256), default=0,
        metavar="N", help="Share the work among N processes; 0 (default): as many as are of use.",
    ),
    _how(
        "--dedup", is_flag=True, help="Write a compressed block that is there twice only once."
    ),
    _how("--no-marks", is_flag=True, help="Leave out the lines that mark losses."),
    _how("--strict", is_flag=True, help="Stop a file at its first damage; leave no output."),
    color_option(_terminal),
    _terminal("--no-pager", is_flag=True, help="Print more than a screen without a pager."),
    _messages("-q", "--quiet", is_flag=True, help="Print errors only."),
    _messages("-v", "--verbose", is_flag=True, help="Print a line on each input, even with -c."),
    _messages(
        "--report", "report_path", type=PathOption(urls=True), metavar="FILE",
        help="Write the result of each input, a JSON object a line; a URL is an object in a store.",
    ),
)  # fmt: skip


decode_options = with_options(_OPTIONS)
"""Gives a command all of them, in the order of the table."""
