// The records: columns unpacked from the page, in order of time. `columns.py` packs them.

const LOSS = 7;
const NO_TIME = 16;
const LETTERS = ["", "V", "D", "I", "W", "E", "F", "L"];

/**
 * @typedef {{en?: string, zh?: string}} Words
 * @typedef {{source: string, number: string, opened: string|null, ended: string, records: number,
 *   sdk: string|null, app: string|null, device: string|null, platform: string|null, system: string|null, pid: number|null}} SessionFacts
 * @typedef {{name: string, state: string, detail: Words, size: number|null, records: number, blocks: number, text: number,
 *   places: number, lostBytes: number, locked: number, gaps: number, reasons: [Words, number][], why: Words}} FileFacts
 * @typedef {{title: string, redacted: boolean, filters: string[], count: number, counts: Record<string, number>,
 *   sites: [string, string|null, string|null, number|null, string|null][],
 *   whos: [number|null, number|null, boolean|null][],
 *   sessionIds: [string, string|null, boolean, string|null][],
 *   files: FileFacts[],
 *   cuts: {levels: string, rows: number, first: number, last: number}[],
 *   blobs: [number, number, number[], number][],
 *   story: {sessions: SessionFacts[], users?: string[],
 *     codes: {code: number, meaning: Words, todo?: Words, rows: number[]}[],
 *     events: {name: string, lane: string, mood: string, words?: Words, rows: number[]}[],
 *     slow: [number, number][]}}} Head
 * @typedef {{window: number, rows: number, bytes: Uint8Array, texts: number, starts: Uint32Array, at: Uint32Array}} Blob_
 */

/** All records; a record is known by its place in the order of time. */
class Records {
  /** @param {Head} head @param {number} size */
  constructor(head, size) {
    this.head = head;
    this.size = size;
    /** @type {Blob_[]} */
    this.blobs = [];
    this.number = new Uint32Array(size);
    this.time = new Float64Array(size);
    this.level = new Uint8Array(size);
    this.timed = new Uint8Array(size);
    this.site = new Uint32Array(size);
    this.who = new Uint32Array(size);
    this.session = new Uint32Array(size);
    this.blob = new Uint32Array(size);
    this.row = new Uint32Array(size);
    this.decoder = new TextDecoder();
  }

  /** Return the bytes of a record's message. @param {number} at */
  lengthOf(at) {
    const { starts } = this.blobs[this.blob[at]];
    return starts[this.row[at] + 1] - starts[this.row[at]];
  }

  /** Return a record's message, or its first `most` bytes. @param {number} at @param {number} [most] */
  message(at, most = Infinity) {
    const { bytes, texts, starts } = this.blobs[this.blob[at]];
    const start = starts[this.row[at]];
    const stop = Math.min(starts[this.row[at] + 1], start + most);
    return this.decoder.decode(bytes.subarray(texts + start, texts + stop));
  }

  /** Return where in the code a record was logged, as one text. @param {number} at */
  origin(at) {
    const [, tag, file, line, name] = this.head.sites[this.site[at]];
    const place = file ? `${file}${line === null ? "" : `:${line}`}` : "";
    return [tag && `[${tag}]`, place, name].filter(Boolean).join(" ");
  }

  /** Return a record as a line of text. @param {number} at */
  text(at) {
    const [process, thread] = this.head.whos[this.who[at]];
    const who = thread === null ? "" : `${process === null ? "" : `${process}-`}${thread}`;
    const time = this.timed[at] ? clock(this.time[at]) : "";
    const parts = [time, LETTERS[this.level[at]], who, this.origin(at)].filter(Boolean);
    return parts.length ? `${parts.join(" ")} | ${this.message(at)}` : this.message(at);
  }

  /** Return the place of each record by its number in the input; -1 for what was left out. */
  placeOf() {
    const places = new Int32Array(this.head.count).fill(-1);
    for (let at = 0; at < this.size; at++) places[this.number[at]] = at;
    return places;
  }
}

/** Return the records of the page. @param {(share: number) => void} progress */
async function openRecords(progress) {
  const head = /** @type {Head} */ (JSON.parse(byId("head").textContent ?? ""));
  const scripts = [...document.querySelectorAll("script.blob")];
  const records = new Records(head, head.blobs.reduce((sum, [, rows]) => sum + rows, 0));
  const waiting = scripts.map((script) => () => unpack(script));
  let filled = 0;
  for (let place = 0; place < scripts.length; place++) {
    const bytes = await waiting[place]();
    const [window, rows, planes] = head.blobs[place];
    filled = addBlob(records, window, rows, planes, bytes, filled);
    progress((place + 1) / scripts.length);
    await rest();
  }
  await inOrder(records);
  return records;
}

/** Return the bytes that a script element holds, inflated. @param {Element} script */
async function unpack(script) {
  const packed = fromBase64(script.textContent ?? "");
  script.remove();
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
function fromBase64(text) {
  const made = /** @type {{fromBase64?: (text: string) => Uint8Array<ArrayBuffer>}} */ (/** @type {unknown} */ (Uint8Array));
  if (made.fromBase64) return made.fromBase64(text);
  const signs = atob(text);
  const bytes = new Uint8Array(signs.length);
  for (let at = 0; at < signs.length; at++) bytes[at] = signs.charCodeAt(at);
  return bytes;
}

/**
 * Read the columns of a blob into the records from place `filled` on; return the place behind them.
 * @param {Records} records @param {number} window @param {number} rows @param {number[]} planes
 * @param {Uint8Array} bytes @param {number} filled
 */
function addBlob(records, window, rows, planes, bytes, filled) {
  let offset = 0;
  const column = (/** @type {number} */ width) => {
    const numbers = new Float64Array(rows);
    for (let plane = 0, unit = 1; plane < width; plane++, unit *= 256, offset += rows) {
      for (let row = 0; row < rows; row++) numbers[row] += bytes[offset + row] * unit;
    }
    return numbers;
  };
  const [numbers, times, levels, sites, whos, sessions, lengths] = planes.map(column);
  sum(numbers);
  sum(times);
  const starts = new Uint32Array(rows + 1);
  for (let row = 0; row < rows; row++) {
    const at = filled + row;
    records.number[at] = numbers[row];
    records.time[at] = times[row];
    records.level[at] = levels[row] & 15;
    records.timed[at] = levels[row] & NO_TIME ? 0 : 1;
    records.site[at] = sites[row];
    records.who[at] = whos[row];
    records.session[at] = sessions[row];
    records.blob[at] = records.blobs.length;
    records.row[at] = row;
    starts[row + 1] = starts[row] + lengths[row];
  }
  records.blobs.push({ window, rows, bytes, texts: offset, starts, at: new Uint32Array(rows) });
  return filled + rows;
}

/** Undo the steps of a column, whose lowest bit is the sign. @param {Float64Array} steps */
function sum(steps) {
  let value = 0;
  for (let row = 0; row < steps.length; row++) {
    const step = steps[row];
    value += step % 2 ? -(step + 1) / 2 : step / 2;
    steps[row] = value;
  }
}

/** Return the minutes east of UTC of `+08:00`, or null. @param {string|null} zone */
function minutesOf(zone) {
  const found = /^([+-])(\d\d):(\d\d)/.exec(zone ?? "");
  return found ? (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) : null;
}

/**
 * Put the records in order of time; what has the same time stays as it was logged.
 * Times of several zones become times in the zone of the first.
 * @param {Records} records
 */
async function inOrder(records) {
  const zones = records.head.sessionIds.map(([, , , zone]) => minutesOf(zone));
  const home = zones.find((minutes) => minutes !== null) ?? 0;
  const shifts = zones.map((minutes) => (minutes === null ? 0 : (home - minutes) * 60000));
  for (let at = 0; at < records.size; at++) records.time[at] += shifts[records.session[at]];
  await rest();
  const places = records.placeOf();
  const byNumber = Array.from(places.filter((at) => at >= 0));
  await rest();
  giveTimes(records, byNumber);
  let sorted = true;
  for (let at = 1; sorted && at < byNumber.length; at++) sorted = records.time[byNumber[at - 1]] <= records.time[byNumber[at]];
  if (!sorted) byNumber.sort((a, b) => records.time[a] - records.time[b] || records.number[a] - records.number[b]);
  await rest();
  const columns = /** @type {const} */ (["number", "time", "level", "timed", "site", "who", "session", "blob", "row"]);
  for (const name of columns) {
    const old = records[name];
    const fresh = old.slice();
    for (let at = 0; at < byNumber.length; at++) fresh[at] = old[byNumber[at]];
    Object.assign(records, { [name]: fresh });
    await rest();
  }
  for (let at = 0; at < records.size; at++) records.blobs[records.blob[at]].at[records.row[at]] = at;
}

/**
 * Give a record without a time that of the one before it in its file, or else of the one behind
 * it; one of a file without any time gets the first time of all.
 * @param {Records} records @param {number[]} byNumber
 */
function giveTimes(records, byNumber) {
  const sources = records.head.sessionIds.map(([source]) => source);
  const { time, timed, session } = records;
  const pass = (/** @type {number[]} */ order) => {
    let known = NaN;
    let source = "";
    for (const at of order) {
      if (sources[session[at]] !== source) known = NaN;
      source = sources[session[at]];
      if (timed[at]) known = time[at];
      else if (Number.isNaN(time[at])) time[at] = known;
    }
  };
  for (const at of byNumber) if (!timed[at]) time[at] = NaN;
  pass(byNumber);
  pass(byNumber.slice().reverse());
  const first = byNumber.reduce((least, at) => (timed[at] && time[at] < least ? time[at] : least), Infinity);
  for (const at of byNumber) if (Number.isNaN(time[at])) time[at] = Number.isFinite(first) ? first : 0;
}
