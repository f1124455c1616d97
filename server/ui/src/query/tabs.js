// Several queries, kept in this browser and nowhere else.

import { make } from "../parts/elements.js";

const MOST = 30;

export class Tabs {
  // editor: the editor whose text is shown; key: name under which the browser keeps the queries;
  // panel: the element that holds the editor; say: tells what happened.
  constructor({ editor, key, panel, say }) {
    Object.assign(this, { editor, key, panel, say });
    this.tabs = this.read();
    this.active = 0;
    this.closed = null;
    this.list = make("div", { role: "tablist", "aria-label": "Queries", onkeydown: (event) => this.onKey(event) });
    this.tools = make("div", { class: "tab-tools" });
    this.element = make("div", { class: "query-tabs" }, this.list, this.tools);
  }

  read() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key) ?? "{}");
      const tabs = (kept.tabs ?? []).filter((one) => typeof one.name === "string" && typeof one.text === "string");
      this.kept = Number.isInteger(kept.active) ? kept.active : 0;
      return tabs.slice(0, MOST);
    } catch {
      // Kept queries that cannot be read, or may not be, are no reason to show none.
      this.kept = 0;
      return [];
    }
  }

  write() {
    const tabs = this.tabs.map(({ name, text }) => ({ name, text }));
    try {
      localStorage.setItem(this.key, JSON.stringify({ tabs, active: this.active }));
    } catch {
      // A browser that keeps nothing still runs queries.
    }
  }

  // Shows what the page came with: in a tab that holds it already, else in a new one.
  begin(text, name) {
    const at = this.tabs.findIndex((one) => one.text === text);
    if (name && at < 0) this.tabs.push({ name, text });
    if (!this.tabs.length) this.tabs.push({ name: "Query 1", text });
    this.tabs.splice(0, this.tabs.length - MOST);
    const given = at < 0 ? this.tabs.length - 1 : at;
    this.open(name ? given : Math.min(this.kept, this.tabs.length - 1));
  }

  open(at) {
    if (this.tabs[this.active]?.state) this.tabs[this.active].state = this.editor.state;
    this.active = at;
    const tab = this.tabs[at];
    tab.state ??= this.editor.begin(tab.text);
    this.editor.show(tab.state);
    this.write();
    this.draw();
  }

  changed(text) {
    const tab = this.tabs[this.active];
    if (!tab) return;
    tab.text = text;
    tab.state = this.editor.state;
    this.write();
  }

  add(text, name) {
    if (this.tabs.length >= MOST) return this.say(`There are ${MOST} queries: close one first.`);
    const numbers = this.tabs.map((one) => Number(/^Query (\d+)$/.exec(one.name)?.[1] ?? 0));
    this.tabs.push({ name: name ?? `Query ${Math.max(0, ...numbers) + 1}`, text });
    this.open(this.tabs.length - 1);
    this.editor.focus();
  }

  close() {
    const at = this.active;
    [this.closed] = this.tabs.splice(at, 1);
    if (!this.tabs.length) this.tabs.push({ name: "Query 1", text: "" });
    this.active = Math.min(at, this.tabs.length - 1);
    this.editor.show((this.tabs[this.active].state ??= this.editor.begin(this.tabs[this.active].text)));
    this.write();
    this.draw();
    this.say(`“${this.closed.name}” is closed.`);
    this.list.querySelector("[aria-selected=true]").focus();
  }

  rename() {
    const tab = this.tabs[this.active];
    const input = make("input", { type: "text", value: tab.name, maxlength: 60, "aria-label": "Name of the query" });
    const done = (event) => {
      event.preventDefault();
      tab.name = input.value.trim() || tab.name;
      this.write();
      this.draw();
      this.list.querySelector("[aria-selected=true]").focus();
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") done(event);
      if (event.key === "Escape") this.draw();
    });
    this.tools.replaceChildren(input, make("button", { type: "button", class: "small", onclick: done }, "Save the name"));
    input.focus();
    input.select();
  }

  onKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const ends = { Home: 0, End: this.tabs.length - 1 };
    const to = step ? (this.active + step + this.tabs.length) % this.tabs.length : ends[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.open(to);
    this.list.querySelector("[aria-selected=true]").focus();
  }

  draw() {
    const buttons = this.tabs.map((tab, at) =>
      make(
        "button",
        {
          type: "button",
          role: "tab",
          id: `query-tab-${at}`,
          "aria-selected": String(at === this.active),
          "aria-controls": this.panel.id,
          tabindex: at === this.active ? 0 : -1,
          onclick: () => this.open(at),
        },
        tab.name,
      ),
    );
    this.list.replaceChildren(...buttons);
    this.panel.setAttribute("aria-labelledby", `query-tab-${this.active}`);
    const tool = (text, label, onclick) =>
      make("button", { type: "button", class: "small", "aria-label": label, onclick }, text);
    const name = this.tabs[this.active].name;
    this.tools.replaceChildren(
      tool("New", "New query", () => this.add("", undefined)),
      tool("Rename", `Rename ${name}`, () => this.rename()),
      tool("Close", `Close ${name}`, () => this.close()),
    );
    if (this.closed) {
      const { name: gone, text } = this.closed;
      const reopen = () => ((this.closed = null), this.add(text, gone));
      this.tools.append(tool("Reopen", `Reopen ${gone}`, reopen));
    }
  }
}
