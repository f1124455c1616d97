// What the editor offers while a person types: terms by their name or label, prefixes, variables of
// the query, and the words of SPARQL. A term whose prefix the query lacks brings the prefix along.

const WORDS =
  "SELECT DISTINCT WHERE FILTER OPTIONAL UNION MINUS BIND VALUES GRAPH CONSTRUCT ASK DESCRIBE PREFIX " +
  "LIMIT OFFSET HAVING EXISTS COALESCE COUNT SUM AVG MIN MAX SAMPLE GROUP_CONCAT SEPARATOR CONTAINS " +
  "LCASE UCASE STR STRSTARTS STRENDS REGEX LANG BOUND IF YEAR";
const PHRASES = ["GROUP BY", "ORDER BY", "FILTER NOT EXISTS {  }", "OPTIONAL {  }"];
const MOST = 60;
const KINDS = { class: "class", property: "property", construct: "construct", value: "value" };

export function offering(address) {
  let asked = null;
  const terms = () => {
    asked ??= fetch(address)
      .then((answer) => (answer.ok ? answer.json() : null))
      .then(prepared)
      // Without the list the editor offers less, and works.
      .catch(() => prepared(null));
    return asked;
  };
  return async (context) => {
    const variable = context.matchBefore(/[?$]\w*/);
    if (variable) return { from: variable.from, options: variables(context), validFor: /^[?$]\w*$/ };
    const word = context.matchBefore(/[A-Za-z][\w.:-]*/);
    if (!word && !context.explicit) return null;
    if (isWithinText(context)) return null;
    const known = await terms();
    const typed = word ? word.text : "";
    const from = word ? word.from : context.pos;
    const options = offered(known, typed, placeOf(context, from));
    return options.length ? { from, options, filter: false } : null;
  };
}

function prepared(document) {
  const prefixes = document?.prefixes ?? {};
  const terms = (document?.terms ?? []).map((term) => ({
    ...term,
    found: `${term.name} ${term.label}`.toLowerCase(),
    local: term.name.split(":").pop().toLowerCase(),
  }));
  return { prefixes, terms };
}

// Says where in a triple the cursor is, as far as the text before it tells.
function placeOf(context, from) {
  const before = context.state.sliceDoc(Math.max(0, from - 200), from).replace(/\s+/g, " ");
  if (/(^| )(a|rdf:type) $/.test(before)) return "class";
  if (/[{.;] ?$/.test(before.replace(/; $/, ";"))) return /;\s*$/.test(before) ? "property" : "start";
  if (/[{.] [?$]\w+ $/.test(before)) return "property";
  return "any";
}

function isWithinText(context) {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const isComment = /(^|\s)#/.test(before) || /<[^>\s]*$/.test(before);
  return isComment || (before.match(/"/g) ?? []).length % 2 === 1;
}

function variables(context) {
  const found = new Set(context.state.doc.toString().match(/[?$]\w+/g));
  const current = context.matchBefore(/[?$]\w*/).text;
  return [...found].filter((name) => name !== current).map((label) => ({ label, type: "variable" }));
}

function offered(known, typed, place) {
  const wanted = typed.toLowerCase();
  const ranked = [];
  for (const term of known.terms) {
    const rank = rankOf(term, wanted, place);
    if (rank !== null) ranked.push([rank, term]);
  }
  ranked.sort((one, other) => one[0] - other[0] || one[1].name.length - other[1].name.length);
  const terms = ranked.slice(0, MOST).map(([, term]) => termOption(term, known.prefixes));
  const prefixes = Object.entries(known.prefixes)
    .filter(([prefix]) => wanted && !wanted.includes(":") && prefix.startsWith(wanted))
    .map(([prefix, iri]) => prefixOption(prefix, iri));
  const words = [...PHRASES, ...WORDS.split(" ")]
    .filter((one) => wanted && one.toLowerCase().startsWith(wanted))
    .map((label) => wordOption(label));
  return [...words.slice(0, 8), ...prefixes.slice(0, 4), ...terms];
}

// Returns how well a term fits, the least first; null where it does not.
function rankOf(term, wanted, place) {
  if (place === "class" && term.kind !== "class") return null;
  if (place === "property" && term.kind !== "property") return null;
  const at = term.found.indexOf(wanted);
  if (at < 0) return null;
  const begins = term.local.startsWith(wanted) || at === 0 ? 0 : 2;
  return begins + (term.name.startsWith("km:") ? 0 : 1);
}

function termOption(term, prefixes) {
  return {
    label: term.name,
    detail: `${KINDS[term.kind]}: ${term.label}`,
    info: term.about || undefined,
    apply: (view, completion, from, to) => insert(view, from, to, term.name, prefixes),
  };
}

function prefixOption(prefix, iri) {
  return {
    label: `${prefix}:`,
    detail: "prefix",
    info: iri,
    apply: (view, completion, from, to) => insert(view, from, to, `${prefix}:`, { [prefix]: iri }),
  };
}

function wordOption(label) {
  const gap = label.indexOf("{  }");
  return {
    label: label.replace("{  }", "{ }"),
    detail: "SPARQL",
    apply: (view, completion, from, to) =>
      view.dispatch({
        changes: { from, to, insert: label },
        selection: { anchor: from + (gap < 0 ? label.length : gap + 2) },
      }),
  };
}

function insert(view, from, to, text, prefixes) {
  const doc = view.state.doc.toString();
  const prefix = text.startsWith("<") ? "" : text.split(":")[0];
  const lineOf = (name) => new RegExp(`^\\s*PREFIX\\s+${name}:`, "im");
  const changes = [{ from, to, insert: text }];
  let moved = 0;
  const isDeclaring = /PREFIX\s+$/i.test(doc.slice(0, from));
  if (isDeclaring && prefixes[prefix]) {
    changes[0].insert = `${prefix}: <${prefixes[prefix]}>`;
  } else if (prefix && prefixes[prefix] && !lineOf(prefix).test(doc)) {
    const line = `PREFIX ${prefix}: <${prefixes[prefix]}>\n`;
    changes.unshift({ from: 0, insert: line });
    moved = line.length;
  }
  const end = from + moved + changes.at(-1).insert.length;
  view.dispatch({ changes, selection: { anchor: end }, userEvent: "input.complete" });
}
