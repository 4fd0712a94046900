"""Each event of the IM SDK counts once, by whatever lines it is shown."""
# ruff: noqa: E501 - log lines as they are

import pytest

from tests.command import run
from tests.summary.lines import OPENED, console, im, im40, im46
from xlogdecode.errors import ConfigError
from xlogdecode.records import read_records
from xlogdecode.summary import Summary, as_dict, summarize
from xlogdecode.summary.events import built_in_events, load_events


def found(*lines, table=None):
    summary = Summary(table) if table else Summary()
    text = "\n".join(lines).encode() + b"\n"
    return as_dict(summarize(read_records([(0, text)], source="a.xlog"), summary))


def events(*lines):
    return {name: seen["count"] for name, seen in found(*lines)["events"].items()}


ROUND = "is_initial_choose:true|server_type:Chinese|net_type:WIFI|net_id:1|reason:first connect|ip_source:anycast"
BEGIN = "Login begin|task_id:6|sdkappid:1400000001|userid:user_2|current status:UnLogined"
KICK = [
    im("HandleKickoutNotify", "kick_offline_type:1|platform:iOS"),
    im(
        "OnKickout",
        "kick off by other device|kick_offline_type:1|platform:iOS|error_code:6208",
        "W",
    ),
    im("GetFriendList", "error_code:6208|error_message:kicked", "E"),
]
EXPIRY = [
    im("HandleHeartbeatResponse", "error_code:-10001|error_message:key is expired.", "E"),
    im("OnUserSigExpired", "userSig expired|login status:Logined", "W"),
    im("SendMessageComplete", "error code:70001|error message:UserSig expired|message:", "E"),
]
OLD_EXPIRY = [
    im46("Parse", "sso retcode: -10003", "E"),
    im46("OnUserSigExpired", "userSig expired|loginStatus:logining"),
    im46("operator()", "reg online failed|code:-10003|msg:", "E"),
]
DONE = im(
    "LogRequestEnd",
    "Login success|task_id:6|error_code:0 error_message:OK|userid:user_2 tinyid: 14411|time cost:65ms(queue time cost:1ms)",
)

ONE = {
    "init": [im("Init", "InitSDK|sdk_app_id:1400000001|sdk version:6.7.3184|platform:Android|network_type:Wifi|log_l")],
    "init misuse": [im("TIMInit", "already init", "W")],
    "uninit": [im("InternalUninit", "UnInitSDK|cost_time:12ms")],
    "onConnecting": [im("ChooseBestChannel", ROUND)],
    "onConnectSuccess": [im("OnConnectComplete", f"Connect to im server successfully|{ROUND}|connect cost time:12ms|ping cost time:15ms")],
    "onConnectFailed": [im("OnTestNetworkResponse", "Failed to connect to im server|error code:9508", "W")],
    "disconnected": [im("OnAsyncReadCompleted", "receive 0-length datagram because of disconnected by peer|channel id:3")],
    "network changed": [im("NotifySystemNetworkChange", "Network changed|network_type:4G|network_status:connected")],
    "host name not resolved": [im("NSLookup", "getaddrinfo login.im.qcloud.com failed:11001, unknown", "W")],
    "login begun": [im("LogRequestBegin", BEGIN)],
    "login done": [DONE],
    "login failed": [im("HandleA2D2OnlineResponse", "error_code:9520|error_message:wait ack timeout", "E")],
    "re-login begun": [im("LogRequestBegin", "ReOnline begin|task_id:7|userid:user_2")],
    "re-login done": [im("LogRequestEnd", "ReOnline success|task_id:7|error_code:0|time cost:80ms")],
    "re-login failed": [im("LogRequestEnd", "ReOnline fail|task_id:7|error_code:9508|error_message:no net", "W")],
    "logout": [im("LogRequestBegin", "Logout begin|task_id:8"), im("StopHeartbeat", ""), im("RequestOffline", "x"), im("HandleOfflineResponse", "x"), im("LogRequestEnd", "Logout success|time cost:30ms")],
    "onKickedOffline": KICK,
    "onUserSigExpired": EXPIRY[:2],
    "send timeout": [im("OnSendTimeout", "send packet timeout|is channel connected:false|seq:31|command:wtlogin64.trans_emp|total size:614", "W")],
    "no packets": [im("NotifyPacketEnqueue", "no packet sent or recv after 410s")],
    "message sent": [im("SendMessageComplete", "error code:0|error message:Success|message:\nmessage_status:success")],
    "message failed": [im("SendMessageComplete", "error code:20012|error message:muted|message:\nmessage_status:fail", "E")],
    "message received": [im("HandleNewMessage", "message_source:receive message|message:")],
    "synchronized": [im("NotifySynchronizeServerInfoResult", "synchronize server complete|task_id:5")],
    "kicked from group": [im("OnReceiveGroupNotifyMessage", "[group_system] group_system_type:kicked from group|group_id:g1|operator_user_id:admin")],
    "group dismissed": [im("OnReceiveGroupNotifyMessage", "[group_system] group_system_type:group dismiss|group_id:g1|operator_user_id:admin")],
    "call": [im("V2TIMSigMgrImpl", "signaling invite|inviteID:abc|timeout:30"), im("V2TIMSigMgrImpl", "accept invite|inviteID:abc")],
}  # fmt: skip
"""An event -> the lines that one of it may be shown by."""


@pytest.mark.parametrize("name", ONE)
def test_each_event_is_counted_once_however_many_lines_show_it(name):
    assert events(OPENED, *ONE[name]) == {name: 1}


def test_each_event_of_the_table_has_a_line_here():
    unlike = {"channel connected"}
    assert set(ONE) | unlike == set(built_in_events().rules)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (im46("operator()", "InitSdk|1-Init|Succ|version=4.6.56, sdkappid=14, msfappid=1"), "init"),
        (im("Init", "InitSDK|sdk_app_id:14|api_type:FFI|sdk_version:8.8.7357|network_type:WIFI"), "init"),
        (im("Init", "not init in main thread", "W"), "init misuse"),
        (im("OnConnectComplete", "Connect to im server failed|retry count:3|error code:9508", "W"), "onConnectFailed"),
        (im("OnConnectComplete", "Failed: retry count:3", "W"), "onConnectFailed"),
        (im("NotifyReadWriteError", "Error occurred|channel id:134|error code:9508|error msg:ERR_NET", "E"), "disconnected"),
        (im("NotifyConnectResult", "channel connect completed|channel id:29|error_code:0|error_message:"), "onConnectSuccess"),
        (im("NotifyConnectResult", "channel connect completed|channel id:29|error code:0|error msg:"), "onConnectSuccess"),
        (im40("Login", "Login|1-Begin|Succ|identifer=xx, sdkappid=14"), "login begun"),
        (im40("Login", "Login|3-Online|Fail|code=6012, msg=timeout"), "login failed"),
        (im40("Login", "Login failed, code 6707|msg RawData packet timeout", "E"), "login failed"),
        (im46("X", "ForceOffline|1-Recv|Succ|recv cmd"), "onKickedOffline"),
        (im40("X", "ForceOffline|3-Callback|Succ|call user"), "onKickedOffline"),
    ],
)  # fmt: skip
def test_old_and_new_spellings_show_the_same_event(line, name):
    assert events(OPENED, line) == {name: 1}


def test_channels_of_a_round_are_no_events_where_the_round_says_how_it_went():
    channels = [
        im("Connect", f"channel connect|channel id:{n}|ip address:1.2.3.4:80") for n in range(8)
    ]
    failed = [
        im(
            "NotifyConnectResult",
            f"channel id:{n}|error code:9512|error msg:ERR_ADDRESS_UNREACHABLE",
        )
        for n in range(8)
    ]
    good = [
        im("NotifyConnectResult", f"channel id:{n}|connect cost time:9ms|error code:0")
        for n in range(2)
    ]
    begun, done = ONE["onConnecting"], ONE["onConnectSuccess"]
    lost = [
        im("OnTestNetworkResponse", "Failed to connect to im server"),
        im("OnConnectComplete", "Connect to im server failed", "W"),
    ]
    shown = found(OPENED, *begun, *channels, *failed, *lost, *begun, *channels, *good, *done)
    counts = {name: seen["count"] for name, seen in shown["events"].items()}
    assert counts == {"onConnecting": 2, "onConnectSuccess": 1, "onConnectFailed": 1}
    assert shown["events"]["onConnecting"]["details"] == {
        "reason": {"first connect": 2}, "network": {"WIFI": 2},
    }  # fmt: skip
    assert shown["events"]["onConnectSuccess"]["details"]["cost"] == {"12ms": 1}
    assert shown["codes"][0]["details"]["words"] == {"ERR_ADDRESS_UNREACHABLE": 8}


def test_a_disconnect_that_two_lines_show_is_one_until_the_next_round():
    one = [
        *ONE["disconnected"],
        im("NotifyReadWriteError", "channel id:3|error code:9508|error msg:ERR"),
    ]
    assert events(OPENED, *one, *ONE["onConnecting"], *one) == {
        "disconnected": 2,
        "onConnecting": 1,
    }


@pytest.mark.parametrize(
    ("name", "lines"),
    [("onKickedOffline", KICK), ("onUserSigExpired", EXPIRY), ("onUserSigExpired", OLD_EXPIRY)],
)
def test_a_kick_and_an_expiry_count_once_until_the_next_login(name, lines):
    assert events(OPENED, *lines, *lines)[name] == 1
    assert events(OPENED, *lines, DONE, *lines)[name] == 2
    other = [line.replace("4104", "5105") for line in lines]
    assert events(OPENED, *lines, OPENED.replace("08:47:04", "09:00:00"), *other)[name] == 2


def test_a_kick_says_by_which_device():
    details = found(OPENED, *KICK)["events"]["onKickedOffline"]["details"]
    assert details == {"type": {"1": 1}, "other device": {"iOS": 1}}


def test_a_login_that_fails_is_one_failure_and_says_why():
    lines = [
        im("LogRequestBegin", BEGIN),
        *ONE["login failed"],
        im("LogRequestEnd", "Login fail|error_code:9520", "E"),
    ]
    assert events(OPENED, *lines, *lines) == {"login begun": 2, "login failed": 2}
    login = found(OPENED, *lines, *ONE["login begun"], DONE)
    assert login["sessions"][0]["users"] == ["user_2"]
    assert login["events"]["login done"]["details"]["cost"] == {"65ms": 1}
    assert login["events"]["login failed"]["details"]["error"] == {"wait ack timeout": 1}


def test_a_console_log_is_understood():
    header = "I/imsdk   (15282): TIM: ======  SDK Version: 8.8.7357"
    lines = [
        header,
        console("ChooseBestChannel", ROUND),
        *[console("Connect", "channel connect|channel id:29|server address:1.2.3.4:443(tcp)")] * 2,
    ]
    lines += [
        console("OnConnectComplete", "Connect to im server successfully|connect cost time:12ms"),
        "D/imsdk   (15282): TIM: |-TIMPush-TIMPushProvider            |onConnectSuccess",
    ]
    lines += [
        "I/flutter (15282): error_code:5",
        console(
            "HandleJoinedGroupListResponse",
            "error_code:11000|error_message:community group not open",
            "E",
        ),
    ]
    shown = found(*lines)
    assert {name: seen["count"] for name, seen in shown["events"].items()} == {
        "onConnecting": 1,
        "onConnectSuccess": 1,
    }
    assert [(c["code"], list(c["details"]["where"])) for c in shown["codes"] if c["meaning"]] == [
        (11000, ["HandleJoinedGroupListResponse"])
    ]
    assert shown["sessions"][0]["sdk_version"] == "8.8.7357"


def test_the_last_error_before_a_disconnect_is_shown():
    error = im("HandleX", "error_code:9520|error_message:no answer", "E")
    details = found(OPENED, error, *ONE["disconnected"])["events"]["disconnected"]["details"]
    assert details["after"] == {"HandleX: no answer": 1}


def test_an_error_before_the_connection_or_the_disconnect_before_is_not_shown_with_a_disconnect():
    error = im("HandleX", "error_code:9520|error_message:no answer", "E")
    connected, disconnected = ONE["onConnectSuccess"], ONE["disconnected"]
    lines = [OPENED, error, *connected, *disconnected, *connected, *disconnected]
    assert "after" not in found(*lines)["events"]["disconnected"]["details"]
    lines = [OPENED, *connected, error, *disconnected, *connected, *disconnected]
    assert found(*lines)["events"]["disconnected"]["details"]["after"] == {"HandleX: no answer": 1}


OWN = """\
events:
  - event: payment
    take: {amount: ['amount=']}
    signs:
      - {has: [Payment done]}
  - event: init
    signs: [{function: Start}]
"""


def test_a_file_of_events_adds_to_those_of_the_package(tmp_path):
    (tmp_path / "own.yaml").write_text(OWN)
    table = load_events(str(tmp_path / "own.yaml"))
    shown = found(
        OPENED,
        im("Pay", "Payment done|amount=5|x"),
        im("Start", ""),
        *ONE["init"],
        DONE,
        table=table,
    )
    assert {n: s["count"] for n, s in shown["events"].items()} == {
        "payment": 1,
        "init": 1,
        "login done": 1,
    }
    assert shown["events"]["payment"]["details"] == {"amount": {"5": 1}}
    done = run(
        "summary",
        "--events",
        tmp_path / "own.yaml",
        "-",
        input=im("Pay", "Payment done\n").encode(),
    )
    assert b"payment" in done.out


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "1:1"),
        ("events: 5", "1:9"),
        ("events:\n  - event: x\n", "2:5"),
        ("events:\n  - {event: x, signs: [{code: 5}]}\n", "2:25"),
        ("events:\n  - {event: x, signs: [{}]}\n", "2:24"),
        ("events:\n  - {event: x, signs: [{codes: any}]}\n", "2:24"),
        ("events:\n  - {event: x, signs: [{codes: [1x]}]}\n", "2:33"),
        ("events:\n  - {event: x, page: {lane: sea}, signs: []}\n", "2:29"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(text, place, tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as error:
        load_events(str(path))
    assert str(error.value).startswith(f"{path}:{place}: ")


def test_a_console_line_below_a_record_does_not_take_its_place():
    record = "TIM: 2024-01-01 08:47:04.162 E 4104-4156       |-NetworkInfoCenter   |error_code:6200"
    below = "I/imsdk   (15282): TIM: |-TIMPush-TIMPushProvider   |message"
    (code,) = found(OPENED, record, below)["codes"]
    assert (code["code"], code["details"]["where"]) == (6200, {"NetworkInfoCenter": 1})
