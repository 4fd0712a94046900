// The filters at the side, and the chips that say which are set.

const FEW = 12;
const MOST = 500;

/** Shows the facets with counts; calls `changed` when a person chooses. */
class FacetList {
  /** @param {Filters} filters @param {() => void} changed */
  constructor(filters, changed) {
    this.filters = filters;
    this.changed = changed;
    /** @type {Map<string, string>} what is looked for among the values of a facet */
    this.needles = new Map();
    /** @type {Set<string>} facets of which all values are shown */
    this.opened = new Set();
  }

  /** Draw all of it. */
  draw() {
    const focused = document.activeElement?.id;
    byId("facets").replaceChildren(this.timeOf(), ...this.filters.facets.map((each) => this.facetOf(each)));
    this.drawChips();
    if (focused && !document.activeElement?.id) document.getElementById(focused)?.focus();
  }

  timeOf() {
    const { filters } = this;
    const put = (/** @type {string} */ id, /** @type {number|null} */ time, /** @type {string} */ label) =>
      make("label", {}, label, make("input", { id, size: 19, placeholder: "2024-01-01 08:00", value: time === null ? "" : clock(time, 19) }));
    const form = make("form", {
      submit: (/** @type {Event} */ event) => {
        event.preventDefault();
        const day = filters.records.time[filters.shown[0] ?? 0];
        filters.from = readTime(inputOf("from").value, day);
        filters.until = readTime(inputOf("until").value, day);
        this.changed();
      },
    }, put("from", filters.from, t("from")), put("until", filters.until, t("until")), make("button", {}, t("apply")));
    return make("section", {}, make("h2", {}, t("time")), form);
  }

  /** @param {Facet} facet */
  facetOf(facet) {
    let body = this.valuesOf(facet);
    const section = make("section", { "data-facet": facet.name }, make("h2", {}, t(facet.name)));
    if (facet.values.length > FEW) {
      append(section, make("input", {
        type: "search", id: `find-${facet.name}`, value: this.needles.get(facet.name) ?? "", placeholder: t("findValue", t(facet.name)), "aria-label": t("findValue", t(facet.name)),
        input: (/** @type {Event} */ event) => {
          this.needles.set(facet.name, /** @type {HTMLInputElement} */ (event.target).value);
          const fresh = this.valuesOf(facet);
          body.replaceWith(fresh);
          body = fresh;
        },
      }));
    }
    append(section, body);
    return section;
  }

  /** Return the list of those values that are looked for. @param {Facet} facet */
  valuesOf(facet) {
    const needle = (this.needles.get(facet.name) ?? "").toLowerCase();
    const order = [...facet.values.keys()]
      .filter((value) => facet.counts[value] || facet.chosen.has(value))
      .filter((value) => !needle || facet.values[value].toLowerCase().includes(needle));
    const shown = firstOf(facet, order, this.opened.has(facet.name) ? MOST : FEW);
    const more = order.length > FEW ? button(this.opened.has(facet.name) ? t("less") : t("more", count(order.length)), () => this.toggleAll(facet.name)) : null;
    return make("div", {}, make("ul", {}, shown.map((value) => make("li", {}, this.valueOf(facet, value)))), more);
  }

  /** @param {string} name */
  toggleAll(name) {
    if (!this.opened.delete(name)) this.opened.add(name);
    this.draw();
  }

  /** @param {Facet} facet @param {number} value */
  valueOf(facet, value) {
    const box = make("input", {
      type: "checkbox", id: `${facet.name}-${value}`, checked: facet.chosen.has(value), "data-value": facet.values[value],
      change: () => {
        if (!facet.chosen.delete(value)) facet.chosen.add(value);
        this.changed();
      },
    });
    return make("label", {}, box, make("span", { class: "value", title: visible(facet.values[value]) }, shortLabelOf(facet, value)),
      make("span", { class: "number" }, count(facet.counts[value])));
  }

  drawChips() {
    const { filters } = this;
    /** @type {[string, () => void][]} */
    const chips = [];
    if (filters.from !== null || filters.until !== null) {
      const shown = t("range", filters.from === null ? "…" : clock(filters.from), filters.until === null ? "…" : clock(filters.until));
      chips.push([shown, () => { filters.from = filters.until = null; }]);
    }
    if (filters.mark) chips.push([filters.mark.label(), () => { filters.mark = null; }]);
    for (const facet of filters.facets) {
      for (const value of facet.chosen) chips.push([`${t(facet.name)}: ${labelOf(facet, value)}`, () => facet.chosen.delete(value)]);
    }
    const box = byId("chips");
    box.replaceChildren(...chips.map(([text, remove]) => button([text, " ×"], () => { remove(); this.changed(); }, { class: "chip" })));
    if (chips.length) append(box, button(t("clear"), () => { filters.clear(); this.changed(); }, { id: "clear" }));
  }
}

/** Return the first values of a facet, as a person looks for them. @param {Facet} facet @param {number[]} order @param {number} most */
function firstOf({ name, values, counts }, order, most) {
  if (name === "session" || name === "source") return order.slice(0, most);
  const place = (/** @type {number} */ value) => "FEWIDVL".indexOf(values[value] || "z");
  if (name === "level") return order.sort((a, b) => place(a) - place(b));
  const least = Float64Array.from(order, (value) => counts[value]).sort()[Math.max(0, order.length - most)];
  const more = order.filter((value) => counts[value] > least).sort((a, b) => counts[b] - counts[a]);
  return [...more, ...order.filter((value) => counts[value] === least)].slice(0, most);
}

/** Return what a value is called where there is little room. @param {Facet} facet @param {number} value */
function shortLabelOf(facet, value) {
  const label = labelOf(facet, value);
  if (facet.name === "source") return shortened(label, 22);
  const end = label.lastIndexOf(" · ");
  return facet.name === "session" && end > 0 ? shortened(label.slice(0, end), 22 - (label.length - end)) + label.slice(end) : label;
}

/** Return what a value is called. @param {Facet} facet @param {number} value */
function labelOf(facet, value) {
  const text = facet.values[value];
  if (facet.name === "level") return text ? `${text} ${t(text)}` : t("noLevel");
  return text ? text : t("noValue");
}
