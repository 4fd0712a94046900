// All words of the page, in English and Chinese. A string may hold {0}, {1}: see `t`.

/** @type {Record<string, Record<string, string>>} */
const STRINGS = {
  en: {
    theme: "Light / dark", help: "Help (?)", timeline: "Timeline", unzoom: "Show all time",
    views: "Views", overview: "Overview", records: "Records", filters: "Filters",
    searchLabel: "Search the records", searchHint: "Search: press /", regex: "Regular expression",
    matchCase: "Match case", onlyHits: "Only hits", context: "and around", previousHit: "Previous hit",
    nextHit: "Next hit", copyShown: "Copy", exportShown: "Save as text", detail: "Record",
    opening: "Opening the records…", openFailed: "The page cannot be shown: {0}",
    redacted: "redacted", notRedacted: "NOT redacted",
    redactedHint: "User ids, addresses and tokens were replaced by placeholders such as <user-1>. Patterns find them: look before you send.",
    notRedactedHint: "User ids, addresses and tokens are shown as they were logged.",
    facts: "The case", period: "Period", app: "SDKAppID", sdk: "SDK version", device: "Device", users: "Users",
    files: "Files", file: "File", state: "State", detailColumn: "Details", size: "Size",
    sessions: "Sessions", session: "Session", opened: "Opened", ended: "How it ended",
    errors: "Errors", warnings: "Warnings", codes: "Error codes", code: "Code", times: "Times",
    meaning: "Meaning", todo: "Next step", first: "First", last: "Last", events: "Events", event: "Event",
    functions: "Functions with most errors", function: "Function", slow: "Slow requests", cost: "Took", time: "Time",
    leftOut: "Left out or damaged, and why", none: "none", more: "Show all {0}", less: "Show fewer",
    leftOutCut: "{0} records of level {1}, from {2} to {3}, were left out to keep the page small (--max-size takes more).",
    leftOutFilter: "Only records that fit these filters are here: {0}",
    nothingLeftOut: "Nothing was left out: every file is OK, and all its records are here.", showLost: "Show where",
    lostIn: "{1} bytes lost (places: {0})", lockedBlocks: "encrypted blocks: {0}", gave: "blocks read: {0} ({1} bytes of text)", plainText: "plain text, {0} bytes", missingIn: "places where blocks are missing by sequence number: {0}", between: "; ", colon: ": ",
    likelyCause: "Likely cause:", next_ok: "Records may be missing there: look for another copy of the file.",
    next_damaged: "Cause not known. Next step: get the file anew, as binary or in a zip, and compare.",
    next_cut: "Next step: get the file anew, after the app has written all of it.",
    next_encrypted: "Next step: make the page anew with the server's private key (--key-file FILE or $XLOGDECODE_KEY).",
    next_failed: "Next step: get the file anew.", next_skipped: "",
    ok: "OK", damaged: "damaged", encrypted: "encrypted", cut: "cut off", failed: "not read", skipped: "passed over",
    "end_closed normally": "closed normally", "end_UnInit": "ended by the app (UnInit)", "end_logged out": "logged out", "end_no closing line; crash buffer recovered": "no closing line; crash buffer recovered",
    "end_no closing line": "no closing line (killed, or still running)",
    before: "before the first", 
    level: "Level", source: "File", thread: "Process-thread", tag: "Tag", noValue: "(none)", loss: "loss",
    main: "main", mainThread: "main thread",
    V: "verbose", D: "debug", I: "info", W: "warning", E: "error", F: "fatal", noLevel: "no level", L: "lost bytes",
    from: "From", until: "Until", apply: "Apply", clear: "Clear all filters", findValue: "Find in {0}",
    shown: "{0} of {1} records", hitCount: "hit {0} of {1}", hitsFound: "{0} hits", searching: "searching… {0} hits", badRegex: "Not a regular expression: {0}", slowRegex: "This expression takes too long: make it simpler, for example without + or * inside ( )+ or ( )*.",
    noneShown: "No record fits these filters.", lines: "+{0} lines", longText: "The first {0} of {1} characters", showAll: "Show all of it",
    copyText: "Copy as text", copyLink: "Copy link", around: "Show what is around it", onlyFunction: "Only this function", onlyThread: "Only this thread", onlySession: "Only this session", close: "Close",
    copied: "Copied.", copyFailed: "The browser did not allow copying.", saved: "Saved {0} records.", tooMany: "Copied the first {0} records; save as text takes all.",
    layout: "Layout", place: "In the code", number: "Number", crash: "Saved from the crash buffer",
    lane_connect: "Connection", lane_login: "Login", lane_network: "Network", lane_kick: "Kicked, expired", lane_send: "Send, sync", lane_other: "Other",
    gap: "Silence of {0}", gapKey: "Silence", cutKey: "Left out for size", jump: "Clock jump", dropped: "Lines dropped by the app", lost: "Lost bytes", bars: "{0} records from {1} to {2}",
    chartLabel: "{0} records from {1} to {2}; warnings {3}, errors {4}",
    chartHint: "Drag to zoom, click a bar to see its time only.",
    day: "d", hour: "h", minute: "min", second: "s", keys: "Keys", withoutDates: "Records without a time",
    key_search: "search", key_hits: "next, previous hit", key_errors: "next, previous error", key_move: "next, previous record", key_open: "show or hide the record", key_copy: "copy the record as text", key_around: "show what is around the record", key_close: "close; leave the search", key_tabs: "overview, records", key_help: "this help",
    helpText: "Everything is in this file: nothing is sent anywhere. The address bar holds the filters and the selected record: copy it to return to them.",
    printed: "The first {0} of {1} records shown", range: "{0} to {1}",
  },
  zh: {
    theme: "浅色 / 深色", help: "帮助 (?)", timeline: "时间轴", unzoom: "显示全部时间",
    views: "视图", overview: "概览", records: "日志记录", filters: "筛选",
    searchLabel: "搜索日志记录", searchHint: "搜索：按 /", regex: "正则表达式",
    matchCase: "区分大小写", onlyHits: "仅显示匹配", context: "及前后", previousHit: "上一个匹配",
    nextHit: "下一个匹配", copyShown: "复制", exportShown: "另存为文本", detail: "记录详情",
    opening: "正在打开日志记录…", openFailed: "无法显示页面：{0}",
    redacted: "已脱敏", notRedacted: "未脱敏",
    redactedHint: "用户 ID、地址和令牌已替换为 <user-1> 之类的占位符。替换依据的是模式匹配，发送前请检查。",
    notRedactedHint: "用户 ID、地址和令牌按原样显示。",
    facts: "案例信息", period: "时间范围", app: "SDKAppID", sdk: "SDK 版本", device: "设备", users: "用户",
    files: "文件", file: "文件", state: "状态", detailColumn: "说明", size: "大小",
    sessions: "会话", session: "会话", opened: "打开时间", ended: "结束方式",
    errors: "错误", warnings: "警告", codes: "错误码", code: "错误码", times: "次数",
    meaning: "含义", todo: "下一步", first: "首次", last: "末次", events: "事件", event: "事件",
    functions: "错误最多的函数", function: "函数", slow: "慢请求", cost: "耗时", time: "时间",
    leftOut: "未包含或已损坏的内容及原因", none: "无", more: "显示全部 {0} 项", less: "收起",
    leftOutCut: "为控制页面大小，未包含 {0} 条级别为 {1} 的记录（{2} 至 {3}）；可用 --max-size 放宽。",
    leftOutFilter: "仅包含符合以下筛选条件的记录：{0}",
    nothingLeftOut: "内容完整：所有文件均正常，记录全部包含在内。", showLost: "查看位置",
    lostIn: "{0} 处丢失 {1} 字节", lockedBlocks: "{0} 个加密块", gave: "已读取 {0} 个块（{1} 字节文本）", plainText: "纯文本，{0} 字节", missingIn: "{0} 处缺少块（依据序号）", between: "；", colon: "：",
    likelyCause: "可能的原因：", next_ok: "该处可能缺少记录：请查找该文件的其他副本。",
    next_damaged: "原因不明。下一步：以二进制方式或打成 zip 重新获取该文件并比较。",
    next_cut: "下一步：等应用写完后重新获取该文件。",
    next_encrypted: "下一步：用服务端私钥重新生成页面（--key-file FILE 或 $XLOGDECODE_KEY）。",
    next_failed: "下一步：请重新获取该文件。", next_skipped: "",
    ok: "正常", damaged: "有损坏", encrypted: "已加密", cut: "被截断", failed: "无法读取", skipped: "已跳过",
    "end_closed normally": "正常关闭", "end_UnInit": "应用主动结束（UnInit）", "end_logged out": "已登出", "end_no closing line; crash buffer recovered": "无关闭行；已从崩溃缓冲恢复",
    "end_no closing line": "无关闭行（被终止或仍在运行）",
    before: "首个会话之前", 
    level: "级别", source: "文件", thread: "进程-线程", tag: "标签", noValue: "（无）", loss: "丢失",
    main: "主", mainThread: "主线程",
    V: "详细", D: "调试", I: "信息", W: "警告", E: "错误", F: "致命", noLevel: "无级别", L: "丢失字节",
    from: "从", until: "至", apply: "应用", clear: "清除全部筛选", findValue: "在{0}中查找",
    shown: "{0} / {1} 条记录", hitCount: "第 {0} / {1} 个匹配", hitsFound: "{0} 个匹配", searching: "搜索中… {0} 个匹配", badRegex: "正则表达式无效：{0}", slowRegex: "该正则表达式耗时过长：请简化，例如避免在 ( )+ 或 ( )* 内再用 + 或 *。",
    noneShown: "没有符合筛选条件的记录。", lines: "+{0} 行", longText: "前 {0} 个字符，共 {1} 个", showAll: "显示全部",
    copyText: "复制为文本", copyLink: "复制链接", around: "显示前后记录", onlyFunction: "仅此函数", onlyThread: "仅此线程", onlySession: "仅此会话", close: "关闭",
    copied: "已复制。", copyFailed: "浏览器不允许复制。", saved: "已保存 {0} 条记录。", tooMany: "已复制前 {0} 条记录；另存为文本可保存全部。",
    layout: "格式", place: "代码位置", number: "序号", crash: "从崩溃缓冲恢复",
    lane_connect: "连接", lane_login: "登录", lane_network: "网络", lane_kick: "踢下线、过期", lane_send: "发送、同步", lane_other: "其他",
    gap: "{0} 无日志", gapKey: "无日志", cutKey: "因大小未包含", jump: "时钟跳变", dropped: "应用丢弃了日志行", lost: "丢失字节", bars: "{1} 至 {2}：{0} 条记录",
    chartLabel: "{1} 至 {2}：{0} 条记录，警告 {3}，错误 {4}",
    chartHint: "拖动可放大，单击柱形只看该时段。",
    day: "天", hour: "小时", minute: "分钟", second: "秒", keys: "快捷键", withoutDates: "无时间的记录",
    key_search: "搜索", key_hits: "下一个、上一个匹配", key_errors: "下一个、上一个错误", key_move: "下一条、上一条记录", key_open: "显示或隐藏记录详情", key_copy: "将记录复制为文本", key_around: "显示该记录前后的内容", key_close: "关闭；离开搜索框", key_tabs: "概览、日志记录", key_help: "本帮助",
    helpText: "所有内容都在本文件中，不会发送到任何地方。地址栏包含筛选条件和所选记录，复制地址即可返回。",
    printed: "所示 {1} 条记录中的前 {0} 条", range: "{0} 至 {1}",
  },
};

let language = "en";

/** Return the words for `key`, with {0}, {1} replaced. @param {string} key @param {...unknown} parts */
function t(key, ...parts) {
  const text = STRINGS[language][key] ?? STRINGS.en[key] ?? key;
  return text.replace(/\{(\d)\}/g, (all, place) => String(parts[Number(place)] ?? all));
}

/** Take a language, and put its words into the fixed parts of the page. @param {string} wanted */
function speak(wanted) {
  language = wanted in STRINGS ? wanted : "en";
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-t]")) {
    element.textContent = t(/** @type {HTMLElement} */ (element).dataset.t ?? "");
  }
  for (const element of document.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(/** @type {HTMLElement} */ (element).dataset.tLabel ?? ""));
  }
  for (const element of document.querySelectorAll("[data-t-hint]")) {
    element.setAttribute("placeholder", t(/** @type {HTMLElement} */ (element).dataset.tHint ?? ""));
  }
}

/** Return the language to open in: the one chosen, or else the browser's. */
function firstLanguage() {
  const chosen = document.documentElement.dataset.lang;
  return chosen || (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
}
