// The overview: what the case is, what went wrong, and where to look; a click filters.

const TABLE_ROWS = 10;
const MOST_REASONS = 5;
const MOST_OPENED = 2000;

/** Shows the tables above the records. */
class Overview {
  /**
   * @param {Records} records @param {Int32Array} places
   * @param {{mark: (key: string) => void, choose: (facet: string, value: string, bad?: boolean) => void, select: (at: number) => void, lost: (source: string) => void}} actions
   */
  constructor(records, places, actions) {
    this.records = records;
    this.head = records.head;
    this.places = places;
    this.actions = actions;
    /** @type {Set<string>} tables that show all rows */
    this.opened = new Set();
    this.functions = functionsOf(records);
    this.bySession = countsOf(records);
  }

  /** Draw all of it. */
  draw() {
    const leftOut = this.leftOut();
    byId("overview").replaceChildren(
      this.facts(!leftOut), leftOut, this.codes(), this.events(), this.errors(), this.slow(), this.sessions(), this.files());
  }

  /** @param {boolean} complete nothing was left out */
  facts(complete) {
    const { story, counts, files, redacted } = this.head;
    const { time, size } = this.records;
    const each = (/** @type {"app"|"sdk"|"device"|"platform"|"system"} */ key) => [...new Set(story.sessions.map((session) => session[key]).filter(Boolean))].join(", ");
    const rows = [
      [t("records"), count(size)],
      [t("period"), size ? `${t("range", clock(time[0], 19), clock(time[size - 1], 19))} (${span(time[size - 1] - time[0])})` : ""],
      [t("errors"), count((counts.E ?? 0) + (counts.F ?? 0))], [t("warnings"), count(counts.W ?? 0)],
      [t("sessions"), count(story.sessions.length)], [t("files"), count(files.length)],
      [t("app"), each("app")], [t("sdk"), each("sdk")],
      [t("device"), [each("device"), `${each("platform")} ${each("system")}`.trim()].filter(Boolean).join(", ")],
      [t("users"), (story.users ?? []).join(", ")],
    ].filter(([, value]) => value);
    return card("facts", t("facts"), make("dl", { class: "facts" }, rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)))),
      make("p", { class: redacted ? "quiet" : "warn" }, t(redacted ? "redactedHint" : "notRedactedHint")),
      complete ? make("p", { class: "quiet" }, t("nothingLeftOut")) : null);
  }

  leftOut() {
    const { cuts, filters, files } = this.head;
    const lines = cuts.map(cutLine);
    if (filters.length) lines.push(t("leftOutFilter", filters.join(" ")));
    const faulty = files.filter(({ state, gaps }) => state !== "ok" || gaps);
    if (!lines.length && !faulty.length) return "";
    const most = this.opened.has("leftout") ? MOST_OPENED : MOST_REASONS;
    const items = [...lines.map((line) => make("li", {}, line)), ...this.reasons(faulty.slice(0, Math.max(0, most - lines.length)))];
    return card("leftout", t("leftOut"), make("ul", {}, items), this.more("leftout", lines.length + faulty.length, MOST_REASONS));
  }

  /** Return why files are not here, or not all of them; the same next step comes once, behind the last. @param {FileFacts[]} files */
  reasons(files) {
    const steps = files.map(({ state, detail, why }) => (wordsOf(why) || wordsOf(detail) ? "" : t(`next_${state}`)));
    return files.map((file, place) => this.reason(file, steps[place + 1] === steps[place] ? "" : steps[place]));
  }

  /** Return why a file is not here, or not all of it, and what to do. @param {FileFacts} file @param {string} step */
  reason(file, step) {
    const { name, state, places, reasons } = file;
    const [detail, why] = [wordsOf(file.detail), wordsOf(file.why)];
    const listed = detail ? "" : reasons.map(([words, times]) => `${wordsOf(words)}${times > 1 ? ` × ${count(times)}` : ""}`).join(t("between"));
    return make("li", {},
      make("b", {}, name), " ", state === "ok" ? null : make("span", { class: `state state-${state}` }, t(state)), t("colon"),
      detail || [resultOf(file), listed].filter(Boolean).join(t("between")), " ",
      places ? this.link(t("showLost"), () => this.actions.lost(name)) : null,
      why ? make("p", {}, make("b", {}, t("likelyCause")), " ", why) : step ? make("p", { class: "quiet" }, step) : null);
  }

  codes() {
    return this.table("codes", [t("code"), t("times"), t("meaning"), t("todo"), t("first"), t("last")], this.head.story.codes, ({ code, meaning, todo, rows }) =>
      [this.link(String(code), () => this.actions.mark(`code-${code}`)), count(rows.length), wordsOf(meaning), wordsOf(todo), ...this.times(rowsOf(this.places, rows))]);
  }

  events() {
    return this.table("events", [t("event"), t("times"), t("first"), t("last")], this.head.story.events, ({ name, words, mood, rows }) => {
      const link = this.link(wordsOf(words) || name, () => this.actions.mark(`event-${name}`));
      link.classList.add(`mood-${mood}`);
      return [link, count(rows.length), ...this.times(rowsOf(this.places, rows))];
    });
  }

  errors() {
    return this.table("functions", [t("function"), t("errors"), t("warnings")], this.functions, ({ name, errors, warnings }) =>
      [this.link(name, () => this.actions.choose("function", name, true)), count(errors), count(warnings)]);
  }

  slow() {
    const slow = this.head.story.slow.filter(([, number]) => this.places[number] >= 0);
    return this.table("slow", [t("cost"), t("time"), t("function")], slow, ([cost, number]) => {
      const at = this.places[number];
      const [, tag, , , name] = this.head.sites[this.records.site[at]];
      return [`${count(cost)}\u00a0ms`, this.link(clock(this.records.time[at]), () => this.actions.select(at)), name ?? tag ?? ""];
    });
  }

  sessions() {
    const several = this.head.files.length > 1;
    const head = [t("session"), ...(several ? [t("file")] : []), t("opened"), t("records"), t("errors"), t("warnings"), t("ended"), t("sdk"), t("device")];
    return this.table("sessions", head, this.head.story.sessions, (session) => {
      const key = sessionKey(session.source, session.number);
      const [records, warnings, errors] = this.bySession.get(key) ?? [0, 0, 0];
      return [
        this.link(session.number === "0" ? t("before") : session.number, () => this.actions.choose("session", key)),
        ...(several ? [session.source] : []), (session.opened ?? "").slice(0, 19).replace("T", " "), count(records), count(errors), count(warnings), endOf(session.ended),
        session.sdk ?? "", [session.device, session.platform, session.system].filter(Boolean).join(" "),
      ];
    });
  }

  files() {
    return this.table("files", [t("file"), t("state"), t("records"), t("size"), t("detailColumn")], this.head.files, (file) => [
      file.records ? this.link(file.name, () => this.actions.choose("source", file.name)) : file.name,
      make("span", { class: `state state-${file.state}` }, t(file.state)), count(file.records),
      file.size === null ? "" : `${count(Math.ceil(file.size / 1024))}\u00a0KB`, wordsOf(file.detail) || resultOf(file),
    ]);
  }

  /** @param {number[]} at */
  times(at) {
    if (!at.length) return ["", ""];
    const order = [...at].sort((a, b) => a - b);
    return [order[0], order[order.length - 1]].map((place) => this.link(clock(this.records.time[place], 19), () => this.actions.select(place)));
  }

  /** @param {string} text @param {() => void} click */
  link(text, click) {
    return button(text, click, { class: "link" });
  }

  /** @template T @param {string} name @param {string[]} head @param {T[]} items @param {(item: T) => unknown[]} cells */
  table(name, head, items, cells) {
    if (!items.length) return "";
    const shown = items.slice(0, this.opened.has(name) ? MOST_OPENED : TABLE_ROWS).map(cells);
    const table = make("table", {}, make("thead", {}, make("tr", {}, head.map((each) => make("th", { scope: "col" }, each)))),
      make("tbody", {}, shown.map((row) => make("tr", {}, row.map((cell) => make("td", {}, cell))))));
    return card(name, t(name), make("div", { class: "wide", tabindex: 0, role: "group", "aria-label": t(name) }, table), this.more(name, items.length, TABLE_ROWS));
  }

  /** Return the button that shows all of a list, or less; null for a short one. @param {string} name @param {number} all @param {number} most */
  more(name, all, most) {
    if (all <= most) return null;
    return button(this.opened.has(name) ? t("less") : t("more", count(all)), () => {
      if (!this.opened.delete(name)) this.opened.add(name);
      this.draw();
    });
  }
}

/** Return which records were left out for want of room. @param {Head["cuts"][number]} cut */
const cutLine = ({ levels, rows, first, last }) => t("leftOutCut", count(rows), levels, clock(first, 19), clock(last, 19));

/** Return what came of decoding a file, in a line. @param {FileFacts} file */
function resultOf({ size, blocks, text, places, lostBytes, locked, gaps }) {
  if (size === null) return "";
  const parts = [
    places && t("lostIn", count(places), count(lostBytes)), locked && t("lockedBlocks", count(locked)),
    text && (blocks ? t("gave", count(blocks), count(text)) : t("plainText", count(text))), gaps && t("missingIn", count(gaps)),
  ];
  return parts.filter(Boolean).join(t("between"));
}

/** Return how a session ended, in the page's language. @param {string} words */
const endOf = (words) => (`end_${words}` in STRINGS.en ? t(`end_${words}`) : words);

/** @param {string} name @param {string} title @param {...unknown} children */
function card(name, title, ...children) {
  return make("section", { class: "card", id: `card-${name}` }, make("h2", {}, title), ...children);
}

/** Return the functions with errors, those with most first. @param {Records} records */
function functionsOf(records) {
  /** @type {Map<string, {name: string, errors: number, warnings: number}>} */
  const found = new Map();
  for (let at = 0; at < records.size; at++) {
    const level = records.level[at];
    if (level < 4 || level > 6) continue;
    const name = records.head.sites[records.site[at]][4];
    if (!name) continue;
    const each = found.get(name) ?? { name, errors: 0, warnings: 0 };
    found.set(name, each);
    if (level === 4) each.warnings++;
    else each.errors++;
  }
  return [...found.values()].filter(({ errors }) => errors).sort((a, b) => b.errors - a.errors || b.warnings - a.warnings);
}

/** Return records, warnings and errors of each session. @param {Records} records */
function countsOf(records) {
  /** @type {Map<string, [number, number, number]>} */
  const found = new Map();
  const counts = records.head.sessionIds.map(([source, number]) => {
    const key = sessionKey(source, number);
    if (!found.has(key)) found.set(key, [0, 0, 0]);
    return /** @type {[number, number, number]} */ (found.get(key));
  });
  for (let at = 0; at < records.size; at++) {
    const each = counts[records.session[at]];
    const level = records.level[at];
    if (level !== LOSS) each[0]++;
    if (level === 4) each[1]++;
    else if (level === 5 || level === 6) each[2]++;
  }
  return found;
}
