// Regular expressions, tried in a thread of its own: one that would take for ever is stopped, and the page stays awake.

const PATIENCE = 3000;

/** Finds what fits, and whatever the page marks in it later on: where this ends in time, marking does. */
const MATCHING = `onmessage = ({ data: { source, flags, texts } }) => {
  const [one, all] = [new RegExp(source, flags), new RegExp(source, flags + "g")];
  const tryMarks = (text) => {
    let marks = 0;
    for (const found of text.matchAll(all)) if (!found[0] || ++marks > 200) break;
  };
  postMessage(Uint8Array.from(texts, (text) => {
    if (!one.test(text)) return 0;
    tryMarks(text.slice(0, 65536));
    tryMarks(text.split("\\n", 1)[0].slice(0, 400));
    return 1;
  }));
};`;

/** Says that an expression takes too long. */
class TooSlowError extends Error {}

/** Tries one list of texts at a time. */
class Matcher {
  constructor() {
    /** @type {Worker|null} */
    this.worker = null;
    /** Whether the browser lets pages opened from a file have threads. */
    this.works = true;
    /** @type {(() => void)|null} */
    this.giveUp = null;
  }

  /**
   * Return for each text whether it fits; null if `stop` was called meanwhile. Raises TooSlowError.
   * @param {RegExp} pattern @param {string[]} texts @returns {Promise<Uint8Array|null>}
   */
  fitting(pattern, texts) {
    const here = () => Uint8Array.from(texts, (text) => (pattern.test(text) ? 1 : 0));
    const worker = this.open();
    if (!worker) return Promise.resolve(here());
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.giveUp = null;
      };
      const timer = setTimeout(() => {
        end();
        this.close();
        reject(new TooSlowError());
      }, PATIENCE);
      this.giveUp = () => { end(); resolve(null); };
      worker.onmessage = ({ data }) => { end(); resolve(data); };
      worker.onerror = () => { end(); this.works = false; resolve(here()); };
      worker.postMessage({ source: pattern.source, flags: pattern.flags, texts });
    });
  }

  /** Return the thread; null if there can be none. */
  open() {
    if (this.worker || !this.works) return this.works ? this.worker : null;
    const address = URL.createObjectURL(new Blob([MATCHING], { type: "text/javascript" }));
    try {
      this.worker = new Worker(address);
    } catch {
      this.works = false;
    }
    return this.worker;
  }

  /** Stop what is being tried. */
  stop() {
    if (!this.giveUp) return;
    this.close();
    this.giveUp();
  }

  /** End the thread, whatever it does. */
  close() {
    this.worker?.terminate();
    this.worker = null;
  }
}
