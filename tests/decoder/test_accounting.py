"""Honest accounting: gaps and repeats are noted, and are no losses."""

import time

from tests.damage import SERVER, sample_of
from tests.mars import KINDS, block, file_of, log, mars_lines
from xlogdecode import Options, decode_bytes

OPTIONS = Options(keys=(SERVER,), marks=False)


def seconds(data: bytes) -> float:
    """Return the processor's seconds that decoding takes, the least of three times."""
    times = []
    for _ in range(3):
        start = time.process_time()
        decode_bytes(data)
        times.append(time.process_time() - start)
    return min(times)


class TestAccounting:
    """Notes are no losses, and the exit status follows the losses alone."""

    def test_a_block_that_appears_twice_is_written_twice_and_noted(self) -> None:
        blocks = list(sample_of("zlib").blocks)
        data = file_of([*blocks[:3], *blocks[2:]])
        text, report = decode_bytes(data, OPTIONS)
        assert text.count(blocks[2].text) == 2
        assert report.is_whole
        assert (report.noted, len(report.notes), report.gaps) == (1, 1, 0)

    def test_hours_are_those_of_blocks_however_many_are_read_at_once(self) -> None:
        for hours in ((9, 20, 20), (9, 10, 12), (23, 1, 1)):
            blocks = [block(KINDS["sync-zlib"], [b"a\n"], hours=(hour, hour)) for hour in hours]
            assert decode_bytes(file_of(blocks))[1].hours == set(hours)

    def test_lines_whose_hours_change_take_little_longer_than_those_of_one_hour(self) -> None:
        steady, hourly = (
            file_of(
                block(KINDS["sync-zlib"], [b"a line of a log\n"], hours=(hour, hour))
                for hour in hours
            )
            for hours in ([9] * 20_000, [*range(24)] * 833)
        )
        assert seconds(hourly) < 3 * seconds(steady)

    def test_dedup_writes_it_once(self) -> None:
        blocks = list(sample_of("zlib").blocks)
        data = file_of([*blocks[:3], *blocks[2:]])
        text, _ = decode_bytes(data, Options(dedup=True, marks=False))
        assert text == b"".join(block.text for block in blocks)

    def test_plain_blocks_that_repeat_are_never_dropped(self) -> None:
        blocks = log(KINDS["sync-zlib"], [b"the same line\n"] * 5)
        text, report = decode_bytes(file_of(blocks), Options(dedup=True))
        assert text == b"the same line\n" * 5
        assert not report.notes

    def test_a_wrap_of_seq_and_a_new_session_raise_no_alarm(self) -> None:
        lines = list(mars_lines(5, 20))
        wrap = log(KINDS["zlib"], lines, per_block=5, first_seq=65534)
        anew = log(KINDS["zlib"], lines, per_block=4)
        assert [block.seq for block in wrap] == [65534, 65535, 1, 2]
        _, report = decode_bytes(file_of([*wrap, *anew]))
        assert report.is_whole
        assert not report.notes

    def test_a_gap_within_a_session_is_noted(self) -> None:
        blocks = log(KINDS["zlib"], list(mars_lines(5, 60)), per_block=5)
        _, report = decode_bytes(file_of([*blocks[:5], *blocks[7:]]))
        assert report.is_whole
        assert (report.noted, len(report.notes), report.gaps) == (1, 1, 1)

    def test_instances_that_share_a_process_raise_no_alarm(self) -> None:
        blocks = log(KINDS["zstd"], list(mars_lines(6, 80)), per_block=5)
        odd, even = blocks[::2], blocks[1::2]
        for instance in (odd, even):
            _, report = decode_bytes(file_of(instance))
            assert report.is_whole
            assert not report.notes

    def test_a_loss_among_blocks_that_wait_for_a_key_knows_their_hours(self) -> None:
        blocks = [one for one in sample_of("zlib-crypt").blocks if one.seq]
        data = file_of(blocks[:2]) + b"\xff\xfe" + file_of(blocks[2:4])
        _, report = decode_bytes(data)
        # nothing follows the second block that would vouch for it
        assert [one.locked_blocks for one in report.losses] == [1, 0, 2]
        ends = [(one.seq, one.hours[1]) for one in blocks]
        begins = [(one.seq, one.hours[0]) for one in blocks]
        assert [one.after for one in report.losses] == [None, ends[0], ends[0]]
        assert [one.before for one in report.losses] == [begins[2], begins[2], None]

    def test_lists_end_at_a_thousand_and_totals_are_exact(self) -> None:
        one = log(KINDS["imsdk-plain"], [b"a line\n"])[0].data
        _, report = decode_bytes((one + b"\xff\xfe") * 1500, OPTIONS)
        assert len(report.losses) == 1000
        assert sum(report.lost.values()) == 1500
        assert report.lost_bytes == 3000

    def test_gaps_beyond_a_thousand_are_counted_too(self) -> None:
        blocks = log(KINDS["zlib"], [b"a line\n"] * 6000, per_block=1)
        kept = [block for place, block in enumerate(blocks) if place % 5 != 2]
        _, report = decode_bytes(file_of(kept))
        assert (report.noted, len(report.notes), report.gaps) == (1200, 1000, 1200)
