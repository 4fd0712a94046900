// The page as a whole: opens the records, and joins list, filters, search, timeline and keys.

const MOST_COPIED = 20000;
const MOST_PRINTED = 500;

/** Holds the parts, and what is on show. */
class App {
  /** @param {Records} records */
  constructor(records) {
    this.records = records;
    this.places = records.placeOf();
    this.filters = new Filters(records);
    this.search = new Search(records);
    this.selected = -1;
    this.working = 0;
    const select = (/** @type {number} */ at) => this.select(at);
    this.list = new List(records, this.filters, this.search, select);
    this.facets = new FacetList(this.filters, () => this.apply());
    this.detail = new Detail(records, this.search, codesByRecord(this), this.recordActions());
    const goTo = (/** @type {number} */ at) => this.goTo(at);
    const choose = (/** @type {string} */ facet, /** @type {string} */ value, bad = false) => this.choose(facet, value, bad);
    this.timeline = new Timeline(records, this.filters, lanesOf(this), {
      zoom: (from, until) => this.zoom(from, until), select: goTo, session: (key) => choose("session", key),
    });
    this.overview = new Overview(records, this.places, { mark: (key) => this.mark(key), choose, select: goTo, lost: (source) => this.lost(source) });
  }

  /** Show what the filters let through now. @param {boolean} [keep] stay at the selected record */
  async apply(keep = true) {
    this.work(1);
    await this.applyNow(keep).finally(() => this.work(-1));
  }

  /** Say whether the list is being worked out. @param {number} more */
  work(more) {
    this.working += more;
    this.list.box.setAttribute("aria-busy", String(this.working > 0));
  }

  /** @param {boolean} keep */
  async applyNow(keep) {
    this.filters.only = inputOf("only").checked && this.search.pattern ? this.search.widened(Number(inputOf("context").value)) : null;
    if (!(await this.filters.apply())) return;
    this.list.refresh();
    if (keep && this.selected >= 0) this.list.scrollTo(this.filters.placeOf(this.selected));
    await rest();
    this.facets.draw();
    this.showHits();
    await rest();
    await this.timeline.draw();
    this.remember();
  }

  /** @param {"overview"|"records"} name */
  show(name) {
    for (const each of ["overview", "records"]) {
      byId(each).hidden = each !== name;
      byId(`tab-${each}`).setAttribute("aria-selected", String(each === name));
      byId(`tab-${each}`).tabIndex = each === name ? 0 : -1;
    }
    this.tab = name;
    if (name === "records") this.list.refresh();
    this.remember();
  }

  /** Select a record that is shown. @param {number} at @param {boolean} [open] */
  select(at, open = true) {
    this.selected = this.list.selected = at;
    this.detail.show(open ? at : -1);
    if (at >= 0) this.list.scrollTo(this.filters.placeOf(at));
    this.list.draw();
    this.showHits();
    this.remember();
  }

  /** Go to a record; filters that hide it are lifted. @param {number} at */
  async goTo(at) {
    this.show("records");
    if (this.filters.shown[this.filters.placeOf(at)] !== at) {
      this.filters.clear();
      inputOf("only").checked = false;
      await this.apply(false);
    }
    this.select(at);
  }

  /** @param {number} from @param {number} until */
  zoom(from, until) {
    this.filters.from = from;
    this.filters.until = until;
    void this.apply();
  }

  /** Show only the records with this value. @param {string} name @param {string} value @param {boolean} bad only errors of them */
  choose(name, value, bad) {
    this.filters.clear();
    const facet = this.filters.facet(name);
    facet.chosen.add(facet.values.indexOf(value));
    if (bad) for (const level of [5, 6]) this.filters.facet("level").chosen.add(level);
    this.show("records");
    void this.apply();
  }

  /** Show where bytes of a file are lost. @param {string} source */
  lost(source) {
    this.filters.clear();
    for (const [name, value] of [["source", source], ["level", LETTERS[LOSS]]]) {
      const { chosen, values } = this.filters.facet(name);
      chosen.add(values.indexOf(value));
    }
    this.show("records");
    void this.apply();
  }

  /** Show only the records of a code or an event. @param {string} key */
  mark(key) {
    this.filters.clear();
    this.filters.mark = markOf(this, key);
    this.show("records");
    void this.apply();
  }

  /** Look for what stands in the search box. */
  async find() {
    this.work(1);
    await this.findNow().finally(() => this.work(-1));
  }

  async findNow() {
    const query = inputOf("query").value;
    const how = { regex: inputOf("regex").checked, matchCase: inputOf("case").checked };
    inputOf("query").setCustomValidity("");
    const progress = () => { this.list.draw(); this.showHits(); };
    try {
      if (!(await this.search.find(query, how, progress))) return;
    } catch (error) {
      this.search.clear();
      const text = error instanceof TooSlowError ? t("slowRegex") : t("badRegex", error instanceof Error ? error.message : "");
      inputOf("query").setCustomValidity(text);
      byId("hits").textContent = text;
      return;
    }
    await this.apply();
    if (this.selected >= 0 && !this.detail.box.hidden) this.detail.show(this.selected);
  }

  showHits() {
    const { pattern, hit, found, busy } = this.search;
    if (!pattern) {
      if (!inputOf("query").validationMessage) byId("hits").textContent = "";
      return;
    }
    if (busy) {
      byId("hits").textContent = t("searching", count(found));
      return;
    }
    const { shown } = this.filters;
    let [all, before] = [0, 0];
    for (let place = 0; place < shown.length; place++) {
      if (!hit[shown[place]]) continue;
      all++;
      if (shown[place] <= this.selected) before++;
    }
    const onHit = this.selected >= 0 && hit[this.selected];
    byId("hits").textContent = onHit ? t("hitCount", count(before), count(all)) : t("hitsFound", count(all));
  }

  /**
   * Select the next shown record for which `fits` holds; behind the last comes the first.
   * @param {number} step @param {(at: number) => boolean|number} fits @param {boolean} open show all of it
   */
  step(step, fits, open = !this.detail.box.hidden) {
    const { shown } = this.filters;
    const here = this.filters.placeOf(this.selected);
    const onIt = shown[here] === this.selected;
    const first = this.selected < 0 ? (step > 0 ? 0 : -1) : step > 0 ? here + (onIt ? 1 : 0) : here - 1;
    for (let looked = 0; looked < shown.length; looked++) {
      const place = (first + step * looked + 2 * shown.length) % shown.length;
      if (!fits(shown[place])) continue;
      this.select(shown[place], open);
      return;
    }
  }

  /** @returns {Record<string, (at: number) => void>} */
  recordActions() {
    const value = (/** @type {string} */ name, /** @type {number} */ at) => {
      const facet = this.filters.facet(name);
      facet.chosen = new Set([facet.of[this.records[facet.column][at]]]);
      void this.apply();
    };
    return {
      copyText: (at) => copy(this.records.text(at)),
      copyLink: () => { this.remember(); copy(location.href); },
      around: (at) => this.around(at),
      onlyFunction: (at) => value("function", at),
      onlyThread: (at) => value("thread", at),
      onlySession: (at) => value("session", at),
      close: () => { this.select(this.selected, false); byId("list").focus(); },
    };
  }

  /** Show all that is around a record. @param {number} at */
  async around(at) {
    this.filters.clear();
    inputOf("only").checked = false;
    await this.apply(false);
    this.select(at);
  }

  /** Return the text of shown records, the first `most` of them. @param {number} most */
  async text(most) {
    const parts = [];
    for (const at of this.filters.shown.subarray(0, most)) {
      parts.push(this.records.text(at), "\n");
      await rest();
    }
    return parts;
  }

  async copyShown() {
    copy((await this.text(MOST_COPIED)).join(""));
    if (this.filters.shown.length > MOST_COPIED) say(t("tooMany", count(MOST_COPIED)));
  }

  async save() {
    const address = URL.createObjectURL(new Blob(await this.text(Infinity), { type: "text/plain" }));
    const link = make("a", { href: address, download: `${this.records.head.title.replace(/[^\p{L}\p{N}._-]+/gu, "_") || "case"}.log` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
    say(t("saved", count(this.filters.shown.length)));
  }

  /** Put the filters and the selected record into the address. */
  remember() {
    const { filters } = this;
    const parts = new URLSearchParams();
    if (this.tab === "records") parts.set("view", "records");
    if (filters.from !== null) parts.set("from", clock(filters.from));
    if (filters.until !== null) parts.set("until", clock(filters.until));
    if (filters.mark) parts.set("mark", filters.mark.key);
    for (const { name, chosen, values } of filters.facets) for (const value of chosen) parts.append(name, values[value]);
    for (const id of ["regex", "case", "only"]) if (inputOf(id).checked) parts.set(id, "1");
    if (inputOf("query").value) parts.set("q", inputOf("query").value);
    if (inputOf("context").value !== "0") parts.set("context", inputOf("context").value);
    if (this.selected >= 0) parts.set("record", String(this.records.number[this.selected] + 1));
    const text = parts.toString().slice(0, 8000);
    if (text === location.hash.slice(1)) return;
    history.replaceState(null, "", `#${text}`);
  }

  /** Take filters and the selected record from the address. */
  async recall() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const { filters } = this;
    filters.clear();
    filters.from = readTime(parts.get("from") ?? "", 0);
    filters.until = readTime(parts.get("until") ?? "", 0);
    filters.mark = markOf(this, parts.get("mark") ?? "");
    for (const { name, chosen, values } of filters.facets) {
      for (const value of parts.getAll(name)) if (values.includes(value)) chosen.add(values.indexOf(value));
    }
    for (const id of ["regex", "case", "only"]) inputOf(id).checked = parts.get(id) === "1";
    inputOf("query").value = parts.get("q") ?? "";
    const around = parts.get("context") ?? "0";
    inputOf("context").value = ["0", "3", "10", "50"].includes(around) ? around : "0";
    this.selected = this.list.selected = this.places[Number(parts.get("record")) - 1] ?? -1;
    this.show(parts.get("view") === "records" ? "records" : "overview");
    if (inputOf("query").value) await this.find();
    else await this.apply();
    if (this.selected >= 0) this.select(this.selected);
  }

  /** Draw all in the page's language. */
  async translate() {
    byId("language").textContent = language === "zh" ? "English" : "中文";
    byId("language").setAttribute("lang", language === "zh" ? "en" : "zh");
    const { redacted } = this.records.head;
    byId("badges").replaceChildren(make("span", { class: redacted ? "badge" : "badge warn", title: t(redacted ? "redactedHint" : "notRedactedHint") }, t(redacted ? "redacted" : "notRedacted")));
    this.overview.draw();
    await rest();
    this.facets.draw();
    await rest();
    void this.timeline.draw();
    this.list.refresh();
    this.showHits();
    if (!this.detail.box.hidden) this.detail.show(this.selected);
  }
}

/** Return the codes of each record that has any. @param {App} app */
function codesByRecord({ records, places }) {
  /** @type {Map<number, Head["story"]["codes"]>} */
  const found = new Map();
  for (const code of records.head.story.codes) {
    for (const at of rowsOf(places, code.rows)) {
      const codes = found.get(at);
      if (codes) codes.push(code);
      else found.set(at, [code]);
    }
  }
  return found;
}

/** Return the dots of each lane. @param {App} app */
function lanesOf({ records, places }) {
  /** @type {Map<string, Dot[]>} */
  const lanes = new Map();
  for (const { name, lane, mood, rows } of records.head.story.events) {
    const dots = lanes.get(lane) ?? [];
    lanes.set(lane, dots);
    for (const at of rowsOf(places, rows)) dots.push({ at, mood, name });
  }
  return lanes;
}

/** Return the mark that `key` names, or null. @param {App} app @param {string} key @returns {Mark|null} */
function markOf({ records, places }, key) {
  const { codes, events } = records.head.story;
  const code = codes.find((each) => key === `code-${each.code}`);
  const event = events.find((each) => key === `event-${each.name}`);
  const rows = code?.rows ?? event?.rows;
  if (!rows) return null;
  const label = () => (code ? `${t("code")} ${code.code}` : `${t("event")} ${wordsOf(event?.words) || event?.name}`);
  return { key, label, has: markRows(places, rows, records.size) };
}
