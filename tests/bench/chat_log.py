"""Lines as the IM SDK logs them in a day, made up: few kinds of lines, most of them alike.

What counts is what they compress to: behind the first lines of a block a line takes about 20 bytes.
The shapes are those of FORMAT.md and of the files beside the project, the weights those of a phone
that is online all day; ids, times, numbers and messages differ in every line.
"""

# ruff: noqa: RUF001 - full-width punctuation is what Chinese apps log

import random
from collections.abc import Iterator
from datetime import date

_HEAD = """\
^^^^^^^^^^Dec 12 2023^^^15:15:13^^^^^^^^^^[0,0][{day} +0800 {clock}]
del time out files time: {few}
get mmap time: {few}
log appender mode:0, use mmap:1
TIM: {day} {clock}.{ms} I {pid}-{tid}       |-system_config.cpp:1191                 Load\
                                    |load msf appid from local|msf_appid:100000001
TIM: ==========================================================================
TIM: ======  SDK APP ID:  1400000001
TIM: ======  SDK Version: 7.7.5282
TIM: ======  Platform:    Android
TIM: ======  Device Type: Pixel 8
TIM: ======  System Ver:  14
TIM: ======  Process ID:  {pid}
TIM: ======  Log Path:    /storage/emulated/0/Android/data/com.example.chat/files/log/tencent/imsdk/
TIM: ======  常见问题:        https://cloud.tencent.com/document/product/269/32483
TIM: ==========================================================================
"""
_LINE = "TIM: {day} {clock}.{ms:03} {level} {pid}-{tid}       |-{where:<37}{function:<40}|{body}\n"

_EVENTS = (
    # weight, level, where, function, body
    (24, "I", "login.cpp:533", "RequestHeartbeat", "send heartbeat request"),
    (16, "I", "login.cpp:551", "HandleHeartbeatResponse",
     "heartbeat response|error code:0|error message:Success|cost time:{size}ms"),
    (16, "D", "conversation_unread_info.cpp:419", "HandleUpdateC2CUnreadInfo",
     "conversation_key:c2c_user_{user}|unread_message_count:{few}"),
    (9, "I", "message_sender.cpp:1052", "SendMessageComplete",
     ("error code:0|error message:Success|message:\nmessage_type:c2c|message_sub_type:0x0\n"
     "client_time:17039{serial}|sequence:{number}|random:{other}\n"
     "message_status:success|IsOnlineOnly:false|platform:Android\n"
     "message_elements:\n[custom] data size:{size}|description size:0\n\n")),
    (20, "I", "message_receiver.cpp:317", "HandleC2CMessage",
     ("receive message|message_type:c2c|from:user_{user}|sequence:{number}|random:{serial}|"
     "is_online_only:false|is_read:false|need_push:true|element type:text|element count:1")),
    (6, "W", "datareport_channel.cpp:248", "LoadDataFromFile", "open file stream failed"),
    (5, "D", "db_message_table.cpp:612", "InsertMessages", "insert count:{few}|cost time:{few}ms"),
    (3, "I", "group_manager.cpp:{line}", "OnGroupTips",
     "群提示|群名:测试群{few}|成员数:{size}|备注:{phrase}"),
    (2, "I", "channel.cpp:62", "Connect",
     "channel connect|channel id:{size}|ip address:203.0.113.{user}:8080"),
    (2, "I", "channel.cpp:346", "NotifyConnectResult",
     ("channel connect completed|channel id:{size}|address:203.0.113.{user}:8080|"
     "connect cost time:{few}ms|ping cost time:{user}ms|error code:0|error msg:")),
    (1, "E", "channel.cpp:467", "NotifyReadWriteError",
     "Error occurred when reading or writing|channel id:{size}|error code:{code}"),
    (1, "I", "network_monitor.cpp:88", "OnNetworkChanged", "network type:{network}|ip type:IPv4"),
    (0.5, "I", "login.cpp:780", "LogRequestEnd", "Login success|task_id:{size}|userid:user_2"),
    (0.5, "E", "login.cpp:380", "HandleA2D2OnlineResponse",
     "error_code:70001|error_message:UserSig is expired|task_id:{size}"),
    (0.3, "I", "trace_module.cpp:88", "Report", "trace_id:{trace:032x}|span:{trace:016x}"),
)  # fmt: skip
_WEIGHTS = tuple(event[0] for event in _EVENTS)
_CODES = (9501, 9503, 9506, 9508, 9510, 9512)
_NETWORKS = ("Wifi", "4G", "5G", "None")
_PHRASES = (
    "网络连接超时，准备重试", "用户登录成功", "收到推送消息", "数据库迁移完成",
    "上传图片失败：文件不存在", "长连接已断开，原因未知", "群主修改了群名", "新成员已加入",
)  # fmt: skip


class Clock:
    """The time of a day in milliseconds; it passes as lines are logged."""

    __slots__ = ("day", "now")

    def __init__(self, day: date, now: int) -> None:
        self.day = day.isoformat()
        self.now = now

    @property
    def hour(self) -> int:
        return self.now // 3_600_000 % 24

    @property
    def text(self) -> str:
        seconds = self.now // 1000
        return f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def session_head(dice: random.Random, clock: Clock, pid: int) -> list[bytes]:
    """Return what the SDK logs first in a process, a line an item."""
    text = _HEAD.format(
        day=clock.day, clock=clock.text, ms=f"{clock.now % 1000:03}",
        few=dice.randrange(9), pid=pid, tid=pid + 53,
    )  # fmt: skip
    return text.encode().splitlines(keepends=True)


def session_lines(dice: random.Random, clock: Clock, pid: int) -> Iterator[bytes]:
    """Yield what is flushed at a time, without end: a line, or the lines of a message's fields."""
    number, pick = dice.random, dice.choice
    threads = [pid + 53 + int(number() * 40) for _ in range(3)]
    pace = 2 * 10 ** (1 + number() * 2)  # milliseconds between lines, twice the mean
    while True:
        for _, level, where, function, body in dice.choices(_EVENTS, _WEIGHTS, k=50):
            clock.now += int(number() * pace)
            fields = {
                "few": int(number() * 10), "user": int(number() * 60), "line": int(number() * 900),
                "size": int(number() * 900), "serial": 10_000 + int(number() * 90_000),
                "number": dice.getrandbits(30), "other": dice.getrandbits(30),
                "trace": dice.getrandbits(60), "phrase": pick(_PHRASES),
                "code": pick(_CODES), "network": pick(_NETWORKS),
            }  # fmt: skip
            line = _LINE.format(
                day=clock.day, clock=clock.text, ms=clock.now % 1000, level=level, pid=pid,
                tid=threads[int(number() * 3)], where=where.format(**fields), function=function,
                body=body.format(**fields),
            ).encode()  # fmt: skip
            first, feed, rest = line.partition(b"\n")
            yield first + feed
            if rest:
                yield rest
