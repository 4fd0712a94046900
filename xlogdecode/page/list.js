// The virtual list: only the rows in sight are elements, however many records there are.

const ROW = 24;
const TALLEST = 8e6;
const SHOWN_BYTES = 600;

/** Shows the records that the filters let through. */
class List {
  /**
   * @param {Records} records @param {Filters} filters @param {Search} search
   * @param {(at: number) => void} select
   */
  constructor(records, filters, search, select) {
    this.records = records;
    this.filters = filters;
    this.search = search;
    this.select = select;
    this.selected = -1;
    this.ticking = 0;
    this.several = new Set(records.head.sessionIds.map(([source]) => source).filter(Boolean)).size > 1;
    this.box = byId("list");
    this.space = make("div", { class: "space", role: "presentation" });
    this.rows = make("div", { class: "rows", role: "presentation" });
    this.space.append(this.rows);
    this.box.append(this.space);
    this.box.addEventListener("scroll", () => this.draw());
    this.box.addEventListener("click", (event) => this.click(event));
    new ResizeObserver(() => this.refresh()).observe(this.box);
  }

  get total() { return this.filters.shown.length; }

  get height() { return Math.min(this.total * ROW, TALLEST); }

  /** How many whole rows are in sight. */
  get page() { return Math.max(1, Math.floor(this.box.clientHeight / ROW)); }

  /** Rows that lie above the first in sight, and pixels of it. */
  get top() {
    const most = this.height - this.box.clientHeight;
    if (this.total * ROW <= TALLEST || most <= 0) return this.box.scrollTop / ROW;
    return (this.box.scrollTop / most) * Math.max(0, this.total - this.box.clientHeight / ROW);
  }

  /** Show what the filters let through now. */
  refresh() {
    this.space.style.height = `${this.height}px`;
    byId("count").textContent = this.total || !this.records.size
      ? t("shown", count(this.total), count(this.records.size)) : t("noneShown");
    this.draw();
    void this.drawTicks();
  }

  /** Make the rows in sight. */
  draw() {
    const first = Math.max(0, Math.floor(this.top) - 4);
    const last = Math.min(this.total, first + this.page + 10);
    const rows = [];
    for (let place = first; place < last; place++) rows.push(this.rowOf(place));
    const offset = this.total * ROW <= TALLEST ? first * ROW : this.box.scrollTop - (this.top - first) * ROW;
    this.rows.style.transform = `translateY(${offset}px)`;
    this.rows.replaceChildren(...rows);
    const active = this.selected >= 0 && document.getElementById(`record-${this.selected}`);
    if (active) this.box.setAttribute("aria-activedescendant", active.id);
    else this.box.removeAttribute("aria-activedescendant");
  }

  /** @param {number} place */
  rowOf(place) {
    const { records, search } = this;
    const at = this.filters.shown[place];
    const level = LETTERS[records.level[at]];
    const message = records.message(at, SHOWN_BYTES);
    const [head] = message.split("\n", 1);
    const row = make("div", {
      role: "option", id: `record-${at}`, class: `row level-${level || "none"}`,
      "aria-selected": at === this.selected ? "true" : "false", "aria-posinset": place + 1, "aria-setsize": this.total,
    });
    const [, tag, file, line, name] = records.head.sites[records.site[at]];
    const where = name || tag || (file ? `${file}:${line ?? ""}` : "");
    const time = records.timed[at] ? clock(records.time[at]) : "";
    append(row, make("span", { class: "time" }, make("span", { class: "date" }, time.slice(0, 11)), time.slice(11)));
    append(row, make("span", { class: "letter" }, level));
    const source = sourceOf(records, at);
    if (this.several) append(row, make("span", { class: "source", title: visible(source) }, shortened(source.replace(/\.(xlog|clog|log)$/, ""), 17)));
    const site = make("span", { class: "site" });
    appendMarked(site, where, search.marking(at));
    const text = make("span", { class: "text" });
    appendMarked(text, head.slice(0, 400), search.marking(at));
    append(row, [site, text]);
    const folded = head.length < message.length ? records.message(at, 1 << 16).split("\n").length - 1 : 0;
    if (folded) append(row, make("span", { class: "folded" }, t("lines", folded)));
    if (search.hit[at]) row.classList.add("hit");
    return row;
  }

  /** @param {Event} event */
  click(event) {
    const row = event.target instanceof Element ? event.target.closest(".row") : null;
    if (row) this.select(Number(row.id.slice("record-".length)));
  }

  /** Bring a row into sight: the middle, unless it is there already. @param {number} place */
  scrollTo(place) {
    if (place >= Math.ceil(this.top) && place + 1 <= this.top + this.page) return;
    const first = Math.max(0, place - Math.floor(this.page / 2));
    const most = this.height - this.box.clientHeight;
    const far = this.total - this.box.clientHeight / ROW;
    this.box.scrollTop = this.total * ROW <= TALLEST ? first * ROW : (first / far) * most;
    this.draw();
  }

  /** Draw where hits and errors are, along the scrollbar. */
  async drawTicks() {
    const run = ++this.ticking;
    const height = Math.max(1, this.box.clientHeight);
    const { shown } = this.filters;
    const marks = new Uint8Array(height);
    const unit = height / Math.max(shown.length, height / ROW);
    for (let start = 0; start < shown.length; start += 32768) {
      this.markSlice(shown, start, marks, unit);
      await rest();
      if (run !== this.ticking) return;
    }
    this.paintTicks(marks);
  }

  /** @param {Uint32Array} shown @param {number} start @param {Uint8Array} marks @param {number} unit */
  markSlice(shown, start, marks, unit) {
    const { level } = this.records;
    const { hit } = this.search;
    for (let place = start; place < Math.min(start + 32768, shown.length); place++) {
      const at = shown[place];
      const mark = hit[at] ? 2 : level[at] === 5 || level[at] === 6 ? 1 : 0;
      const y = Math.floor(place * unit);
      if (mark > marks[y]) marks[y] = mark;
    }
  }

  /** @param {Uint8Array} marks */
  paintTicks(marks) {
    const canvas = /** @type {HTMLCanvasElement} */ (byId("ticks"));
    canvas.height = marks.length;
    const pen = canvas.getContext("2d");
    if (!pen) return;
    const style = getComputedStyle(document.documentElement);
    marks.forEach((mark, y) => {
      if (!mark) return;
      pen.fillStyle = style.getPropertyValue(mark === 2 ? "--hit" : "--error");
      pen.fillRect(mark === 2 ? 0 : 5, y, mark === 2 ? 10 : 5, 2);
    });
  }
}

/** Return the last part of the name of the file that a record is from. @param {Records} records @param {number} at */
function sourceOf(records, at) {
  return records.head.sessionIds[records.session[at]][0];
}
