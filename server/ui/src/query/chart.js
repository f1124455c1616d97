// A chart of two columns of a result. The table of the result says the same in numbers.

import { choice, count, make } from "../parts/elements.js";
import { fitting, saving, toSvg } from "../parts/marks.js";

const MOST_BARS = 40;
const MOST_POINTS = 1_000;

export function show(panel, data) {
  const numeric = data.columns.map((name, at) => [at, name]).filter(([at]) => data.rows.some((row) => row[at].number !== null));
  const others = data.columns.map((name, at) => [at, name]).filter(([at]) => !numeric.some(([one]) => one === at));
  const across = others[0]?.[0] ?? numeric[0][0];
  const up = numeric.find(([at]) => at !== across)?.[0] ?? numeric[0][0];
  const chosen = { kind: "bar", across: bestLabel(others, data) ?? across, up };
  const place = make("div", { class: "picture" });
  const width = () => Math.max(300, Math.min(960, place.clientWidth || panel.clientWidth || 720));
  const draw = () => drawn(data, chosen, width());
  const redraw = () => place.replaceChildren(toSvg(draw(), "chart"));
  const pick = (name, convert) => (value) => ((chosen[name] = convert(value)), redraw());
  const every = data.columns.map((name, at) => [String(at), name]);
  const [kindLabel] = choice("Kind", [["bar", "bars"], ["line", "line"], ["scatter", "points"]], "bar", pick("kind", String));
  const [acrossLabel] = choice("Along", every, String(chosen.across), pick("across", Number));
  const [upLabel] = choice("Value", numeric.map(([at, name]) => [String(at), name]), String(up), pick("up", Number));
  panel.append(make("div", { class: "choices" }, kindLabel, acrossLabel, upLabel), place, saving(draw, "chart"));
  redraw();
}

function bestLabel(others, data) {
  return others.find(([at]) => data.rows.some((row) => row[at].text && !row[at].iri))?.[0];
}

function drawn(data, { kind, across, up }, width) {
  const points = data.rows.filter((row) => row[up].number !== null).map((row) => ({
    label: row[across].name || "not reported",
    x: row[across].number,
    y: row[up].number,
  }));
  const names = { across: data.columns[across], up: data.columns[up] };
  const most = kind === "bar" ? MOST_BARS : MOST_POINTS;
  const shown = points.slice(0, most);
  const left = data.rows.length - shown.length;
  const cut = left > 0 ? ` ${count(left)} of ${count(data.rows.length)} rows are not drawn.` : "";
  const picture = (kind === "bar" ? bars : plotted)(shown, names, width, kind);
  const range = shown.length ? ` Least ${count(Math.min(...shown.map((one) => one.y)))}, greatest ${count(Math.max(...shown.map((one) => one.y)))}.` : "";
  const title = `${names.up} by ${names.across}`;
  return { ...picture, title, text: `${count(shown.length)} values of ${title}.${range}${cut} The table holds the same.` };
}

function bars(points, names, width) {
  const labels = Math.min(width * 0.42, 300);
  const right = 56;
  const row = 26;
  const least = Math.min(0, ...points.map((one) => one.y));
  const greatest = Math.max(0, ...points.map((one) => one.y)) || 1;
  const scale = (value) => labels + ((value - least) / (greatest - least)) * (width - labels - right);
  const marks = [{ kind: "text", x: labels, y: 16, text: names.up, fill: "--soft" }];
  points.forEach((one, at) => {
    const y = 28 + at * row;
    const [from, to] = [Math.min(scale(0), scale(one.y)), Math.max(scale(0), scale(one.y))];
    marks.push({ kind: "text", x: labels - 8, y: y + 15, anchor: "end", text: fitting(one.label, labels - 12) });
    marks.push({ kind: "rect", x: from, y, width: Math.max(to - from, 1), height: row - 7, fill: "--accent", hint: `${one.label}: ${count(one.y)}` });
    marks.push({ kind: "text", x: to + 6, y: y + 15, text: count(one.y) });
  });
  const height = 34 + points.length * row;
  marks.push({ kind: "line", x1: scale(0), y1: 22, x2: scale(0), y2: height - 6, stroke: "--soft" });
  return { width, height, marks };
}

function plotted(points, names, width, kind) {
  const height = 380;
  const [left, right, top, bottom] = [64, 20, 30, 60];
  const isScale = points.length > 0 && points.every((one) => one.x !== null);
  const at = (one, number) => (isScale ? one.x : number);
  const xs = points.map(at);
  const [x0, x1] = spread(xs);
  const [y0, y1] = spread([0, ...points.map((one) => one.y)]);
  const toX = (value) => left + ((value - x0) / (x1 - x0)) * (width - left - right);
  const toY = (value) => height - bottom - ((value - y0) / (y1 - y0)) * (height - top - bottom);
  const marks = [{ kind: "text", x: 8, y: 16, text: names.up, fill: "--soft" }];
  for (const tick of ticks(y0, y1)) {
    marks.push({ kind: "line", x1: left, y1: toY(tick), x2: width - right, y2: toY(tick), stroke: "--line" });
    marks.push({ kind: "text", x: left - 8, y: toY(tick) + 4, anchor: "end", text: count(tick) });
  }
  if (isScale) {
    for (const tick of ticks(x0, x1)) marks.push({ kind: "text", x: toX(tick), y: height - bottom + 20, anchor: "middle", text: String(tick) });
  } else {
    const step = Math.max(1, Math.ceil(points.length / Math.max(2, Math.floor((width - left) / 110))));
    points.forEach((one, number) => {
      if (number % step === 0) marks.push({ kind: "text", x: toX(number), y: height - bottom + 20, anchor: number ? "middle" : "start", text: fitting(one.label, 105) });
    });
  }
  marks.push({ kind: "text", x: (left + width) / 2, y: height - 12, anchor: "middle", text: names.across, fill: "--soft" });
  const ordered = isScale && kind === "line" ? [...points].sort((one, other) => one.x - other.x) : points;
  const places = ordered.map((one, number) => ({ ...one, px: toX(at(one, number)), py: toY(one.y) }));
  if (kind === "line") {
    places.slice(1).forEach((one, number) => {
      const from = places[number];
      marks.push({ kind: "line", x1: from.px, y1: from.py, x2: one.px, y2: one.py, stroke: "--accent", width: 2 });
    });
  }
  for (const one of places) {
    const hint = `${isScale ? one.x : one.label}: ${count(one.y)}`;
    marks.push({ kind: "circle", x: one.px, y: one.py, r: 4.5, fill: "--accent", stroke: "--paper", hint });
  }
  return { width, height, marks };
}

function spread(values) {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  return least === greatest ? [least - 1, greatest + 1] : [least, greatest];
}

// About five round numbers within a range.
function ticks(from, to) {
  const rough = (to - from) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const found = [];
  for (let value = Math.ceil(from / step) * step; value <= to + step / 1e6; value += step) found.push(Number(value.toPrecision(10)));
  return found;
}
