// The result of a query: the table that the server made, and other views of the same rows.

import { count, make } from "../parts/elements.js";

const MOST_RAW = 200_000;

// Returns the rows of a table as plain values, for what draws them.
export function readRows(section) {
  const table = section.querySelector("table.results");
  if (!table) return { columns: [], rows: [], isGraph: false };
  const columns = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map(readCell));
  return { columns, rows, isGraph: section.hasAttribute("data-graph") };
}

function readCell(cell) {
  const link = cell.querySelector("a");
  const isEmpty = cell.querySelector(":scope > .none") !== null;
  const called = cell.querySelector(".called");
  const text = called ? cell.textContent.slice(0, -called.textContent.length) : cell.textContent;
  // The server gives a number as it is written where the text says it in another way.
  const written = cell.dataset.number ?? (cell.classList.contains("number") ? text : "x");
  const number = Number(written);
  return {
    text: isEmpty ? "" : text,
    name: isEmpty ? "" : (cell.dataset.name ?? text),
    iri: cell.dataset.iri ?? null,
    href: link?.getAttribute("href") ?? null,
    number: Number.isFinite(number) ? number : null,
  };
}

export class Views {
  // section: the result as the server made it; raw: asks for it in a format; status: says things.
  constructor(section, { raw, status }) {
    Object.assign(this, { section, raw, status });
    this.data = readRows(section);
    this.table = section.querySelector(".scroll");
    if (!this.table) return;
    this.panel = make("div", { class: "view", id: "view", role: "tabpanel", "aria-labelledby": "view-table" });
    this.table.before(this.bar(), this.panel);
    this.panel.append(this.table);
  }

  offered() {
    const found = [["table", "Table"]];
    const hasNumbers = this.data.rows.some((row) => row.some((cell) => cell.number !== null));
    const linked = this.data.columns.filter((_, at) => this.data.rows.some((row) => row[at].iri)).length;
    if (hasNumbers && this.data.columns.length > 1) found.push(["chart", "Chart"]);
    if (linked > 1) found.push(["graph", "Graph"]);
    return [...found, ["raw", "Raw"]];
  }

  bar() {
    const buttons = this.offered().map(([name, text], at) =>
      make(
        "button",
        {
          type: "button",
          role: "tab",
          id: `view-${name}`,
          "aria-selected": String(at === 0),
          "aria-controls": "view",
          tabindex: at === 0 ? 0 : -1,
          onclick: () => this.open(name),
        },
        text,
      ),
    );
    const onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const at = buttons.indexOf(document.activeElement);
      const next = buttons[(at + step + buttons.length) % buttons.length];
      next.focus();
      next.click();
    };
    this.buttons = buttons;
    return make("div", { class: "views", role: "tablist", "aria-label": "Show the result as", onkeydown }, ...buttons);
  }

  async open(name) {
    for (const button of this.buttons) {
      const isChosen = button.id === `view-${name}`;
      button.setAttribute("aria-selected", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
    }
    this.panel.setAttribute("aria-labelledby", `view-${name}`);
    this.panel.replaceChildren();
    if (name === "table") this.panel.append(this.table);
    if (name === "raw") await this.showRaw();
    try {
      if (name === "chart") (await import("./chart.js")).show(this.panel, this.data);
      if (name === "graph") (await import("./graph.js")).show(this.panel, this.data);
    } catch (error) {
      this.panel.append(make("p", { class: "box" }, "This view could not be loaded. Choose the table."));
      throw error;
    }
  }

  async showRaw() {
    const format = this.data.isGraph ? "ttl" : "json";
    const place = make("pre", { class: "code", tabindex: 0, "aria-label": "Raw result" });
    this.panel.append(make("p", { class: "note" }, "Loading …"), place);
    const answer = await this.raw(format).catch(() => null);
    if (!answer?.ok) {
      this.panel.replaceChildren(make("p", { class: "box" }, "The raw result could not be loaded. Run the query again."));
      return;
    }
    const [text, isWhole] = await beginning(answer);
    place.textContent = text;
    const said = isWhole ? "" : `The first ${count(MOST_RAW)} characters; the downloads hold all. `;
    place.previousSibling.textContent = `${said}${format === "ttl" ? "Turtle" : "JSON, the form that programs read"}.`;
  }
}

// Reads an answer up to a length, and leaves the rest.
async function beginning(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return [text, true];
    text += value;
    if (text.length > MOST_RAW) {
      await reader.cancel();
      return [text.slice(0, MOST_RAW), false];
    }
  }
}
