"""A summary of runs says what a summary of their records one by one says."""

from hypothesis import given
from hypothesis import strategies as st

from tests.records.lines import OPENERS
from tests.summary.lines import OPENED, console, im, im40, im46
from xlogdecode.records import read_records
from xlogdecode.records.reader import read_parts
from xlogdecode.summary import Summary, as_dict, as_text, summarize
from xlogdecode.summary.events import load_events
from xlogdecode.summary.timeline import as_timeline

SAID = [
    ("Init", "InitSDK|sdk_app_id:1400000001|sdk version:7.7.5282"),
    ("InternalUninit", "UnInitSDK|cost_time:12ms"),
    ("LogRequestBegin", "Login begin|userid:user_2"),
    ("LogRequestEnd", "Login success|time cost:391ms"),
    ("HandleA2D2OnlineResponse", "error_code:6206|error_message:UserSig expired"),
    ("HandleHeartbeatResponse", "heartbeat response|error code:0|cost time:77ms"),
    ("HandleHeartbeatResponse", "error_code:-10001|error_message:key is expired."),
    ("SendMessageComplete", "error code:0|error message:Success|message:\nmessage_type:c2c"),
    ("SendMessageComplete", "error code:00|message:"),
    ("SendMessageComplete", "ErrorCode=9520, retcode: 6013"),
    ("NotifyConnectResult", "error_code:0|connect cost time:12ms"),
    ("ChooseBestChannel", "net_type:WIFI|reason:first connect"),
    ("RequestHeartbeat", "send heartbeat request"),
    ("Handle", "failed:-5|exit code:3|status code 404"),
    ("Handle", "X (code|70001) command:im.login cost_time: 5000 ms"),
    ("Handle", "group_system_type:kicked from group|group_id:测试"),
    ("Handle", "Login|1-Begin|Succ|identifier=u"),
    ("Handle", "登录失败|cost 9ms"),
    ("", "V2TIMSigMgrImpl inviteID:7|"),
]
lines = st.one_of(
    st.builds(
        lambda said, level, time, pid: im(*said, level, time, pid),
        st.sampled_from(SAID),
        st.sampled_from("DIIIIWE"),
        st.sampled_from(["08:47:04.162", "08:48:00.001", "09:00:00.000", "12:30:00.000"]),
        st.sampled_from([4104, 4104, 4104, 0, 77]),
    ),
    st.builds(lambda make, said: make(*said), st.sampled_from([im40, im46, console]),
              st.sampled_from(SAID)),
    st.sampled_from([OPENED, *OPENERS]),
    st.sampled_from(["more of a message, error_code:6206", "Logout success", "\xff\xfe|code:7"]),
)  # fmt: skip


def all_of(summary):
    return as_dict(summary), as_text(summary), as_timeline(summary)


@given(st.lists(st.lists(lines, max_size=30), max_size=3))
def test_runs_are_summed_up_as_their_records_are(blocks):
    events = [
        (number, "".join(f"{line}\n" for line in block).encode("utf-8", "surrogateescape"))
        for number, block in enumerate(blocks)
    ]
    by_runs, by_records = Summary(), Summary()
    summarize(read_parts(events, source="a.xlog"), by_runs)
    summarize(read_records(events, source="a.xlog"), by_records)
    assert all_of(by_runs) == all_of(by_records)


def test_a_persons_event_is_found_by_a_chinese_text_and_by_the_code_0(tmp_path):
    rules = tmp_path / "events.yaml"
    rules.write_text(
        "events:\n- event: login lost\n  signs:\n  - {has: [登录失败]}\n"
        "- event: zero\n  signs:\n  - {codes: [0]}\n",
        encoding="utf-8",
    )
    text = "\n".join([OPENED, *[im("Handle", "ok")] * 3, im("H", "登录失败|"), im("H", "code:0|")])
    for coding in ("utf-8", "gb18030"):
        for read in (read_parts, read_records):
            summary = Summary(load_events(str(rules)))
            summarize(read([(0, text.encode(coding))]), summary)
            assert {name: seen.count for name, seen in summary.events.items()} == {
                "login lost": 1, "zero": 1,
            }  # fmt: skip
