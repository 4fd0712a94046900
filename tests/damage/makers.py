"""Each kind of damage, made of a good sample with a seeded dice: a table of generators of cases."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.damage.samples import Sample, sample_of
from tests.damage.truth import Case, Edit, Piece, damaged
from tests.mars import Block, block, crash_buffer, file_of

Maker = Callable[[Sample, random.Random], Iterator[Case]]
ONE = (1, 1)
HUGE = (1 << 20, 1 << 31, 0xFFFFFFFF)
ANY = (0, 1)
"""Where an overwritten byte need not show: no format here has a checksum."""


def _edited(name: str, sample: Sample, *edits: Edit, losses: tuple[int, int] = ONE) -> Case:
    return damaged(name, sample.blocks, edits, losses)


def _whole(name: str, blocks: list[Block]) -> Case:
    """Blocks that are all intact, in whatever order."""
    return damaged(name, blocks, (), (0, 0))


def _picks(sample: Sample, dice: random.Random, count: int = 3) -> list[int]:
    """Return the first block, the last one, and some between."""
    last = len(sample.blocks) - 1
    return [0, last, *dice.sample(range(1, last), count)]


def cut_tails(sample: Sample, dice: random.Random) -> Iterator[Case]:
    size = sample.start_of(len(sample.blocks))
    begin, end = sample.payload_of(len(sample.blocks) - 1)
    starts = [sample.start_of(len(sample.blocks) - 1) + 1, begin - 1, begin, end - 1]
    for at in [*starts, *(dice.randrange(begin, end) for _ in range(4)), dice.randrange(1, size)]:
        if at not in (sample.start_of(number) for number in range(len(sample.blocks))):
            yield _edited(f"cut at {at}", sample, Edit(at, size))
    yield _edited("cut before the last tailer", sample, Edit(end, size), losses=ANY)


def torn_blocks(sample: Sample, dice: random.Random) -> Iterator[Case]:
    for number in _picks(sample, dice):
        begin, end = sample.payload_of(number)
        cut = dice.randrange(begin, end)
        yield _edited(f"block {number} torn at {cut}", sample, Edit(cut, end + 1))
    for count in (0, 1):
        *good, torn = sample.blocks[count : 2 * count + 1]
        start = _size(good)
        cut = start + dice.randrange(torn.kind.header_size, len(torn.data) - 1)
        edit = Edit(cut, start + len(torn.data))
        yield damaged(f"{count} good and a torn one", [*good, torn], [edit], ONE)


def glued_over_a_tear(sample: Sample, dice: random.Random) -> Iterator[Case]:
    """Bytes lost from within one block into another, as a lost write leaves it."""
    for number in (0, len(sample.blocks) - 3):
        start = dice.randrange(*sample.payload_of(number))
        stop = dice.randrange(*sample.payload_of(number + 1))
        left = start - sample.start_of(number) + sample.start_of(number + 2) - stop
        fits = sample.kind.codec == "plain" and left == len(sample.blocks[number].data)
        losses = (0 if fits else 1, 1)  # what is left may make up a plain block by chance
        yield _edited(f"{start} to {stop} lost", sample, Edit(start, stop), losses=losses)


def garbage(sample: Sample, dice: random.Random) -> Iterator[Case]:
    places = {"head": 0, "middle": sample.start_of(3), "end": sample.start_of(len(sample.blocks))}
    for place, at in places.items():
        for size in (2, 13, 100, 5000):
            noise = dice.randbytes(size - 1) + b"\xfe"  # zeros at the end would be fill
            yield _edited(f"{size} at the {place}", sample, Edit(at, at, noise))
        for value in (*range(1, 14), 0x20, 0x5B, 0x7E, 0xFF):
            noise = bytes([value])
            yield _edited(f"{value:#x} at the {place}", sample, Edit(at, at, noise))
        for magic in range(1, 14):
            noise = bytes([magic]) + dice.randbytes(119) + b"\xfe"
            yield _edited(f"121 from {magic:#x} on at the {place}", sample, Edit(at, at, noise))
    edits = [Edit(at, at, dice.randbytes(64) + b"\xfe") for at in places.values()]
    yield _edited("in three places", sample, *edits, losses=(3, 3))


def big_garbage(sample: Sample, dice: random.Random) -> Iterator[Case]:
    at = sample.start_of(3)
    yield _edited("3 MB in the middle", sample, Edit(at, at, dice.randbytes(3_000_000)))


def holes(sample: Sample, dice: random.Random) -> Iterator[Case]:
    for number in _picks(sample, dice)[2:]:
        begin, end = sample.payload_of(number)
        size = min(40, (end - begin) // 2)
        start = dice.randrange(begin, end - size)
        yield _edited(f"in block {number}", sample, _zeros(start, start + size), losses=ANY)
        yield _edited(f"to the end of {number}", sample, _zeros(start, end + 1), losses=ANY)
        yield _edited(f"all of the payload of {number}", sample, _zeros(begin, end))
    begin = dice.randrange(*sample.payload_of(1))
    end = dice.randrange(*sample.payload_of(4))
    yield _edited("over several blocks", sample, _zeros(begin, end))
    begin, end = sample.start_of(1), sample.start_of(3)
    yield _edited("where blocks were", sample, _zeros(begin, end))
    yield _edited("at the head", sample, _zeros(0, sample.start_of(1)))
    at = sample.start_of(2)
    for size in (1, 8, 4096):
        yield _edited(f"{size} zeros between blocks", sample, Edit(at, at, bytes(size)))
    size = sample.start_of(len(sample.blocks))
    yield _edited("zeros at the end", sample, Edit(size, size, bytes(4096)), losses=(0, 0))


def _zeros(start: int, stop: int) -> Edit:
    return Edit(start, stop, bytes(stop - start))


def overwritten(sample: Sample, dice: random.Random) -> Iterator[Case]:
    for number in _picks(sample, dice):
        start = sample.start_of(number)
        head = sample.kind_of(number).header_size
        begin, end = sample.payload_of(number)
        at = dice.randrange(begin, end - 8)
        text = not sample.kind_of(number).compressed
        noise = b"\x01\x7f#~[" if text else dice.randbytes(5)
        yield _edited(f"payload of {number}", sample, Edit(at, at + 5, noise), losses=ANY)
        yield _edited(
            f"a bit in the payload of {number}", sample, _flip(sample, at, dice), losses=ANY
        )
        noise = b"\x7f" + dice.randbytes(head - 1)
        yield _edited(f"header of {number}", sample, Edit(start, start + head, noise))
        noise = b"\x7f" + dice.randbytes(head + 19)
        yield _edited(
            f"from the header of {number} on", sample, Edit(start, start + head + 20, noise)
        )


def _flip(sample: Sample, at: int, dice: random.Random) -> Edit:
    byte = file_of(sample.blocks)[at]
    return Edit(at, at + 1, bytes([byte ^ 1 << dice.randrange(7)]))


def tailers(sample: Sample, dice: random.Random) -> Iterator[Case]:
    for number in _picks(sample, dice):
        at = sample.start_of(number + 1) - 1
        for value in (1, 8, 9, 0x20, 0xFF):
            edit = Edit(at, at + 1, bytes([value]))
            yield _edited(f"tailer of {number} is {value:#x}", sample, edit)


def lengths(sample: Sample, dice: random.Random) -> Iterator[Case]:
    for number in _picks(sample, dice):
        size = len(sample.blocks[number].payload)
        wrong = [
            0,
            1,
            size // 3,
            size // 2,
            size - 3,
            size - 1,
            size + 1,
            size + 2,
            size * 3,
            *HUGE,
        ]
        if number + 1 < len(sample.blocks):  # swallows the next block, whose tailer then fits
            wrong.append(size + len(sample.blocks[number + 1].data))
        at = sample.start_of(number) + 5
        for length in wrong:
            edit = Edit(at, at + 4, length.to_bytes(4, "little"))
            yield _edited(f"{length} for the {size} of {number}", sample, edit)


def magics(sample: Sample, dice: random.Random) -> Iterator[Case]:
    for number in _picks(sample, dice):
        at = sample.start_of(number)
        for value in (0x00, 0x0E, 0x15, 0x7B, 0xFF):
            yield _edited(f"{value:#x} for {number}", sample, Edit(at, at + 1, bytes([value])))
        value = dice.choice([m for m in range(3, 14) if m != sample.kind_of(number).magic])
        edit = Edit(at, at + 1, bytes([value]))
        yield _edited(f"legal {value:#x} for {number}", sample, edit, losses=(0, 2))


def reordered(sample: Sample, dice: random.Random) -> Iterator[Case]:
    blocks = list(sample.blocks)
    yield _whole("the first dropped", blocks[1:])
    yield _whole("one dropped", blocks[:2] + blocks[3:])
    yield _whole("one doubled", blocks[:3] + blocks[2:])
    yield _whole("the last doubled at the head", blocks[-1:] + blocks)
    yield _whole("shuffled", dice.sample(blocks, len(blocks)))
    yield _whole("one block alone", blocks[1:2])


def glued(sample: Sample, dice: random.Random) -> Iterator[Case]:
    blocks = list(sample.blocks)
    for other in ("zlib-crypt", "zstd", "imsdk-chunked", "imsdk-plain", sample.kind.name):
        theirs = list(sample_of(other, 1).blocks)
        yield _whole(f"{other} behind", blocks + theirs)
        mixed = [one for pair in zip(blocks, theirs, strict=False) for one in pair]
        yield _whole(f"{other} in turns", mixed)
        cut = dice.randrange(*sample.payload_of(len(blocks) - 1))
        end = sample.start_of(len(blocks))
        yield damaged(f"{other} behind a tear", blocks + theirs, [Edit(cut, end)], ONE)


def crash_buffers(sample: Sample, dice: random.Random) -> Iterator[Case]:
    blocks = list(sample.blocks)
    last = sample_of(sample.kind.name, 1).blocks[1]
    fill = crash_buffer(last)[len(last.data) :]
    yield _edited_list("appended", [*blocks, last], Edit(_size(blocks) + len(last.data), -1, fill))
    yield _edited_list("alone", [last], Edit(len(last.data), -1, fill))
    middle = [*blocks[:2], last, *blocks[2:]]
    at = _size(middle[:3])
    yield damaged("in the middle", middle, [Edit(at, at, fill)], (0, 0))
    yield damaged("less a page, in the middle", middle, [Edit(at, at, fill[4096:])], ONE)


def _edited_list(name: str, blocks: list[Block], edit: Edit) -> Case:
    return damaged(name, blocks, [Edit(edit.start, edit.start, edit.data)], (0, 0))


def _size(blocks: list[Block]) -> int:
    return sum(len(block.data) for block in blocks)


def quoted_headers(sample: Sample, dice: random.Random) -> Iterator[Case]:
    """A log may quote a block; it holds no NUL, so a quoted length is never a small one."""
    header = bytes([dice.randrange(3, 14), 1, 1, 9, 9, 0x7F, 1, 1, 1]) + b"k" * 64
    quotes = [b"got " + header + b"text\x09\x01\x02\n", header + header + b"\x08\n"]
    kind = next(b.kind for b in sample.blocks if not b.kind.compressed)
    plain = [block(kind, [quote]) for quote in quotes]
    blocks = [*sample.blocks[:2], *plain, *sample.blocks[2:]]
    yield _whole("in healthy blocks", blocks)
    at = _size(blocks[:2])
    edit = Edit(at, at + 5, b"\x7f" * 5)
    yield damaged("in a block whose header is gone", blocks, [edit], ONE)


def text_and_blocks(sample: Sample, dice: random.Random) -> Iterator[Case]:
    """A plain log of before 4.7.1 glued to blocks: its lines are there, so they come out."""
    for place, at in (("before", 0), ("amid", 2), ("behind", len(sample.blocks))):
        text = b"".join(sample.lines[:6]) + b"\n"  # many records of the IM SDK end so
        cut = sample.start_of(at)
        case = _edited(place, sample, Edit(cut, cut, text), losses=(0, 0))
        pieces = (*case.pieces[:at], Piece(text), *case.pieces[at:])
        yield replace(case, name=f"text {place}", pieces=pieces)


def text_behind_tears(sample: Sample, dice: random.Random) -> Iterator[Case]:
    """A plain log glued to a file whose last block is torn; another file may follow."""
    last = len(sample.blocks) - 1
    for name, number, count in (("end", last, 3), ("end", last, 6), ("middle", 2, 6)):
        text = b"".join(sample.lines[:count]) + b"\n"
        cut = dice.randrange(*sample.payload_of(number))
        case = _edited("", sample, Edit(cut, sample.start_of(number + 1)))
        moved = [
            replace(one, start=one.start + len(text), stop=one.stop + len(text))
            for one in case.intact[number:]
        ]
        yield replace(
            case,
            name=f"{count} lines behind a tear at the {name}",
            data=case.data[:cut] + text + case.data[cut:],
            pieces=(*case.pieces[: number + 1], Piece(text), *case.pieces[number + 1 :]),
            intact=(*case.intact[:number], *moved),
        )


DAMAGES: dict[str, Maker] = {
    maker.__name__.replace("_", "-"): maker
    for maker in (
        cut_tails, torn_blocks, glued_over_a_tear, garbage, big_garbage, holes, overwritten,
        tailers, lengths, magics, reordered, glued, crash_buffers, quoted_headers, text_and_blocks,
        text_behind_tears,
    )
}  # fmt: skip
