"""Random trees against the rule of the manual, written once more in the plainest words."""

import re
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.retention.trees import NOW, everything, log, objects, sweep

PLACES = [
    "Android/data/com.example.chat/files/log/tencent/imsdk",
    "Android/data/com.example.chat/log/tencent/imsdk", "Android/data/chat/files/log/tencent/imsdk",
    "Android/data/com.a.b/files/log/tencent", "tencent/imsdklogs/com.example.chat",
    "tencent/imsdklogs/com/example/chat", "tencent/imsdklogs/com", "tencenet/imsdklogs/com/a",
    "Library/Caches/com_tencent_imsdk_log", "com_tencent_imsdk_log", "App/com_tencent_imsdk_log",
    "a/b/com_tencent_imsdk_log", ".tencent-im/sdk-log", "haps/entry/cache", "haps/cache",
    "Android/data/com.example.chat/files/TIM-Log", "files/log/tencent/imsdk", "sdk-log", "",
]  # fmt: skip
LOG_FOLDERS = re.compile(
    r"Android/data/\w+(\.\w+)+/(files/)?log/tencent/imsdk|(\w+(\.\w+)+/)?files/log/tencent/imsdk"
    r"|ten(ce|cen|cene)?t/imsdklogs/\w+([./]\w+)+|tencenet/imsdklogs/\w+([./]\w+)+"
    r"|Library/Caches/com_tencent_imsdk_log|([^/]+/)?com_tencent_imsdk_log|\.tencent-im/sdk-log"
    r"|haps/[^/]+/cache|Android/data/\w+(\.\w+)+/files/TIM-Log"
)
NAMES = ["imsdk_{}.xlog", "imsdk_C_{}.xlog", "imsdk_{}_3.xlog", "imsdk_{}.xlog.log",
         "imsdk_{}.log", "imsdk_C_{}.log", "imsdk_{}.mmap3", "im_{}.db", "ximsdk_{}.xlog",
         "imsdk_{}.xlog.1"]  # fmt: skip
LOG_NAME = re.compile(r"imsdk_(C_)?(\d{8})([-_]\d{1,9})?\.xlog(\.log)?|imsdk_()(\d{8})\.log")


def may_go(place: str, name: str, changed: datetime, now: datetime) -> bool:
    """The seven-day rule, by no line of the code that it judges."""
    match = LOG_NAME.fullmatch(name)
    if not match or not LOG_FOLDERS.fullmatch(place):
        return False
    digits = match[2] or match[6]
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return (now.date() - day).days >= 8 and now - changed >= timedelta(hours=168)


files = st.tuples(
    st.sampled_from(PLACES),
    st.sampled_from(NAMES),
    st.integers(-3, 20) | st.just(None),
    st.integers(-3 * 24, 20 * 24),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tree=st.lists(files, min_size=1, max_size=12))
def test_what_goes_is_what_the_rule_says_dry_and_for_real(tmp_path_factory, tree):
    root, state = tmp_path_factory.mktemp("tree") / "root", tmp_path_factory.mktemp("state")
    expected = {}
    for place, name, age, hours in tree:
        digits = "20260230" if age is None else f"{NOW - timedelta(days=age):%Y%m%d}"
        path = log(root / place, name.format(digits), age=hours / 24)
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        expected[path] = may_go(place, path.name, changed, NOW)
    due = {str(path) for path, goes in expected.items() if goes}
    before = everything(root)
    args = (root, "--json", "--missing-ok", "--force", "--state", state)
    planned = {o["path"] for o in objects(sweep(*args)) if o["verdict"] == "delete"}
    assert everything(root) == before
    lean = sweep(root, "--missing-ok", "-v").stdout
    done = {o["path"] for o in objects(sweep(*args, "--delete")) if o["verdict"] == "deleted"}
    assert planned == done == due
    assert {str(path) for path in expected if not path.exists()} == due
    assert {line for line in due if f"delete   {line}: " not in lean} == set()
