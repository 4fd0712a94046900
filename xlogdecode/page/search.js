// Search by text or regular expression: over all records, a slice at a time, so that keys are heard.

const SLICE = 1 << 15;

/** Finds the records that a query fits. */
class Search {
  /** @param {Records} records */
  constructor(records) {
    this.records = records;
    /** @type {RegExp|null} */
    this.pattern = null;
    this.hit = new Uint8Array(records.size);
    this.found = 0;
    this.busy = false;
    this.run = 0;
    this.regex = false;
    this.matcher = new Matcher();
  }

  /** Forget the query. */
  clear() {
    this.run++;
    this.matcher.stop();
    this.pattern = null;
    this.busy = false;
    this.hit.fill(0);
    this.found = 0;
  }

  /**
   * Look for `query`; `progress` is called as hits come. Return whether it is done.
   * Raises SyntaxError for what is not a regular expression, TooSlowError for one that takes too long.
   * @param {string} query @param {{regex: boolean, matchCase: boolean}} how @param {() => void} progress
   */
  async find(query, how, progress) {
    const pattern = patternOf(query, how);
    this.clear();
    if (!pattern) return true;
    const run = this.run;
    this.pattern = pattern;
    this.regex = how.regex;
    this.busy = true;
    const sites = await this.fitting(this.records.head.sites.map((site) => site.slice(1).filter((part) => part !== null).join(" ")));
    if (!sites || run !== this.run) return false;
    let next = performance.now() + 100;
    for (const blob of this.records.blobs) {
      for (let row = 0; row < blob.rows; ) {
        const { stop, messages } = this.slice(blob, row);
        const fits = await this.fitting(messages);
        await rest();
        if (!fits || run !== this.run) return false;
        this.note(blob, row, fits, sites);
        row = stop;
        if (performance.now() > next) {
          progress();
          next = performance.now() + 250;
        }
      }
    }
    this.busy = false;
    return true;
  }

  /** Return which texts fit; null if there is another query by now. @param {string[]} texts */
  fitting(texts) {
    const pattern = /** @type {RegExp} */ (this.pattern);
    return this.regex ? this.matcher.fitting(pattern, texts) : Uint8Array.from(texts, (text) => (pattern.test(text) ? 1 : 0));
  }

  /**
   * Return the messages of the rows from `row` on, about SLICE bytes of them, and the row behind them.
   * @param {Blob_} blob @param {number} row
   */
  slice(blob, row) {
    const { records } = this;
    const { starts, texts, bytes } = blob;
    let stop = row + 1;
    while (stop < blob.rows && starts[stop + 1] - starts[row] < SLICE) stop++;
    const text = records.decoder.decode(bytes.subarray(texts + starts[row], texts + starts[stop]));
    const exact = text.length === starts[stop] - starts[row];
    const messages = [];
    for (let each = row; each < stop; each++) {
      messages.push(exact
        ? text.slice(starts[each] - starts[row], starts[each + 1] - starts[row])
        : records.decoder.decode(bytes.subarray(texts + starts[each], texts + starts[each + 1])));
    }
    return { stop, messages };
  }

  /** Note the hits among the rows from `row` on. @param {Blob_} blob @param {number} row @param {Uint8Array} fits @param {Uint8Array} sites */
  note({ at }, row, fits, sites) {
    for (let each = 0; each < fits.length; each++) {
      const place = at[row + each];
      if (!fits[each] && !sites[this.records.site[place]]) continue;
      this.hit[place] = 1;
      this.found++;
    }
  }

  /** Return the pattern that marks what was found in a record; null where nothing was. @param {number} at */
  marking(at) {
    return this.hit[at] ? this.pattern : null;
  }

  /** Return which records are hits or within `around` records of one. @param {number} around */
  widened(around) {
    if (!around) return this.hit;
    const near = new Uint8Array(this.hit.length);
    let until = -1;
    for (let at = 0; at < near.length; at++) {
      if (this.hit[at]) {
        for (let before = Math.max(until + 1, at - around); before < at; before++) near[before] = 1;
        until = at + around;
      }
      if (at <= until) near[at] = 1;
    }
    return near;
  }
}

/** @param {string} query @param {{regex: boolean, matchCase: boolean}} how */
function patternOf(query, { regex, matchCase }) {
  if (!query) return null;
  const source = regex ? query : query.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  return new RegExp(source, matchCase ? "m" : "im");
}

/**
 * Add `text` to an element, with what fits `pattern` marked.
 * @param {Element} element @param {string} text @param {RegExp|null} pattern
 */
function appendMarked(element, text, pattern) {
  let done = 0;
  if (pattern) {
    const all = new RegExp(pattern.source, `${pattern.flags}g`);
    let marks = 0;
    for (const found of text.matchAll(all)) {
      if (!found[0] || ++marks > 200) break;
      append(element, text.slice(done, found.index));
      append(element, make("mark", {}, found[0]));
      done = found.index + found[0].length;
    }
  }
  append(element, text.slice(done));
}
