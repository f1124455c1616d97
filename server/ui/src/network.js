// Makes the drawn network one that can be moved, enlarged and asked.
//
// The page draws the same network as SVG and lists it in tables; this stands in its place only
// once its data are there.

import cytoscape from "./parts/cytoscape.js";

const place = document.getElementById("network");

const SHAPES = {
  post: "diamond",
  study: "ellipse",
  community: "hexagon",
  panel: "rectangle",
  organisation: "pentagon",
  agency: "octagon",
  person: "triangle",
  programme: "heptagon",
  theme: "vee",
};

/** Give the value of a custom property of the page's styles, light or dark. */
function colour(name) {
  return getComputedStyle(place).getPropertyValue(`--${name}`).trim();
}

function styles() {
  const ink = colour("ink");
  const paper = colour("paper");
  const attention = colour("attention");
  return [
    {
      selector: "node",
      style: {
        width: "data(size)",
        height: "data(size)",
        shape: (one) => SHAPES[one.data("kind")] ?? "ellipse",
        "background-color": (one) => (one.data("status") === "vacant" ? paper : colour(one.data("kind"))),
        "border-width": 1.5,
        "border-color": (one) => (one.data("status") === "vacant" ? colour("post") : paper),
        label: "",
        color: ink,
        "font-size": 12,
        "text-valign": "bottom",
        "text-margin-y": 4,
        "text-outline-color": paper,
        "text-outline-width": 2,
        "text-max-width": 190,
        "text-wrap": "ellipsis",
      },
    },
    { selector: "node[?is_named], node.near, node.chosen", style: { label: "data(name)" } },
    { selector: "edge", style: { width: 1.2, "line-color": colour("soft"), opacity: 0.45, "curve-style": "straight" } },
    { selector: "edge[basis = 'inferred']", style: { "line-style": "dashed" } },
    { selector: "node.chosen", style: { "border-width": 4, "border-color": attention, "font-weight": "bold" } },
    { selector: "edge.near", style: { width: 2.2, "line-color": attention, opacity: 1 } },
    { selector: ".far", style: { opacity: 0.18 } },
    { selector: ".gone", style: { opacity: 0.06 } },
  ];
}

function elements(found) {
  const nodes = found.nodes.map((one) => ({
    data: { ...one, id: one.iri, size: 16 + Math.min(18, 4 * Math.sqrt(one.ties)) },
    position: { x: one.x, y: one.y },
  }));
  const edges = found.ties.map((one, number) => ({
    data: { ...one, id: `tie-${number}`, source: one.first, target: one.second },
  }));
  return [...nodes, ...edges];
}

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

function line(text) {
  const made = document.createElement("p");
  made.textContent = text;
  return made;
}

function link(text, href) {
  const made = document.createElement("a");
  made.textContent = text;
  made.href = href;
  return made;
}

/** Show what a record is, and what is tied to it. */
function tell(card, drawn, one) {
  const name = document.createElement("strong");
  name.textContent = one.data("name");
  const status = one.data("status");
  const kind = status ? `${one.data("kind")}, ${status === "unknown" ? "status not reported" : status}` : one.data("kind");
  const heading = document.createElement("p");
  heading.append(name);
  const gone = button("Take it away", () => {
    const isGone = drawn.elements(".gone").empty();
    drawn.elements().removeClass("gone");
    if (isGone) {
      one.closedNeighbourhood().edges().addClass("gone");
      one.addClass("gone");
    }
    gone.textContent = isGone ? "Put it back" : "Take it away";
    const left = isGone ? lonely(drawn, one) : [];
    told.textContent = isGone ? said(left) : "";
  });
  const told = line("");
  told.setAttribute("role", "status");
  const links = document.createElement("p");
  links.append(link("What hangs on it", one.data("around")), " · ", link("What is recorded of it", one.data("page")));
  card.replaceChildren(heading, line(`${kind}; ${one.data("ties")} ties`), links, gone, told);
  card.hidden = false;
}

/** Give the records that are drawn and have no tie left without another. */
function lonely(drawn, one) {
  return one.neighbourhood("node").filter((near) => near.connectedEdges().every((edge) => edge.hasClass("gone")));
}

function said(left) {
  if (!left.length) return "Everything that was tied to it keeps another tie that is drawn.";
  const names = left.map((one) => one.data("name"));
  const more = names.length > 4 ? ` and ${names.length - 4} more` : "";
  return `Left without any tie that is drawn: ${names.slice(0, 4).join("; ")}${more}.`;
}

function choose(drawn, card, one) {
  drawn.elements().removeClass("chosen near far gone");
  const near = one.closedNeighbourhood();
  drawn.elements().not(near).addClass("far");
  near.addClass("near");
  one.addClass("chosen");
  tell(card, drawn, one);
}

function show(found) {
  const canvas = document.createElement("div");
  canvas.className = "canvas";
  const card = document.createElement("div");
  card.className = "net-card";
  card.hidden = true;
  const tools = document.createElement("div");
  tools.className = "net-tools";
  place.classList.add("live");
  place.replaceChildren(canvas, tools, card);
  const drawn = cytoscape({
    container: canvas,
    elements: elements(found),
    style: styles(),
    layout: { name: "preset", padding: 40 },
    maxZoom: 4,
    minZoom: 0.2,
    // A page is scrolled with the wheel; the picture is enlarged with its buttons or two fingers.
    userZoomingEnabled: false,
  });
  const zoom = (by) => drawn.zoom({ level: drawn.zoom() * by, renderedPosition: { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 } });
  tools.append(
    button("+", () => zoom(1.3)),
    button("−", () => zoom(1 / 1.3)),
    button("Fit", () => drawn.fit(undefined, 40)),
  );
  tools.children[0].setAttribute("aria-label", "Larger");
  tools.children[1].setAttribute("aria-label", "Smaller");
  drawn.on("tap", "node", (event) => choose(drawn, card, event.target));
  drawn.on("tap", (event) => {
    if (event.target === drawn) {
      drawn.elements().removeClass("chosen near far gone");
      card.hidden = true;
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.style(styles()));
  place.addEventListener("keydown", (event) => step(event, drawn, card));
  const middle = found.middle && drawn.getElementById(found.middle);
  if (middle && middle.nonempty()) middle.addClass("chosen").connectedEdges().addClass("near");
  place.dataset.ready = "yes";
}

/** Let the arrow keys go from record to record, in the order of their ties. */
function step(event, drawn, card) {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!by || event.target !== place) return;
  event.preventDefault();
  const nodes = drawn.nodes().sort((a, b) => b.data("ties") - a.data("ties"));
  const now = nodes.toArray().findIndex((one) => one.hasClass("chosen"));
  choose(drawn, card, nodes[(now + by + nodes.length) % nodes.length]);
}

if (place) {
  fetch(place.dataset.source, { headers: { Accept: "application/json" } })
    .then((response) => (response.ok ? response.json() : undefined))
    .then((found) => found && show(found));
}
