// The query page: turns its plain form into a workbench. Without this script the form works as it is.

import { choice, count, make } from "./parts/elements.js";
import { Views } from "./query/answer.js";
import { Asking } from "./query/asking.js";
import { Editor } from "./query/editor.js";
import { offering } from "./query/offering.js";
import { Tabs } from "./query/tabs.js";

const bench = document.getElementById("workbench");
const form = bench.querySelector("form");
const field = form.querySelector("textarea");
const answer = document.getElementById("answer");
const asking = new Asking(form);
const state = { running: null };

const status = make("p", { role: "status", class: "status" });
const say = (text) => (status.textContent = text);
const host = make("div", { class: "code-editor" });
const panel = make("div", { id: "query-panel", role: "tabpanel" }, host);
const stop = make("button", { type: "button", class: "second", hidden: true, onclick: () => state.running?.abort() }, "Stop");
const link = make("a", { hidden: true }, "Link to this query");

const editor = new Editor(host, {
  offer: offering(bench.dataset.vocabulary),
  onRun: () => run(),
  onChange: (text) => tabs.changed(text),
});
const tabs = new Tabs({ editor, key: `kmgraph queries ${bench.dataset.endpoint}`, panel, say });

begin();

function begin() {
  const help = make(
    "p",
    { class: "note keys" },
    make("kbd", {}, "Ctrl"), " + ", make("kbd", {}, "Enter"), " runs the query. Names are offered while you type. ",
    make("kbd", {}, "Escape"), ", then ", make("kbd", {}, "Tab"), " leaves the editor. Queries are kept in this browser only.",
  );
  form.querySelector(".plain").hidden = true;
  field.disabled = true;
  form.prepend(tabs.element, panel, help);
  form.querySelector(".actions").append(stop, link, shades());
  form.append(status);
  bench.classList.add("ready");
  form.addEventListener("submit", onSubmit);
  tabs.begin(field.value, bench.dataset.name);
  findSaved();
  enhance(tabs.tabs[tabs.active].text);
}

function onSubmit(event) {
  if (form.elements.format.value === "html") {
    event.preventDefault();
    run();
    return;
  }
  // Another format is a file, which the browser takes from the form itself.
  field.disabled = false;
  field.value = editor.text;
  form.method = asking.link(editor.text) ? "get" : "post";
  setTimeout(() => (field.disabled = true));
}

async function run() {
  state.running?.abort();
  const query = editor.text;
  if (!query.trim()) return say("The editor is empty: write a query, or start from one above.");
  const running = (state.running = new AbortController());
  const began = performance.now();
  editor.clear();
  stop.hidden = false;
  say("The query is running …");
  const address = asking.link(query);
  if (address) history.replaceState(null, "", address);
  try {
    const reply = await asking.send(query, "html", running.signal);
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    if (running !== state.running) return;
    take(page, query);
    say(told(performance.now() - began));
  } catch (error) {
    if (running !== state.running) return;
    say(error.name === "AbortError" ? "Stopped. Nothing was changed." : "The server cannot be reached. Try again in a moment.");
    if (error.name !== "AbortError") throw error;
  } finally {
    if (running === state.running) {
      state.running = null;
      stop.hidden = true;
    }
  }
}

// Takes the result out of a page that the server made; everything in it was escaped there.
function take(page, query) {
  const found = page.getElementById("answer") ?? problemPage(page);
  answer.replaceChildren(...[...found.childNodes].map((node) => document.importNode(node, true)));
  enhance(query);
}

function problemPage(page) {
  const text = page.querySelector("main")?.textContent.trim() ?? "The server answered with something else than a result.";
  return make("div", {}, make("div", { class: "box problem", role: "alert" }, make("p", { class: "message" }, text)));
}

// Adds to a result what needs a script.
function enhance(query) {
  const address = asking.link(query);
  const problem = answer.querySelector(".problem");
  const section = answer.querySelector("section");
  link.hidden = !address || !(section || problem);
  if (address) link.href = address;
  if (problem?.dataset.line) {
    const message = problem.querySelector(".message").textContent;
    editor.mark(Number(problem.dataset.line), Number(problem.dataset.column), message);
    const go = make("button", { type: "button", class: "small", onclick: () => editor.focus() }, "Go to the place in the query");
    problem.append(go);
  }
  if (section) new Views(section, { raw: (format) => asking.send(query, format), status: say });
}

function told(time_ms) {
  const seconds = `${(time_ms / 1000).toLocaleString("en-GB", { maximumFractionDigits: 1, minimumFractionDigits: 1 })} s`;
  const problem = answer.querySelector(".problem");
  // The box is an alert, so its words are read out already.
  if (problem) return problem.dataset.line ? `The query cannot be read: see line ${problem.dataset.line}.` : "The query was not answered.";
  const verdict = answer.querySelector(".verdict");
  if (verdict) return `Answer: ${verdict.textContent}, in ${seconds}.`;
  const total = answer.querySelector(".total")?.textContent ?? `${count(0)} rows`;
  return `${total} in ${seconds}.`;
}

// Lets the reader find a saved question by a word of its title.
function findSaved() {
  const saved = document.getElementById("saved");
  const input = make("input", { type: "search", id: "find-saved", autocomplete: "off" });
  const left = make("p", { class: "note", role: "status" });
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    const items = [...saved.querySelectorAll("li")];
    for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(wanted);
    for (const group of saved.querySelectorAll("section")) group.hidden = !group.querySelector("li:not([hidden])");
    const shown = items.filter((item) => !item.hidden).length;
    left.textContent = shown ? `${count(shown)} of ${count(items.length)} questions.` : "No title has this word. Try another.";
  });
  saved.prepend(make("label", { for: "find-saved" }, "Find by a word of the title"), input, left);
}

// Light or dark, for who wants another than the system's.
function shades() {
  const key = "kmgraph colours";
  const apply = (value) => {
    if (value) document.documentElement.dataset.colours = value;
    else delete document.documentElement.dataset.colours;
  };
  let kept = "";
  try {
    kept = localStorage.getItem(key) ?? "";
  } catch {
    // The choice then holds for this visit.
  }
  apply(kept);
  const [label] = choice("Colours", [["", "as the system"], ["light", "light"], ["dark", "dark"]], kept, (value) => {
    apply(value);
    try {
      localStorage.setItem(key, value);
    } catch {
      // As above.
    }
  });
  label.classList.add("shades");
  return label;
}
