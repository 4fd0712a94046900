// The drawing by time: bars by level, sessions, what interrupts the log, lanes of events.

const STEPS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000, 7776000, 31536000, 63072000, 157680000, 315360000]
  .map((seconds) => seconds * 1000);
const LEFT = 96;
const RIGHT = 8;
const BARS = 84;
const LANE = 16;
const SILENCE = 3600e3;
const STACK = /** @type {const} */ ([[6, "F"], [5, "E"], [4, "W"], [3, "I"], [2, "D"], [1, "V"], [0, ""]]);
const STACK_OF = Uint8Array.from(LETTERS, (_, value) => Math.max(0, STACK.findIndex(([level]) => level === value)));
const LANES = ["connect", "network", "login", "kick", "send", "other"];

const MOODS = ["plain", "good", "bad"];

/** @typedef {{start: number, kind: string, stop?: number}} Interruption */
/** @typedef {{at: number, mood: string, name: string}} Dot */

/** Draws, and turns clicks and drags into a stretch of time. */
class Timeline {
  /**
   * @param {Records} records @param {Filters} filters
   * @param {Map<string, Dot[]>} lanes
   * @param {{zoom: (from: number, until: number) => void, select: (at: number) => void, session: (key: string) => void}} actions
   */
  constructor(records, filters, lanes, actions) {
    this.records = records;
    this.filters = filters;
    this.lanes = lanes;
    this.actions = actions;
    this.box = byId("chart");
    this.interruptions = interruptionsOf(records);
    this.bands = bandsOf(records, filters);
    const times = [0, records.size - 1].map((at) => records.time[at] ?? 0);
    this.all = { start: times[0], stop: Math.max(times[1], times[0] + 1000) };
    this.start = this.all.start;
    this.stop = this.all.stop;
    this.width = 0;
    this.size = { width: 0 };
    this.step = STEPS[0];
    this.first = 0;
    /** Records by stack and bar. @type {Uint32Array[]} */
    this.counts = [];
    this.run = 0;
    new ResizeObserver(() => void this.draw()).observe(this.box);
  }

  /** Draw all of it anew. */
  async draw() {
    if (!this.measure() || !(await this.tally())) return;
    const { width } = this.size;
    const lanes = LANES.filter((name) => this.lanes.get(name)?.length);
    const height = 14 + BARS + 18 + lanes.length * LANE;
    const svg = draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": this.label() });
    const parts = [() => this.drawBands(), () => this.drawSilence(), () => this.drawBars(), () => this.drawCuts(), () => this.drawMarks(), () => this.drawAxis(),
      ...lanes.map((name, place) => () => this.drawLane(name, 14 + BARS + 18 + place * LANE))];
    const { run } = this;
    for (const part of parts) {
      append(svg, part());
      await rest();
      if (run !== this.run) return;
    }
    this.box.replaceChildren(svg);
    this.listen(svg);
    byId("range").textContent = `${t("range", clock(this.start, 19), clock(this.stop, 19))} · ${t("chartHint")}`;
    byId("unzoom").hidden = this.filters.from === null && this.filters.until === null;
    this.drawLegend();
  }

  /** Work out what is drawn from when to when; return whether there is anything to draw. */
  measure() {
    const width = this.box.clientWidth;
    if (!width || !this.records.size) return false;
    this.size = { width };
    this.width = width - LEFT - RIGHT;
    this.start = this.filters.from === null ? this.all.start : Math.max(this.filters.from, this.all.start);
    this.stop = this.filters.until === null ? this.all.stop : Math.min(this.filters.until, this.all.stop);
    if (this.stop <= this.start) this.stop = this.start + 1000;
    this.step = STEPS.find((step) => (this.stop - this.start) / step < this.width / 5) ?? STEPS[STEPS.length - 1];
    return true;
  }

  /** Count the records of each bar, in slices; return whether it is done. */
  async tally() {
    const run = ++this.run;
    const { shown } = this.filters;
    this.first = Math.floor(this.start / this.step);
    const bins = Math.floor(this.stop / this.step) - this.first + 1;
    const counts = STACK.map(() => new Uint32Array(bins));
    for (let place = 0; place < shown.length; place += 32768) {
      this.tallySlice(shown.subarray(place, place + 32768), counts, bins);
      await rest();
      if (run !== this.run) return false;
    }
    this.counts = counts;
    return true;
  }

  /** @param {Uint32Array} shown @param {Uint32Array[]} counts @param {number} bins */
  tallySlice(shown, counts, bins) {
    const { time, level } = this.records;
    const { first, step } = this;
    for (let place = 0; place < shown.length; place++) {
      const at = shown[place];
      const bin = Math.floor(time[at] / step) - first;
      if (level[at] !== LOSS && bin >= 0 && bin < bins) counts[STACK_OF[level[at]]][bin]++;
    }
  }

  label() {
    const { shown } = this.filters;
    const total = (/** @type {number} */ stack) => this.counts[stack].reduce((a, b) => a + b, 0);
    const [warnings, errors] = [total(2), total(0) + total(1)];
    return t("chartLabel", count(shown.length), clock(this.start, 19), clock(this.stop, 19), count(warnings), count(errors));
  }

  /** @param {number} time */
  x(time) { return LEFT + ((time - this.start) / (this.stop - this.start)) * this.width; }

  /** @param {number} x */
  timeAt(x) {
    const share = Math.min(1, Math.max(0, (x - LEFT) / this.width));
    return this.start + share * (this.stop - this.start);
  }

  drawBars() {
    const { counts, first } = this;
    const bins = counts[0].length;
    const totals = Array.from({ length: bins }, (_, bin) => counts.reduce((total, each) => total + each[bin], 0));
    const most = totals.reduce((a, b) => Math.max(a, b), 1);
    const group = draw("g", { class: "bars" });
    for (let bin = 0; bin < bins; bin++) if (totals[bin]) append(group, this.barOf(first + bin, counts.map((each) => each[bin]), totals[bin], most));
    append(group, draw("text", { x: LEFT - 6, y: 24, class: "scale" }, count(most)));
    return group;
  }

  /** @param {number} bin @param {number[]} counts @param {number} total @param {number} most */
  barOf(bin, counts, total, most) {
    const start = bin * this.step;
    const [left, right] = [Math.max(LEFT, this.x(start)), Math.min(LEFT + this.width, this.x(start + this.step))];
    const width = Math.max(3, right - left - (right - left > 4 ? 1 : 0));
    const bar = draw("g", { class: "bar", "data-start": start, "data-total": total });
    append(bar, draw("title", {}, t("bars", count(total), clock(start, 19), clock(start + this.step, 19))));
    let y = 14 + BARS;
    counts.forEach((number, place) => {
      if (!number) return;
      const height = Math.max(place < 3 ? 1.5 : 0, (number / most) * (BARS - 4));
      y -= height;
      append(bar, draw("rect", { x: left, y, width, height, class: `fill-${STACK[place][1] || "none"}` }));
    });
    return bar;
  }

  drawBands() {
    const group = draw("g", { class: "bands" });
    let right = -Infinity;
    this.bands.forEach(({ start, stop, key }, place) => {
      if (stop < this.start || start > this.stop) return;
      const left = Math.max(LEFT, this.x(start));
      const width = Math.max(2, Math.min(LEFT + this.width, this.x(stop)) - left);
      if (left + width < right + 1) return;
      right = left + width;
      append(group, draw("rect", { x: left, y: 2, width, height: 8, class: `band band-${place % 2}`, "data-session": key },
        draw("title", {}, `${t("session")} ${key}`)));
    });
    append(group, draw("text", { x: LEFT - 6, y: 10, class: "scale" }, t("sessions")));
    return group;
  }

  drawSilence() {
    const group = draw("g", { class: "silence" });
    for (const { start, stop = start, kind } of this.interruptions) {
      if (kind !== "gap" || stop < this.start || start > this.stop) continue;
      const left = Math.max(LEFT, this.x(start));
      const width = Math.min(LEFT + this.width, this.x(stop)) - left;
      if (width >= 2) append(group, draw("rect", { x: left, y: 14, width, height: BARS, class: "gap" }, draw("title", {}, t("gap", span(stop - start)))));
    }
    return group;
  }

  /** Draw from when to when records were left out for want of room. */
  drawCuts() {
    const group = draw("g", { class: "cuts" });
    this.records.head.cuts.forEach((cut, place) => {
      const [left, right] = [cut.first, cut.last].map((time) => Math.min(LEFT + this.width, Math.max(LEFT, this.x(time))));
      if (cut.last < this.start || cut.first > this.stop) return;
      append(group, draw("rect", { x: left, y: 15 + 5 * place, width: Math.max(2, right - left), height: 4, class: "cut" }, draw("title", {}, cutLine(cut))));
    });
    return group;
  }

  drawMarks() {
    const group = draw("g", { class: "marks" });
    const seen = new Set();
    for (const { start, kind } of this.interruptions) {
      const x = Math.round(this.x(start));
      if (kind === "gap" || start < this.start || start > this.stop || seen.has(`${kind}${x}`)) continue;
      seen.add(`${kind}${x}`);
      append(group, draw("path", { d: `M${x - 4} 12h8l-4 7zM${x} 14v${BARS}`, class: `mark mark-${kind}` }, draw("title", {}, `${t(kind)} ${clock(start, 19)}`)));
    }
    return group;
  }

  drawAxis() {
    const group = draw("g", { class: "axis" });
    const fits = Math.max(1, this.width / 130);
    const step = STEPS.find((each) => (this.stop - this.start) / each <= fits) ?? STEPS[STEPS.length - 1];
    const y = 14 + BARS;
    append(group, draw("path", { d: `M${LEFT} ${y}h${this.width}` }));
    for (let time = Math.ceil(this.start / step) * step; time <= this.stop; time += step) {
      const x = this.x(time);
      append(group, draw("path", { d: `M${x} ${y}v4` }));
      const text = step >= 86400e3 ? clock(time, 10) : step >= 60e3 ? clock(time, 16).slice(5) : clock(time, 19).slice(11);
      if (x < LEFT + this.width - 30) append(group, draw("text", { x, y: y + 14 }, text));
    }
    return group;
  }

  /** @param {string} name @param {number} y */
  drawLane(name, y) {
    const group = draw("g", { class: "lane", "data-lane": name });
    append(group, draw("text", { x: LEFT - 6, y: y + 12, class: "scale" }, t(`lane_${name}`)));
    append(group, draw("path", { d: `M${LEFT} ${y + 8}h${this.width}`, class: "rail" }));
    /** @type {Map<number, Dot>} */
    const shown = new Map();
    for (const dot of this.lanes.get(name) ?? []) {
      const time = this.records.time[dot.at];
      if (time < this.start || time > this.stop) continue;
      const x = Math.round(this.x(time) / 3) * 3;
      const other = shown.get(x);
      if (!other || MOODS.indexOf(dot.mood) > MOODS.indexOf(other.mood)) shown.set(x, dot);
    }
    for (const [x, { at, mood, name: event }] of shown) {
      append(group, draw("circle", { cx: x, cy: y + 8, r: mood === "bad" ? 4.5 : 3.5, class: `dot dot-${mood}`, "data-record": at },
        draw("title", {}, `${clock(this.records.time[at])} ${event}`)));
    }
    return group;
  }

  drawLegend() {
    const kinds = new Set(this.interruptions.map(({ kind }) => kind));
    byId("legend").replaceChildren(
      ...STACK.filter(([level]) => level).map(([, letter]) => make("span", { class: `key fill-${letter}` }, `${letter} ${t(letter)}`)),
      ...[["gap", "gapKey"], ["lost", "lost"], ["jump", "jump"], ["dropped", "dropped"]].filter(([kind]) => kinds.has(kind))
        .map(([kind, key]) => make("span", { class: `key mark-${kind}` }, t(key))),
      this.records.head.cuts.length ? make("span", { class: "key mark-cut" }, t("cutKey")) : "");
  }

  /** @param {Element} svg */
  listen(svg) {
    /** @type {{x: number, frame: Element}|null} */
    let drag = null;
    const place = (/** @type {MouseEvent} */ event) => event.clientX - svg.getBoundingClientRect().left;
    svg.addEventListener("pointerdown", (event) => {
      const at = /** @type {PointerEvent} */ (event);
      if (at.button || place(at) < LEFT) return;
      drag = { x: place(at), frame: draw("rect", { class: "drag", y: 14, height: BARS, x: place(at), width: 0 }) };
      svg.append(drag.frame);
      svg.setPointerCapture(at.pointerId);
    });
    svg.addEventListener("pointermove", (event) => {
      if (!drag) return;
      const x = place(/** @type {PointerEvent} */ (event));
      drag.frame.setAttribute("x", String(Math.min(x, drag.x)));
      drag.frame.setAttribute("width", String(Math.abs(x - drag.x)));
    });
    svg.addEventListener("pointerup", (event) => {
      if (!drag) return;
      const at = /** @type {PointerEvent} */ (event);
      const [from, until] = [drag.x, place(at)].sort((a, b) => a - b);
      drag.frame.remove();
      drag = null;
      if (until - from > 4) this.actions.zoom(Math.floor(this.timeAt(from)), Math.ceil(this.timeAt(until)));
      else this.click(at);
    });
  }

  /** @param {PointerEvent} event */
  click(event) {
    const under = document.elementFromPoint(event.clientX, event.clientY);
    const record = under?.closest("[data-record]")?.getAttribute("data-record");
    const session = under?.closest("[data-session]")?.getAttribute("data-session");
    if (record) this.actions.select(Number(record));
    else if (session) this.actions.session(session);
    else {
      const time = this.timeAt(event.clientX - this.box.getBoundingClientRect().left);
      const start = Math.floor(time / this.step) * this.step;
      this.actions.zoom(start, start + this.step - 1);
    }
  }
}

/** Return what interrupts the log. @param {Records} records @returns {Interruption[]} */
function interruptionsOf(records) {
  const kinds = records.head.sites.map(([layout]) => (layout === "clock-jump" ? "jump" : layout === "dropped" ? "dropped" : ""));
  /** @type {Interruption[]} */
  const found = [];
  for (let at = 0; at < records.size; at++) {
    const kind = records.level[at] === LOSS ? "lost" : kinds[records.site[at]];
    const start = records.time[at];
    if (kind && found.length < 5000) found.push({ start, kind });
    const silent = at ? start - records.time[at - 1] : 0;
    if (silent >= SILENCE) found.push({ start: start - silent, stop: start, kind: "gap" });
  }
  return found;
}

/** Return from when to when each session lasted. @param {Records} records @param {Filters} filters */
function bandsOf(records, filters) {
  const { of, values } = filters.facet("session");
  const start = new Float64Array(values.length).fill(Infinity);
  const stop = new Float64Array(values.length).fill(-Infinity);
  for (let at = 0; at < records.size; at++) {
    const value = of[records.session[at]];
    const time = records.time[at];
    if (time < start[value]) start[value] = time;
    if (time > stop[value]) stop[value] = time;
  }
  return values.map((key, value) => ({ key, start: start[value], stop: stop[value] }))
    .filter(({ key, start: from }) => key && Number.isFinite(from)).sort((a, b) => a.start - b.start);
}
