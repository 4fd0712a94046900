"""Lines like those that apps log: Mars's own layout, and the IM SDK's; made up, and repeatable.

Each yields a record an item, about 184 (Mars) or 206 (IM SDK) bytes on average; some records hold
line feeds. What they compress to is held to Mars's own files in `tests/test_mars.py`.
"""

# ruff: noqa: RUF001 - full-width punctuation is what Chinese apps log

import base64
import random
from collections.abc import Iterator

_TAGS = (
    "MicroMsg.SDK",
    "mars::stn",
    "Push.Service",
    "UI.Chat",
    "Voip.Engine",
    "登录模块",
    "NetCore",
)
_SOURCES = (
    "longlink.cc", "shortlink.cc", "task_queue.cc", "conn_manager.cpp", "wcdb_handle.cc",
    "ChatActivity.java", "MMLoginService.mm",
)  # fmt: skip
_FUNCTIONS = (
    "__RunReadWrite", "DoTask", "OnResponse", "-[MMSession connect:]", "operator()", "",
    "void mars::stn::LongLink::__OnAlarm(bool)",
)  # fmt: skip
_PHRASES = (
    "网络连接超时，准备重试", "用户登录成功，正在同步会话列表", "收到推送消息：你好，世界🌏",
    "数据库迁移完成，共耗时", "上传图片失败：文件不存在", "长连接已断开，原因未知",
)  # fmt: skip
_MARS = "[{level}][2024-01-01 +8.0 {time}][{pid}, {tid}][{tag}][{file}:{line}, {function}][{body}\n"
_MARS_BODIES = (
    "task id:{a}, cmdid:{b}, cgi:/cgi-bin/micromsg-bin/newsync{c}, cost:{d} ms, ret:{c}",
    "task id:{a}, cmdid:{b}, cgi:/cgi-bin/micromsg-bin/newsync{c}, cost:{d} ms, ret:-1",
    "connect ip:113.{b}.{b}.{c}:{d}, rtt:{b}, tls:{x:032x}",
    '{{"event":"expose","page":"chat_{c}","ts":17000{a:08},"trace":"{x:016x}","vip":false}}',
    "heartbeat noop, interval={d}",
    "payload base64={noise} tls:{x:016x}",
    "{phrase} {d}ms, seq={a} uid=10{b}",
    "{phrase}{phrase} uid=10{b}",
    (
        "java.lang.IllegalStateException: 会话已关闭\n"
        "\tat com.tencent.mm.Conn$1.run(Conn.java:{d})\n"
        "\tat com.tencent.mm.Conn${c}.run(Conn.java:{b})\n\t... {c} more"
    ),
)
_TIM = "TIM: 2024-01-01 {time} {level} {pid}-{tid}       |-{where:<35}{function:<27}|{body}\n"
_TIM_EVENTS = (
    ("login.cpp:533", "RequestHeartbeat", "send heartbeat request"),
    ("trace_module.cpp:88", "Report", "trace_id:{x:016x}|{noise}"),
    ("channel.cpp:62", "Connect", "channel connect|channel id:{a}|ip address:203.0.113.{b}:14000"),
    ("channel.cpp:346", "NotifyConnectResult",
     ("channel connect completed|channel id:{a}|connect cost time:{b}ms|ping cost time:{c}ms|"
      "error code:0|error msg:")),
    ("login.cpp:742", "LogRequestBegin",
     ("Login begin|task_id:{b}|sdkappid:1400000001|userid:user_{c}|"
      "current status:UnLogined")),
    ("conversation_unread_info.cpp:419", "HandleUpdateC2CUnreadInfo",
     "conversation_key:c2c_user_{b}|unread_message_count:{c}"),
    ("message_sender.cpp:1052", "SendMessageComplete",
     ("error code:0|error message:Success|message:\nmessage_type:c2c|message_sub_type:0x0\n"
      "client_time:17039{a:05}|sequence:{x}|random:{d}\n"
      "message_status:success|IsOnlineOnly:false|platform:Android\n")),
    ("group_manager.cpp:490", "OnGroupTips", "群提示|群名:测试群{c}|成员数:{b}|备注:{phrase}"),
)  # fmt: skip


def mars_lines(seed: int, count: int) -> Iterator[bytes]:
    """Yield `count` records in the layout of Mars's formatter."""
    dice = random.Random(seed)
    pick, number = dice.choice, dice.random
    clock = 8 * 3_600_000 + dice.randrange(3_600_000)
    for _ in range(count):
        clock += int(number() * 40)
        fields = _numbers(dice)
        body = pick(_MARS_BODIES).format_map(fields)
        yield _MARS.format(
            level="VDIIWE"[int(number() * 6)], time=_time(clock), pid=2211,
            tid=pick(("2211*", 2240, 2251, 2262)), tag=pick(_TAGS), file=pick(_SOURCES),
            line=int(number() * 2400), function=pick(_FUNCTIONS), body=body,
        ).encode()  # fmt: skip


def imsdk_lines(seed: int, count: int) -> Iterator[bytes]:
    """Yield `count` records in the layout of the IM SDK from 5.x to today."""
    dice = random.Random(seed)
    pick, number = dice.choice, dice.random
    clock = 8 * 3_600_000 + dice.randrange(3_600_000)
    for _ in range(count):
        clock += int(number() * 40)
        where, function, body = pick(_TIM_EVENTS)
        yield _TIM.format(
            level="DIIIWE"[int(number() * 6)], time=_time(clock), pid=4104, tid=4156,
            where=where, function=function, body=body.format_map(_numbers(dice)),
        ).encode()  # fmt: skip


def _numbers(dice: random.Random) -> dict[str, object]:
    return {
        "a": int(dice.random() * 99_999), "b": int(dice.random() * 256),
        "c": int(dice.random() * 10), "d": int(dice.random() * 5000),
        "x": dice.getrandbits(64), "phrase": dice.choice(_PHRASES),
        "noise": base64.b64encode(dice.randbytes(75)).decode(),
    }  # fmt: skip


def _time(clock: int) -> str:
    """Return milliseconds since midnight as HH:MM:SS.mmm."""
    seconds, milliseconds = divmod(clock, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour % 24:02}:{minute:02}:{second:02}.{milliseconds:03}"
