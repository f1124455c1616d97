// A result as a drawn graph: the statements of a CONSTRUCT, or two columns of IRIs of a SELECT. The
// table of the result says the same in words.

import cytoscape from "../parts/cytoscape.js";
import { choice, count, make } from "../parts/elements.js";
import { fitting, saving } from "../parts/marks.js";

const MOST_LINKS = 400;

export function show(panel, data) {
  const linked = data.columns.map((name, at) => [String(at), name]).filter(([at]) => data.rows.some((row) => row[at].iri));
  const chosen = data.isGraph ? { from: 0, via: 1, to: 2 } : { from: Number(linked[0][0]), via: null, to: Number(linked[1][0]) };
  const place = make("div", { class: "graph", role: "img" });
  const said = make("p", { class: "note", "aria-live": "polite" });
  const about = make("p", { class: "box about", "aria-live": "polite" }, "Choose a circle to see what it stands for.");
  let view = null;
  const redraw = () => {
    view?.destroy();
    const found = elements(data, chosen);
    view = drawn(place, found, about);
    said.textContent = words(found);
    place.setAttribute("aria-label", `${words(found)} The table holds the same.`);
  };
  if (!data.isGraph) {
    const pick = (name) => (value) => ((chosen[name] = Number(value)), redraw());
    const [fromLabel] = choice("From", linked, String(chosen.from), pick("from"));
    const [toLabel] = choice("To", linked, String(chosen.to), pick("to"));
    panel.append(make("div", { class: "choices" }, fromLabel, toLabel));
  }
  const controls = make(
    "p",
    { class: "choices" },
    make("button", { type: "button", class: "small", onclick: () => view.fit(undefined, 25) }, "Show all"),
    make("button", { type: "button", class: "small", onclick: () => zoom(view, 1.3) }, "Larger"),
    make("button", { type: "button", class: "small", onclick: () => zoom(view, 1 / 1.3) }, "Smaller"),
  );
  panel.append(said, place, controls, about, saving(() => picture(view, words(elements(data, chosen))), "graph"));
  redraw();
}

function zoom(view, factor) {
  const box = view.container();
  view.zoom({ level: view.zoom() * factor, renderedPosition: { x: box.clientWidth / 2, y: box.clientHeight / 2 } });
}

function words({ nodes, links, left }) {
  const cut = left > 0 ? ` ${count(left)} more links are not drawn.` : "";
  return `${count(nodes.size)} things and ${count(links.length)} links.${cut}`;
}

function elements(data, { from, via, to }) {
  const nodes = new Map();
  const links = new Map();
  let left = 0;
  for (const row of data.rows) {
    const [one, other] = [row[from], row[to]];
    if (!one.iri || !other.iri) continue;
    const key = `${one.iri} ${via === null ? "" : row[via].text} ${other.iri}`;
    if (links.has(key)) continue;
    if (links.size >= MOST_LINKS) {
      left += 1;
      continue;
    }
    for (const cell of [one, other]) nodes.set(cell.iri, cell);
    links.set(key, { source: one.iri, target: other.iri, label: via === null ? "" : row[via].name });
  }
  return { nodes, links: [...links.values()], left };
}

function drawn(place, { nodes, links }, about) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const isSmall = nodes.size <= 60;
  const view = cytoscape({
    container: place,
    elements: [
      ...[...nodes.values()].map((cell) => ({ data: { id: cell.iri, label: fitting(cell.name, 260), href: cell.href, name: cell.name } })),
      ...links.map((link, at) => ({ data: { id: `link ${at}`, ...link } })),
    ],
    style: [
      {
        selector: "node",
        style: {
          label: isSmall ? "data(label)" : "",
          "background-color": colour("--accent"),
          color: colour("--ink"),
          width: 16,
          height: 16,
          "font-size": 13,
          "text-valign": "bottom",
          "text-margin-y": 4,
          "text-wrap": "wrap",
          "text-max-width": 120,
          "text-background-color": colour("--paper"),
          "text-background-opacity": 0.8,
        },
      },
      {
        selector: "edge",
        style: {
          label: links.length <= 30 ? "data(label)" : "",
          width: 1.5,
          "line-color": colour("--soft"),
          "target-arrow-color": colour("--soft"),
          "target-arrow-shape": "triangle",
          "curve-style": "bezier",
          color: colour("--soft"),
          "font-size": 10,
          "text-rotation": "autorotate",
        },
      },
      { selector: ":selected", style: { "background-color": colour("--attention"), label: "data(label)" } },
    ],
    layout: { name: "cose", animate: false, randomize: false, nodeDimensionsIncludeLabels: isSmall, idealEdgeLength: 60, nodeRepulsion: 3000, componentSpacing: 30, padding: 25 },
    minZoom: 0.1,
    maxZoom: 4,
    // The page scrolls with the wheel, and the buttons zoom.
    userZoomingEnabled: false,
  });
  asSeen(view);
  view.on("tap", "node", (event) => {
    const { href, name, id } = event.target.data();
    const text = href ? make("a", { href }, name) : name;
    about.replaceChildren(make("strong", {}, text), make("br"), make("code", {}, id));
  });
  return view;
}

// Gives circles and names a size that can be read when the whole graph is shown.
function asSeen(view) {
  const scale = 1 / Math.min(view.zoom(), 1);
  view.scratch("scale", scale);
  view.nodes().style({ width: 13 * scale, height: 13 * scale, "font-size": 11.5 * scale, "text-max-width": 105 * scale, "text-margin-y": 3 * scale });
  view.edges().style({ width: 1.3 * scale, "font-size": 9.5 * scale, "arrow-scale": scale });
}

function picture(view, text) {
  const box = view.elements().boundingBox();
  const pad = 30;
  const scale = view.scratch("scale");
  const at = ({ x, y }) => ({ x: (x - box.x1) / scale + pad, y: (y - box.y1) / scale + pad });
  const marks = view.edges().map((edge) => {
    const [one, other] = [at(edge.source().position()), at(edge.target().position())];
    return { kind: "line", x1: one.x, y1: one.y, x2: other.x, y2: other.y, stroke: "--soft", width: 1.5 };
  });
  for (const node of view.nodes()) {
    const { x, y } = at(node.position());
    marks.push({ kind: "circle", x, y, r: 6.5, fill: "--accent", hint: node.data("name") });
    marks.push({ kind: "text", x, y: y + 19, anchor: "middle", size: 11.5, text: fitting(node.data("name"), 130, 11.5) });
  }
  return { width: Math.ceil(box.w / scale + 2 * pad), height: Math.ceil(box.h / scale + 2 * pad), marks, title: "Graph of a result", text };
}
