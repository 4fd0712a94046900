"""The lives of devices, played at random: what happened is known, and the summary must find it.

`Life` writes down each event as it happens, and logs it by the lines that RECORDS.md has for it, of
all generations of the SDK, between lines that say nothing. `codes_in_text` counts codes by the rule
and the spellings of CODES.md, from the text alone. Neither shares code with the package.
"""
# ruff: noqa: E501 - log lines as they are

import json
import random
import re
from collections import Counter

import pytest

from tests.command import run
from tests.records.lines import needs_shared
from tests.samples import FIXTURES
from tests.shared import SHARED
from tests.summary.test_events import found

NETWORKS = ("WIFI", "4G", "5G")
REASONS = ("first connect", "socket close by peer", "system network change")
NOISE = (
    ("I", "HandleHeartbeatResponse", "error_code:0|error_message:|time cost:33ms"),
    ("D", "ReportHttp", "http status code:404|area code 10|verify code:123456"),
    ("I", "OnAnycastResponse", "error_code:200|size:31"),
    ("W", "App", "own report, code=23, failed:3 of 5, country code:86"),
    ("I", "UploadFile", "decode:6013 ok|speed 70001 B"),
    ("D", "ResponseOneChannel", "channel id:4|seq:9520|ack:6206"),
)


class Life:
    """One device: it logs what happens to it, and keeps count."""

    def __init__(self, seed: int, version: str) -> None:
        self.dice = random.Random(seed)
        self.version = version
        self.lines: list[str] = []
        self.events: Counter[str] = Counter()
        self.ends: list[tuple[int, str]] = []
        """The process of each session, and how that ended."""
        self.users: list[str] = []
        self.clock = 8 * 3600
        self.pid = 0

    def log(self, function: str, message: str, level: str = "I") -> None:
        self.clock += self.dice.randrange(3)
        hours, rest = divmod(self.clock, 3600)
        time = f"2024-01-01 {hours % 24:02}:{rest // 60:02}:{rest % 60:02}.{self.dice.randrange(1000):03}"
        self.lines.append(
            {
                "4.0": f"{time}| {self.pid}|looper_logic|{level}| transport.cpp:190 |{function} > {message}",
                "4.6": f"TIM: {time}/{level}/{self.pid}-22113     /Common      -tls.cpp.216  {function:<42}/{message}",
                "6": f"TIM: {time} {level} {self.pid}-4156       |-login.cpp:380      {function:<40}|{message}",
            }[self.version]
        )

    def noise(self) -> None:
        for level, function, message in self.dice.sample(NOISE, self.dice.randrange(3)):
            self.log(function, message, level)

    def launch(self, *, recovers: bool = False) -> None:
        is_anew = self.ends[-1:] == [(self.pid, "UnInit")] and self.dice.random() < 0.3
        self.pid = self.pid if is_anew else 2000 + len(self.ends) * 11
        self.ends.append((self.pid, "no closing line"))
        if recovers and len(self.ends) > 1 and not is_anew:
            before = self.ends[-2][0]
            tip = f"of mmap ~~~~~[{before},1][2024-01-01 +0800 08:00:00]"
            last, self.pid = self.pid, before
            self.lines.append(f"~~~~~ begin {tip}")
            self.log("Flush", "what the last process had not flushed")
            self.lines.append(f"~~~~~ end {tip}")
            self.pid = last
            if self.ends[-2][1] == "no closing line":
                self.ends[-2] = (before, "no closing line; crash buffer recovered")
        if not is_anew:
            banner = "^^^^^^^^^^Dec 12 2023^^^15:15:13^^^^^^^^^^"
            self.lines.append(f"{banner}[{self.pid},1][2024-01-01 +0800 08:47:04]")
        self.events["init"] += 1
        if self.version == "6":
            dot = self.dice.choice(("sdk version", "sdk_version"))
            self.log(
                "Init",
                f"InitSDK|sdk_app_id:1400000001|{dot}:6.7.3184|platform:Android|network_type:Wifi|x",
            )
        else:
            self.log("operator()", "InitSdk|1-Init|Succ|version=4.6.56, sdkappid=14, msfappid=1")

    def connect(self, *, works: bool) -> None:
        """Go through a round, of up to 8 channels."""
        why, net = self.dice.choice(REASONS), self.dice.choice(NETWORKS)
        label = self.dice.choice(("error code", "error_code"))
        self.events["onConnecting"] += 1
        self.log(
            "ChooseBestChannel",
            f"is_initial_choose:true|net_type:{net}|net_id:1|reason:{why}|ip_source:anycast",
        )
        channels = range(self.dice.randint(1, 8))
        for channel in channels:
            self.log("Connect", f"channel connect|channel id:{channel}|ip address:1.2.3.4:80")
        good = self.dice.choice(channels) if works else -1
        for channel in channels:
            self.noise()
            code = 0 if channel == good else 9512
            self.log(
                "NotifyConnectResult",
                f"channel connect completed|channel id:{channel}|connect cost time:{channel + 20}ms|{label}:{code}|error msg:x",
            )
        if works:
            self.events["onConnectSuccess"] += 1
            self.log(
                "OnConnectComplete",
                f"Connect to im server successfully|net_type:{net}|reason:{why}|connect cost time:12ms",
            )
        else:
            self.events["onConnectFailed"] += 1
            lines = [
                ("OnTestNetworkResponse", "Failed to connect to im server|x"),
                (
                    "OnConnectComplete",
                    self.dice.choice(("Failed: x", "Connect to im server failed|x")),
                ),
            ]
            for function, message in self.dice.sample(lines, self.dice.randint(1, 2)):
                self.log(function, message, "W")

    def login(self, *, works: bool) -> None:
        user = f"user_{self.dice.randrange(3)}"
        kind = self.dice.choice(("", "re-")) if self.users else ""
        begin, word = ("ReOnline", "ReOnline") if kind else ("Login", "Login")
        self.users.append(user)
        self.events[f"{kind}login begun"] += 1
        self.log(
            "LogRequestBegin", f"{begin} begin|task_id:6|userid:{user}|current status:UnLogined"
        )
        self.log("RequestA2D2Online", f"begin|task_id:6|userid:{user}")
        self.noise()
        if works:
            self.events[f"{kind}login done"] += 1
            self.log("HandleA2D2OnlineResponse", "error_code:0|error_message:|x")
            self.log("HandleOnlineResponse", "error_code:0|x")
            self.log(
                "LogRequestEnd",
                f"{word} success|task_id:6|error_code:0 error_message:OK|userid:{user} tinyid: 14|time cost:65ms(queue time cost:1ms)",
            )
        else:
            self.events[f"{kind}login failed"] += 1
            if not kind:
                self.log(
                    "HandleA2D2OnlineResponse",
                    "error_code:9520|error_message:wait ack timeout",
                    "E",
                )
            self.log(
                "LogRequestEnd", f"{word} fail|task_id:6|error_code:9520|error_message:late", "E"
            )

    def disconnect(self) -> None:
        self.events["disconnected"] += 1
        lines = [
            (
                "OnAsyncReadCompleted",
                "receive 0-length datagram because of disconnected by peer|channel id:3",
                "W",
            ),
            (
                "NotifyReadWriteError",
                "Error occurred|channel id:3|error code:9508|error msg:ERR_NET",
                "E",
            ),
        ]
        for line in self.dice.sample(lines, self.dice.randint(1, 2)):
            self.log(*line)
        self.connect(works=True)  # the next round ends what belongs to this one

    def kick(self) -> None:
        self.events["onKickedOffline"] += 1
        lines = [
            ("HandleKickoutNotify", "kick_offline_type:1|platform:iOS"),
            ("OnKickout", "kick off|kick_offline_type:1|platform:iOS|error_code:6208", "W"),
            ("GetFriendList", "error_code:6208|error_message:kicked", "E"),
            ("operator()", "ForceOffline|3-Callback|Succ|call user"),
        ]
        for line in self.dice.sample(lines, self.dice.randint(1, 4)):
            self.log(*line)
            self.noise()
        self.login(works=True) if not self.users else self.log_in_again()

    def expire(self) -> None:
        self.events["onUserSigExpired"] += 1
        lines = [
            ("HandleHeartbeatResponse", "error_code:-10001|error_message:key is expired.", "E"),
            ("OnUserSigExpired", "userSig expired|login status:Logined", "W"),
            ("GetGroupList", "error code:70001|error message:UserSig expired", "E"),
            ("Parse", "sso retcode: -10003", "E"),
        ]
        for line in self.dice.sample(lines, self.dice.randint(1, 4)):
            self.log(*line)
        self.log_in_again()

    def log_in_again(self) -> None:
        self.events["login begun"] += 1
        self.events["login done"] += 1
        self.users.append("user_1")
        self.log("LogRequestBegin", "Login begin|task_id:9|userid:user_1|x")
        self.log(
            "LogRequestEnd", "Login success|task_id:9|error_code:0|userid:user_1|time cost:9ms"
        )

    def others(self) -> None:
        """Let some of the events happen that one line shows."""
        singles = (
            ("network changed", "NotifySystemNetworkChange", "Network changed|network_type:4G|network_status:connected"),
            ("host name not resolved", "NSLookup", "getaddrinfo login.im.qcloud.com failed:11001, unknown"),
            ("send timeout", "OnSendTimeout", "send packet timeout|seq:31|command:wtlogin64.trans_emp|x"),
            ("no packets", "NotifyPacketEnqueue", "no packet sent or recv after 410s"),
            ("message sent", "SendMessageComplete", "error code:0|error message:Success|message:"),
            ("message failed", "SendMessageComplete", "error code:20012|error message:muted|message:"),
            ("message received", "HandleNewMessage", "message_source:receive message|message:"),
            ("synchronized", "NotifySynchronizeServerInfoResult", "synchronize server complete|task_id:5"),
            ("kicked from group", "OnGroup", "group_system_type:kicked from group|group_id:g1|operator_user_id:admin"),
            ("group dismissed", "OnGroup", "group_system_type:group dismiss|group_id:g1|operator_user_id:admin"),
            ("init misuse", "TIMInit", "already init"),
        )  # fmt: skip
        for name, function, message in self.dice.choices(singles, k=self.dice.randrange(5)):
            self.events[name] += 1
            self.log(function, message, self.dice.choice("IW"))
            self.noise()

    def call(self) -> None:
        self.events["call"] += 1
        number = f"inv-{self.dice.getrandbits(40):x}"
        for step in self.dice.sample(
            ("invite", "accept", "timeout", "cancel"), self.dice.randint(1, 4)
        ):
            self.log("V2TIMSigMgrImpl", f"signaling {step}|inviteID:{number}|timeout:30")

    def end(self) -> None:
        """Log out, uninitialize, both, or just be killed; some lines may come behind."""
        ways = self.dice.choice(((), ("logged out",), ("UnInit",), ("logged out", "UnInit")))
        if self.version != "6":
            ways = ways[:1] if ways != ("UnInit",) else ()  # it has no line for that
        if "logged out" in ways:
            self.events["logout"] += 1
            for function, message in (
                ("LogRequestBegin", "Logout begin|task_id:8"),
                ("StopHeartbeat", "stop"),
                ("RequestOffline", "x"),
                ("HandleOfflineResponse", "error_code:0"),
                ("LogRequestEnd", "Logout success|error_code:0|time cost:30ms"),
            ):
                self.log(function, message)
        if "UnInit" in ways:
            self.events["uninit"] += 1
            self.log("InternalUninit", "UnInitSDK|cost_time:12ms")
        if ways:
            self.ends[-1] = (self.pid, ways[-1])
        self.noise()

    def live(self) -> "Life":
        for _ in range(self.dice.randint(1, 4)):
            self.launch(recovers=self.dice.random() < 0.5)
            self.noise()
            self.connect(works=self.dice.random() < 0.7)
            self.login(works=self.dice.random() < 0.8)
            for _ in range(self.dice.randrange(6)):
                self.dice.choice(
                    (self.disconnect, self.kick, self.expire, self.others, self.call)
                )()
                self.noise()
            self.end()
        return self


@pytest.mark.parametrize("version", ["4.0", "4.6", "6"])
@pytest.mark.parametrize("seed", range(12))
def test_what_happened_to_a_device_is_what_its_summary_shows(seed, version):
    life = Life(seed, version).live()
    summary = found(*life.lines)
    counts = {name: seen["count"] for name, seen in summary["events"].items()}
    assert counts == dict(+life.events)
    sessions = [(session["pid"], session["ended"]) for session in summary["sessions"]]
    assert sessions == life.ends
    users = {user for session in summary["sessions"] for user in session["users"]}
    assert users == set(life.users)


@needs_shared
@pytest.mark.parametrize("version", ["4.0", "4.6", "6"])
def test_the_codes_of_a_device_are_those_of_its_lines(version):
    lines = [line for seed in range(40, 45) for line in Life(seed, version).live().lines]
    codes = {code["code"]: code["count"] for code in found(*lines)["codes"]}
    assert codes == codes_in_text("\n".join(lines))
    assert len(codes) > 3


RECORD = re.compile(
    r"TIM: \d{4}-\d\d-\d\d [\d:.]+[ /](?P<im>[VDIWEF])[ /]|\d{4}-\d\d-\d\d [\d:.]+\|(?: *\d+\|)?[^|]*\|(?P<old>[VDIWEF])\|"
    r"|\[(?P<mars>[VDIWEF])\]\[|TIM: =|[~^$]{5}"
)  # fmt: skip
SPELLING = re.compile(
    r"(?:\b(?:error|err|ret)[ _]?code|\b(?:error|err|ret)Code|\bErrorCode|\b[Cc]ode|\bfailed(?=:)|\(code(?=\|))"
    r"(?: ?[:=|] ?| )(-?\d+)(?![\w.%]| of)"
)  # fmt: skip
NO_ERROR = re.compile(r"(?:area|country|verify|status) $", re.IGNORECASE)


def published() -> set[int]:
    """Return the codes of CODES.md, the app's own range aside."""
    known: set[int] = set()
    for line in (SHARED / "CODES.md").read_text("utf-8").splitlines():
        if not re.match(r"\| -?\d", line):
            continue
        cell = re.sub(r"\([A-D, L]*\)", "", line.split("|")[1])
        for first, last in re.findall(r"(-?\d+)(?:(?:-|\.\.)(-?\d+))?", cell):
            ends = sorted((int(first), int(last or first)))
            known.update(range(ends[0], ends[1] + 1))
    return known


def codes_in_text(text: str) -> dict[int, int]:
    """Count codes once a record, by CODES.md: known ones, else on E and W or by an error's name."""
    known, counts = published(), Counter()
    records: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        head = RECORD.match(line)
        if head or not records:
            records.append((next(filter(None, head.groups()), "") if head else "", [line]))
        else:
            records[-1][1].append(line)
    for level, lines in records:
        codes = set()
        for each in SPELLING.finditer(" ".join(lines)):
            code = int(each[1])
            named = re.search("err|ret", each[0].lower())
            if code == 0 or 100 <= code < 600 or NO_ERROR.search(" ".join(lines)[: each.start()]):
                continue
            if code in known or named or (level in "EWF" and level and not 0 < code < 600):
                codes.add(code)
        counts.update(codes)
    return dict(counts)


LOGS = [FIXTURES / "imsdk_20240101.xlog"]
if SHARED.is_dir():
    LOGS += sorted(SHARED.glob("corpus/imsdk/*.xlog")) + sorted(SHARED.glob("real/*/*.xlog"))


@needs_shared
@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.name)
def test_the_codes_of_logs_are_those_of_their_text(log):
    text = run("-q", "-c", log).out.decode("utf-8", "replace")
    summary = json.loads(run("summary", "--json", log).out)
    codes = {code["code"]: code["count"] for code in summary["codes"]}
    assert codes == codes_in_text(text)
