// Keys and buttons, printing, and the start of the page.

/** Put text on the clipboard. @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say(t("copied"));
  } catch {
    say(oldCopy(text) ? t("copied") : t("copyFailed"));
  }
}

/** A page opened from a file may have no clipboard: copy through a text field. @param {string} text */
function oldCopy(text) {
  const field = /** @type {HTMLTextAreaElement} */ (make("textarea", { readonly: true }));
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

const KEYS = /** @type {const} */ ([
  ["/", "search"], ["n N", "hits"], ["e E", "errors"], ["j k ↓ ↑", "move"], ["Enter", "open"], ["c", "copy"],
  ["a", "around"], ["Esc", "close"], ["1 2", "tabs"], ["?", "help"],
]);

function showHelp() {
  const box = /** @type {HTMLDialogElement} */ (byId("helpbox"));
  box.replaceChildren(make("h2", { id: "helptitle" }, t("keys")),
    make("dl", {}, KEYS.map(([keys, name]) => [make("dt", {}, keys.split(" ").map((key) => [make("kbd", {}, key), " "])), make("dd", {}, t(`key_${name}`))])),
    make("p", {}, t("helpText")), button(t("close"), () => box.close()));
  if (!box.open) box.showModal();
}

/** @param {App} app @returns {Record<string, () => void>} */
function keyActions(app) {
  const error = (/** @type {number} */ at) => app.records.level[at] === 5 || app.records.level[at] === 6;
  const hit = (/** @type {number} */ at) => app.search.hit[at];
  const selected = (/** @type {(at: number) => void} */ action) => () => { if (app.selected >= 0) action(app.selected); };
  const { filters: list } = app;
  const down = () => { if (app.selected !== list.shown[list.shown.length - 1]) app.step(1, () => true); };
  const up = () => { if (app.selected !== list.shown[0]) app.step(-1, () => true); };
  return {
    "/": () => { app.show("records"); inputOf("query").focus(); inputOf("query").select(); },
    n: () => app.step(1, hit, true), N: () => app.step(-1, hit, true),
    e: () => { app.show("records"); app.step(1, error, true); }, E: () => { app.show("records"); app.step(-1, error, true); },
    j: down, k: up, c: selected((at) => copy(app.records.text(at))), a: selected((at) => app.around(at)),
    1: () => app.show("overview"), 2: () => app.show("records"), "?": showHelp,
    Escape: () => { app.select(app.selected, false); },
  };
}

/** @param {App} app */
function listenToKeys(app) {
  const actions = keyActions(app);
  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const writing = target?.matches("input:not([type=checkbox]), select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (writing && event.key === "Escape") {
      event.preventDefault(); // it would empty the search
      byId("list").focus();
    }
    if (writing) return;
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  byId("list").addEventListener("keydown", (event) => {
    const moves = /** @type {Record<string, () => void>} */ ({
      ArrowDown: actions.j, ArrowUp: actions.k, Enter: () => app.select(app.selected, Boolean(app.detail.box.hidden)),
      Home: () => app.select(app.filters.shown[0] ?? -1, !app.detail.box.hidden),
      End: () => app.select(app.filters.shown[app.filters.shown.length - 1] ?? -1, !app.detail.box.hidden),
    });
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  });
}

/** @param {App} app */
function listenToButtons(app) {
  const on = (/** @type {string} */ id, /** @type {string} */ name, /** @type {(event: Event) => void} */ action) => byId(id).addEventListener(name, action);
  let waiting = 0;
  on("query", "input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { waiting = 0; void app.find(); }, 200);
  });
  on("searchbar", "submit", async (event) => {
    event.preventDefault();
    if (waiting) {
      clearTimeout(waiting);
      waiting = 0;
      await app.find();
    }
    app.step(1, (at) => app.search.hit[at], true);
  });
  for (const id of ["regex", "case"]) on(id, "change", () => void app.find());
  for (const id of ["only", "context"]) on(id, "change", () => void app.apply());
  on("next", "click", () => app.step(1, (at) => app.search.hit[at], true));
  on("previous", "click", () => app.step(-1, (at) => app.search.hit[at], true));
  on("copy", "click", () => void app.copyShown());
  on("export", "click", () => void app.save());
  on("unzoom", "click", () => { app.filters.from = app.filters.until = null; void app.apply(); });
  on("help", "click", showHelp);
  on("language", "click", () => { speak(language === "zh" ? "en" : "zh"); void app.translate(); });
  on("theme", "click", changeTheme);
  on("facets-toggle", "click", () => {
    const open = document.body.classList.toggle("facets-open");
    byId("facets-toggle").setAttribute("aria-expanded", String(open));
  });
  for (const name of /** @type {const} */ (["overview", "records"])) {
    on(`tab-${name}`, "click", () => app.show(name));
    on(`tab-${name}`, "keydown", (event) => {
      if (!/^Arrow(Left|Right)$/.test(/** @type {KeyboardEvent} */ (event).key)) return;
      const other = name === "overview" ? "records" : "overview";
      app.show(other);
      byId(`tab-${other}`).focus();
    });
  }
  addEventListener("hashchange", () => void app.recall());
  addEventListener("beforeprint", () => print_(app));
}

function changeTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
}

/** Put the first records shown where only the printer sees them. @param {App} app */
function print_(app) {
  const shown = app.filters.shown.subarray(0, MOST_PRINTED);
  byId("print").replaceChildren(make("h2", {}, t("printed", count(shown.length), count(app.filters.shown.length))),
    make("pre", {}, Array.from(shown, (at) => `${app.records.text(at)}\n`).join("")));
}

/** Opens the page; the tests look at what it holds. @type {App} */
let app;

async function start() {
  const root = document.documentElement;
  speak(firstLanguage());
  byId("message").textContent = t("opening");
  try {
    app = new App(await openRecords((share) => { byId("message").textContent = `${t("opening")} ${Math.round(share * 100)} %`; }));
    listenToKeys(app);
    listenToButtons(app);
    await app.translate();
    await app.recall();
    byId("message").textContent = "";
    root.dataset.state = "ready";
  } catch (error) {
    byId("message").textContent = t("openFailed", error);
    root.dataset.state = "failed";
    throw error;
  }
  root.dataset.opened = String(Math.round(performance.now()));
}

void start();
