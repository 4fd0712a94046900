"""A made-up case, of lines as the IM SDK writes them; its truth is counted from its text."""

import re
from pathlib import Path

_BANNER = (
    "^^^^^^^^^^Dec 12 2023^^^15:15:13^^^^^^^^^^[{pid},{pid}][2024-01-01 +0800 {at}]\n"
    "TIM: ======  SDK APP ID:  1400000001\n"
    "TIM: ======  SDK Version: 7.7.5282\n"
    "TIM: ======  Device Type: Pixel 8\n"
)
_NETWORK = "channel.cpp:90", "NotifyReadWriteError"


def _line(at: str, level: str, who: str, file: str, function: str, message: str) -> str:
    return f"TIM: 2024-01-01 {at} {level} {who}       |-{file:30}  {function:40}|{message}\n"


def _quiet(hour: int, number: int, who: str) -> str:
    at = f"{hour:02}:{number // 60:02}:{number % 60:02}.{number % 1000:03}"
    text = f"conversation_key:group_{number}|unread_message_count:{number % 7}"
    return _line(at, "D", who, "conversation.cpp:419", "HandleUpdateUnread", text)


def first_session() -> str:
    """Return the morning: connected, disconnected, kicked; then the app was killed."""
    who = "4104-4156"
    lines = [_BANNER.format(pid=4104, at="08:00:00")]
    lines += [_quiet(8, number, who) for number in range(0, 1800, 9)]
    lines += [
        _line("08:31:00.000", "I", who, "channel.cpp:62", "Connect", "channel connect|id:1"),
        _line("08:31:02.500", "I", who, "login.cpp:780", "LogRequestEnd",
              "Login success|task_id:8|error_code:0|error_message:OK|time cost:2345ms"),
        _line("08:40:00.100", "W", who, "network.cpp:5", "OnTestNetwork", "signal is weak"),
        _line("08:40:00.200", "E", who, *_NETWORK, "socket closed by peer|error code:9508"),
        _line("08:50:00.000", "W", who, "a.cpp:95", "OnKickout", "kick_offline_type:1|code:6208"),
    ]  # fmt: skip
    return "".join(lines)


def second_session() -> str:
    """Return ten to twelve: what the crash left, then many network errors, and a long record."""
    who, other = "5001-5002", "5001-5077"
    lines = [
        "~~~~~ begin of mmap ~~~~~\n",
        _line("08:59:59.999", "E", "4104-4156", "crash.cpp:1", "Crash", "about to crash|signal:11"),
        "~~~~~ end of mmap ~~~~~[5001,5002][2024-01-01 +0800 09:58:00]\n",
        _BANNER.format(pid=5001, at="09:58:00"),
    ]
    lines += [_quiet(10, number, other) for number in range(0, 3600, 30)]
    for number in range(100):
        at = f"{9 + (number + 59) // 60:02}:{(number + 59) % 60:02}:30.000"
        lines.append(_line(at, "E", who, *_NETWORK, f"send failed|try:{number}|error code:9508"))
    lines += [
        _line("11:45:00.000", "I", who, "message.cpp:10", "SendMessageComplete",
              "error code:0|message:\nmessage_type:c2c\nmessage_elements:\n[text] 您好世界"),
        _line("11:50:00.000", "I", who, "group.cpp:7", "OnGroupTips", "群提示|群名:测试群"),
        _line("11:55:00.000", "E", other, "login.cpp:3", "CheckInit", "not ready|error code:6013"),
    ]  # fmt: skip
    return "".join(lines)


def write_case(folder: Path) -> Path:
    """Write the case into a folder of two logs."""
    folder.mkdir()
    (folder / "imsdk_20240101.log").write_text(first_session() + second_session(), "utf-8")
    return folder


def times_of(pattern: str) -> list[str]:
    """Return the times of the lines that fit a pattern."""
    lines = (first_session() + second_session()).splitlines()
    return [
        line[5:28] for line in lines if line.startswith("TIM: 2024") and re.search(pattern, line)
    ]
