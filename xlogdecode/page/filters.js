// Which records are shown: facets, a stretch of time, marks (a code, an event), hits of the search.

const FACETS = /** @type {const} */ (["level", "source", "session", "thread", "tag", "function"]);

/**
 * A property that records share: dictionary number -> value number, and what the values are called.
 * @typedef {{name: string, column: "level"|"session"|"who"|"site", values: string[], labels: string[],
 *   of: Uint32Array, chosen: Set<number>, counts: Float64Array}} Facet
 */

/** @typedef {{key: string, label: () => string, has: Uint8Array}} Mark */

/** Return the facets of the records. @param {Records} records @returns {Facet[]} */
function facetsOf(records) {
  const { head } = records;
  return [
    facet("level", "level", LETTERS, (letter) => letter),
    facet("source", "session", head.sessionIds, ([source]) => source),
    facet("session", "session", head.sessionIds, ([source, session]) => sessionKey(source, session)),
    facet("thread", "who", head.whos, ([process, thread, main]) =>
      thread === null ? "" : `${process === null ? "" : `${process}-`}${thread}${main ? "*" : ""}`),
    facet("tag", "site", head.sites, ([, tag]) => tag ?? ""),
    facet("function", "site", head.sites, ([, , , , name]) => name ?? ""),
  ];
}

/** Return what a session is called in facets and links. @param {string} source @param {string|null} number */
const sessionKey = (source, number) => (source ? `${source} · ${number ?? "0"}` : "");

/**
 * @template T
 * @param {string} name @param {Facet["column"]} column @param {T[]} entries @param {(entry: T) => string} key
 * @returns {Facet}
 */
function facet(name, column, entries, key) {
  /** @type {Map<string, number>} */
  const known = new Map();
  const of = Uint32Array.from(entries, (entry) => {
    const value = key(entry);
    if (!known.has(value)) known.set(value, known.size);
    return known.get(value) ?? 0;
  });
  const values = [...known.keys()];
  return { name, column, values, labels: values, of, chosen: new Set(), counts: new Float64Array(values.length) };
}

/** What is asked for, and what of it is shown. */
class Filters {
  /** @param {Records} records */
  constructor(records) {
    this.records = records;
    this.facets = facetsOf(records);
    /** @type {number|null} */
    this.from = null;
    /** @type {number|null} */
    this.until = null;
    /** @type {Mark|null} */
    this.mark = null;
    /** Hits of the search, and what is around them; null where all records are shown. @type {Uint8Array|null} */
    this.only = null;
    /** Places of the records that are shown. */
    this.shown = new Uint32Array(records.size);
    this.run = 0;
  }

  /** Return the facet of this name. @param {string} name @returns {Facet} */
  facet(name) {
    return /** @type {Facet} */ (this.facets.find((each) => each.name === name));
  }

  /** Whether anything is asked for. */
  get any() {
    return this.from !== null || this.until !== null || this.mark !== null || this.facets.some(({ chosen }) => chosen.size);
  }

  /** Ask for everything. */
  clear() {
    this.from = this.until = this.mark = null;
    for (const { chosen } of this.facets) chosen.clear();
  }

  /**
   * Work out what is shown, in slices; a facet counts what there would be without itself.
   * Return whether it is done: a later call stops this one.
   */
  async apply() {
    const run = ++this.run;
    const { records } = this;
    const shown = new Uint32Array(records.size);
    const checks = this.facets.map((each) => checkOf(records, each));
    let found = 0;
    for (let start = 0; start < records.size; start += 32768) {
      found = this.slice(start, Math.min(start + 32768, records.size), checks, shown, found);
      await rest();
      if (run !== this.run) return false;
    }
    checks.forEach(({ facet: { counts }, counted }) => counts.set(counted));
    this.shown = shown.subarray(0, found);
    return true;
  }

  /**
   * @param {number} start @param {number} stop @param {ReturnType<typeof checkOf>[]} checks
   * @param {Uint32Array} shown @param {number} found
   */
  slice(start, stop, checks, shown, found) {
    const { time } = this.records;
    const from = this.from ?? -Infinity;
    const until = this.until ?? Infinity;
    const has = this.mark?.has;
    const { only } = this;
    for (let at = start; at < stop; at++) {
      if (time[at] < from || time[at] > until || (has && !has[at]) || (only && !only[at])) continue;
      let failed = -1;
      let fails = 0;
      for (let which = 0; which < checks.length && fails < 2; which++) {
        const { allowed, column } = checks[which];
        if (!allowed[column[at]]) {
          failed = which;
          fails++;
        }
      }
      if (fails > 1) continue;
      if (!fails) shown[found++] = at;
      for (let which = fails ? failed : 0; which < (fails ? failed + 1 : checks.length); which++) {
        const { counted, of, column } = checks[which];
        counted[of[column[at]]]++;
      }
    }
    return found;
  }

  /** Return the place in `shown` of a record, or of the first behind it. @param {number} at */
  placeOf(at) {
    let low = 0;
    let high = this.shown.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.shown[middle] < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Return a facet made ready for a run over all records. @param {Records} records @param {Facet} facet */
function checkOf(records, facet) {
  const { column, of, chosen, values } = facet;
  const allowed = Uint8Array.from(of, (value) => (!chosen.size || chosen.has(value) ? 1 : 0));
  return { facet, allowed, of, column: records[column], counted: new Float64Array(values.length) };
}

/**
 * Return a mark that holds for the records of these numbers, given as steps.
 * @param {Int32Array} places @param {number[]} steps @param {number} size @returns {Uint8Array}
 */
function markRows(places, steps, size) {
  const has = new Uint8Array(size);
  for (const at of rowsOf(places, steps)) has[at] = 1;
  return has;
}

/** Return the places of records whose numbers are given as steps. @param {Int32Array} places @param {number[]} steps */
function rowsOf(places, steps) {
  const found = [];
  let number = 0;
  for (const step of steps) {
    number += step;
    if (places[number] >= 0) found.push(places[number]);
  }
  return found;
}
