// The editor. It stands in a shadow tree: there its styles are adopted style sheets, which the
// policy of the pages allows, where style elements in the page would need a nonce.

import { autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { sparql } from "codemirror-lang-sparql";
import { make } from "../parts/elements.js";

const MONO = 'ui-monospace, "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace';

const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--paper)", fontSize: "0.92rem", maxHeight: "70vh" },
  "&.cm-focused": { outline: "3px solid var(--attention)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: MONO, lineHeight: "1.5", minHeight: "14rem" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "var(--band)", color: "var(--soft)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--band) 55%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 28%, transparent)",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "transparent", outline: "1px solid var(--accent)" },
  ".cm-tooltip": { backgroundColor: "var(--paper)", color: "var(--ink)", border: "1px solid var(--soft)", borderRadius: ".3rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: MONO, maxHeight: "16rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: ".2rem .5rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--accent-ink)" },
  ".cm-completionDetail": { fontStyle: "normal", opacity: "0.85" },
  ".cm-completionInfo": { padding: ".4rem .6rem", maxWidth: "22rem", fontSize: ".9rem" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--problem)", whiteSpace: "pre-line" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--problem) 2px" },
  // Its own marks are pictures within the style sheet, which the policy refuses.
  ".cm-lint-marker-error": { content: "normal", width: ".6em", height: ".6em", marginTop: ".45em", borderRadius: "50%", backgroundColor: "var(--problem)" },
  ".cm-panels": { backgroundColor: "var(--band)", color: "var(--ink)" },
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--query-keyword)", fontWeight: "600" },
  { tag: tags.variableName, color: "var(--query-variable)" },
  { tag: [tags.string, tags.annotation], color: "var(--query-text)" },
  { tag: [tags.integer, tags.float, tags.bool], color: "var(--query-number)" },
  { tag: [tags.namespace, tags.url, tags.typeName], color: "var(--query-name)" },
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
]);

const HOW =
  "Control and Enter runs the query. Control and space offers names. " +
  "Tab indents: Escape, then Tab leaves the editor.";

export class Editor {
  // offer: a completion source; onRun, onChange: called without and with the text.
  constructor(host, { offer, onRun, onChange }) {
    const root = host.attachShadow({ mode: "open" });
    root.append(make("span", { id: "how", hidden: true }, HOW));
    // Names that are about to be offered would take the Escape that is to leave the editor.
    const run = { key: "Mod-Enter", preventDefault: true, run: (view) => (closeCompletion(view), onRun(), true) };
    this.extensions = [
      lineNumbers(),
      lintGutter(),
      history(),
      drawSelection(),
      indentUnit.of("  "),
      EditorView.lineWrapping,
      bracketMatching(),
      closeBrackets(),
      highlightActiveLine(),
      autocompletion({ override: [offer], icons: false, maxRenderedOptions: 60 }),
      sparql(),
      syntaxHighlighting(colours),
      look,
      EditorView.contentAttributes.of({
        "aria-label": "SPARQL query",
        "aria-describedby": "how",
        spellcheck: "false",
        // Said although it goes without: the part that scrolls is reached by what is in it.
        tabindex: "0",
      }),
      EditorView.updateListener.of((update) => update.docChanged && onChange(update.state.doc.toString())),
      Prec.highest(keymap.of([run])),
      keymap.of([...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
    ];
    this.view = new EditorView({ parent: root, root, state: this.begin("") });
  }

  begin(doc) {
    return EditorState.create({ doc, extensions: this.extensions });
  }

  get state() {
    return this.view.state;
  }

  get text() {
    return this.view.state.doc.toString();
  }

  // Shows the text of another tab, with its own history of changes.
  show(state) {
    this.view.setState(state);
  }

  // Marks a place, counted from 1, and says there what is wrong.
  mark(line, column, message) {
    const doc = this.view.state.doc;
    const found = doc.line(Math.min(Math.max(line, 1), doc.lines));
    const from = Math.min(found.from + Math.max(column - 1, 0), found.to);
    const word = /^[^\s{}().;,]+/.exec(doc.sliceString(from, found.to));
    const to = word ? from + word[0].length : Math.min(from + 1, found.to);
    const start = to > from ? from : found.from;
    this.view.dispatch(setDiagnostics(this.view.state, [{ from: start, to, severity: "error", message }]));
    this.view.dispatch({ selection: { anchor: from }, scrollIntoView: true });
  }

  clear() {
    this.view.dispatch(setDiagnostics(this.view.state, []));
  }

  focus() {
    this.view.focus();
  }
}
