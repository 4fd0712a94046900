// One record with all that is known of it.

const FIRST = 1 << 16;

/** Shows the selected record below the list. */
class Detail {
  /** @param {Records} records @param {Search} search @param {Map<number, Head["story"]["codes"]>} codes @param {Record<string, (at: number) => void>} actions */
  constructor(records, search, codes, actions) {
    this.records = records;
    this.search = search;
    this.codes = codes;
    this.actions = actions;
    this.box = byId("detail");
  }

  /** Show a record; none if it is below zero. @param {number} at */
  show(at) {
    this.box.hidden = at < 0;
    this.box.replaceChildren();
    if (at < 0) return;
    append(this.box, make("p", { class: "actions" },
      ["copyText", "copyLink", "around", "onlyFunction", "onlyThread", "onlySession", "close"]
        .map((name) => button(t(name), () => this.actions[name](at), { "data-action": name }))));
    append(this.box, make("dl", {}, this.fields(at).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)))));
    for (const code of this.codes.get(at) ?? []) append(this.box, codeLine(code));
    this.showText(at, FIRST);
  }

  /** @param {number} at @param {number} most */
  showText(at, most) {
    const text = make("pre", { tabindex: 0, "aria-label": t("detail") });
    const message = this.records.message(at, most);
    appendMarked(text, message, most > FIRST && this.search.regex ? null : this.search.marking(at));
    append(this.box, text);
    const length = this.records.lengthOf(at);
    if (length <= most) return;
    const rest = make("p", {}, t("longText", count(message.length), count(length)), " ");
    append(rest, button(t("showAll"), () => {
      text.remove();
      rest.remove();
      this.showText(at, Infinity);
    }));
    append(this.box, rest);
  }

  /** @param {number} at @returns {[string, string][]} */
  fields(at) {
    const { head } = this.records;
    const [layout, tag, file, line, name] = head.sites[this.records.site[at]];
    const [process, thread, main] = head.whos[this.records.who[at]];
    const [source, session, recovered, zone] = head.sessionIds[this.records.session[at]];
    const time = this.records.timed[at] ? `${clock(this.records.time[at])} ${zone ?? ""}` : "";
    const rows = /** @type {[string, string][]} */ ([
      [t("time"), time], [t("level"), levelName(LETTERS[this.records.level[at]])],
      [t("thread"), thread === null ? "" : `${process ?? ""}-${thread} ${main ? t("mainThread") : ""}`],
      [t("tag"), tag ?? ""], [t("function"), name ?? ""], [t("place"), file ? `${file}:${line ?? ""}` : ""],
      [t("session"), session === "0" ? t("before") : session ?? ""], [t("source"), source],
      [t("layout"), layout], [t("crash"), recovered ? "✓" : ""], [t("number"), String(this.records.number[at] + 1)],
    ]);
    return rows.filter(([, value]) => value.trim());
  }
}

/** Return the name of a level. @param {string} letter */
const levelName = (letter) => (letter ? t(letter) : t("noLevel"));

/** Return words in the page's language. @param {Words|undefined} words */
const wordsOf = (words) => words?.[/** @type {"en"|"zh"} */ (language)] || words?.en || "";

/** @param {Head["story"]["codes"][number]} code */
function codeLine({ code, meaning, todo }) {
  const line = make("p", { class: "code" }, make("strong", {}, String(code)), ` ${wordsOf(meaning)}`);
  if (wordsOf(todo)) append(line, make("span", { class: "todo" }, ` → ${wordsOf(todo)}`));
  return line;
}
