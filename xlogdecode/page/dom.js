// Small helpers: elements whose text is only ever text, and how numbers and times are written.

/** Return the element of this id. @param {string} id @returns {HTMLElement} */
function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element ${id}`);
  return found;
}

/** Return the input of this id. @param {string} id @returns {HTMLInputElement} */
const inputOf = (id) => /** @type {HTMLInputElement} */ (byId(id));

/**
 * Return a new element; children that are no nodes become text, and can be nothing else.
 * @param {string} name @param {Record<string, unknown>} [attributes] @param {...unknown} children
 * @returns {HTMLElement}
 */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, /** @type {EventListener} */ (value));
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, String(value));
  }
  for (const child of children) append(element, child);
  return element;
}

/** Add a child: a node, a list of them, or anything else as text. @param {Element} parent @param {unknown} child */
function append(parent, child) {
  if (child === null || child === undefined) return;
  if (Array.isArray(child)) for (const each of child) append(parent, each);
  else parent.append(child instanceof Node ? child : visible(String(child)));
}

/**
 * Return a new element of a drawing.
 * @param {string} name @param {Record<string, unknown>} [attributes] @param {...unknown} children
 */
function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  for (const child of children) append(element, child);
  return element;
}

/** Return a button. @param {unknown} text @param {(event: Event) => void} click @param {Record<string, unknown>} [more] */
const button = (text, click, more = {}) => make("button", { type: "button", click, ...more }, text);

const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Return `text` with control and direction characters as marks that can be seen. @param {string} text */
function visible(text) {
  return text.replace(UNSEEN, (sign) => {
    const code = sign.charCodeAt(0);
    if (code < 32) return String.fromCharCode(0x2400 + code);
    return code === 127 ? "\u2421" : `\u27e8U+${code.toString(16).toUpperCase().padStart(4, "0")}\u27e9`;
  });
}

const NUMBERS = { en: new Intl.NumberFormat("en-US"), zh: new Intl.NumberFormat("zh-CN") };

/** Return a number as people of the page's language write it. @param {number} number */
const count = (number) => (language === "zh" ? NUMBERS.zh : NUMBERS.en).format(number);

/**
 * Return a name with its middle left out, so that it has at most `most` characters: of a path all of the
 * file's name that there is room for, before any of the folder.
 * @param {string} name @param {number} most
 */
function shortened(name, most) {
  if (name.length <= most) return name;
  const file = name.slice(name.lastIndexOf("/") + 1);
  if (file.length > most - 2) {
    if (file.length <= most) return file;
    const head = Math.floor((most - 1) / 2);
    return `${file.slice(0, head)}…${file.slice(file.length - (most - 1 - head))}`;
  }
  return `…${name.slice(name.length - (most - 1))}`;
}

/** Return a time as it was logged. @param {number} time @param {number} [length] */
function clock(time, length = 23) {
  if (!Number.isFinite(time)) return "";
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 23).replace("T", " ").slice(0, length);
}

/** Return a length of time in its two largest units. @param {number} milliseconds */
function span(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  const parts = /** @type {[number, string][]} */ ([
    [Math.floor(seconds / 86400), "day"], [Math.floor(seconds / 3600) % 24, "hour"],
    [Math.floor(seconds / 60) % 60, "minute"], [seconds % 60, "second"],
  ]);
  const first = parts.findIndex(([number]) => number);
  const kept = parts.slice(first, first + 2).filter(([number]) => number);
  return first < 0 ? `${milliseconds} ms` : kept.map(([number, unit]) => `${number} ${t(unit)}`).join(" ");
}

/** Return the time that a person wrote, or null. @param {string} text @param {number} otherDay */
function readTime(text, otherDay) {
  const trimmed = text.trim().replace("T", " ");
  if (!trimmed) return null;
  const full = /^\d{1,2}:/.test(trimmed) ? `${clock(otherDay, 10)} ${trimmed.padStart(5, "0")}` : trimmed;
  const [day, hour = "00:00"] = full.split(/ +/);
  const time = Date.parse(`${day}T${hour.length === 2 ? `${hour}:00` : hour}Z`);
  return Number.isNaN(time) ? null : time;
}

let lastRest = 0;

/** Wait until the browser has drawn and heard keys, if it has not had the time for 10 ms. */
async function rest() {
  if (performance.now() - lastRest < 10) return;
  await new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => resolve(undefined);
    channel.port2.postMessage(0);
  });
  lastRest = performance.now();
}

/** Say something for a while at the foot of the page. @param {string} text */
function say(text) {
  byId("message").textContent = text;
  setTimeout(() => { if (byId("message").textContent === text) byId("message").textContent = ""; }, 4000);
}
