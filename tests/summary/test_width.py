"""In a terminal nothing of a summary wraps, however long and Chinese the names are."""

import re

import pytest
from wcwidth import wcswidth

from tests.summary.lines import OPENED, im
from tests.terminal import in_terminal


@pytest.mark.parametrize("width", [80, 60, 40])
@pytest.mark.parametrize("options", [(), ("--timeline",)])
@pytest.mark.parametrize("logs", [2, 21])
def test_nothing_wraps_in_a_narrow_terminal(tmp_path, width, options, logs):
    folder = tmp_path / "客户案例" / "张三的手机"
    folder.mkdir(parents=True)
    for n in range(logs):
        head = f"{OPENED}\nTIM: ============ Device Type: 设备型号很长的一部手机{n}"
        lines = [
            im("Handle在线响应" * 4, f"error_code:{6200 + n}|error_message:{'断开' * 50}", "E"),
            im("LogRequestEnd", f"Login success|userid:{'用户甲乙' * 20}{n}|time cost:65ms"),
        ]
        path = folder / f"即时通信日志_张三_{n}.xlog"
        path.write_text("\n".join([head, *lines]) + "\n", "utf-8")
    paths = sorted(folder.iterdir())
    options = ("--lang", "zh", *options)
    status, screen = in_terminal(
        "summary", *options, *paths, columns=width, PYTHONIOENCODING="utf-8"
    )
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.decode())
    lines = [line.split("\r")[-1] for line in text.replace("\r\n", "\n").splitlines()]
    assert (status, len(lines) > 10) == (0, True)
    assert [line for line in lines if wcswidth(line) > width] == []
