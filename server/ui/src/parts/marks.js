// Pictures as lists of marks, painted as SVG on the page and on a canvas for PNG files.
//
// A mark is {kind: "rect"|"line"|"circle"|"text", ...}. Colours are names of custom properties of
// the page, so that a picture follows light and dark.

import { make, makeSvg, save } from "./elements.js";

const FONT = 'system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif';

function colours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => (name === "none" ? "none" : style.getPropertyValue(name).trim() || "#000");
}

export function toSvg({ width, height, marks, title, text }, id) {
  const colour = colours();
  const svg = makeSvg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "img",
    "aria-labelledby": `${id}-title ${id}-text`,
    xmlns: "http://www.w3.org/2000/svg",
    "font-family": FONT,
  });
  svg.append(makeSvg("title", { id: `${id}-title` }, title), makeSvg("desc", { id: `${id}-text` }, text));
  svg.append(makeSvg("rect", { width, height, fill: colour("--paper") }));
  for (const mark of marks) svg.append(svgMark(mark, colour));
  return svg;
}

function svgMark(mark, colour) {
  if (mark.kind === "rect") {
    const { x, y, width, height } = mark;
    return makeSvg("rect", { x, y, width, height, fill: colour(mark.fill) }, ...hint(mark));
  }
  if (mark.kind === "line") {
    const { x1, y1, x2, y2 } = mark;
    return makeSvg("line", { x1, y1, x2, y2, stroke: colour(mark.stroke), "stroke-width": mark.width ?? 1 });
  }
  if (mark.kind === "circle") {
    const { x, y, r } = mark;
    return makeSvg("circle", { cx: x, cy: y, r, fill: colour(mark.fill), stroke: colour(mark.stroke ?? "none") }, ...hint(mark));
  }
  const { x, y } = mark;
  return makeSvg(
    "text",
    { x, y, fill: colour(mark.fill ?? "--ink"), "font-size": mark.size ?? 13, "text-anchor": mark.anchor ?? "start" },
    mark.text,
  );
}

function hint(mark) {
  return mark.hint ? [makeSvg("title", {}, mark.hint)] : [];
}

function toCanvas({ width, height, marks }) {
  const colour = colours();
  const scale = 2;
  const canvas = make("canvas", { width: width * scale, height: height * scale });
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  pen.fillStyle = colour("--paper");
  pen.fillRect(0, 0, width, height);
  for (const mark of marks) canvasMark(pen, mark, colour);
  return canvas;
}

function canvasMark(pen, mark, colour) {
  if (mark.kind === "rect") {
    pen.fillStyle = colour(mark.fill);
    pen.fillRect(mark.x, mark.y, mark.width, mark.height);
  } else if (mark.kind === "line") {
    pen.strokeStyle = colour(mark.stroke);
    pen.lineWidth = mark.width ?? 1;
    pen.beginPath();
    pen.moveTo(mark.x1, mark.y1);
    pen.lineTo(mark.x2, mark.y2);
    pen.stroke();
  } else if (mark.kind === "circle") {
    pen.fillStyle = colour(mark.fill);
    pen.beginPath();
    pen.arc(mark.x, mark.y, mark.r, 0, 2 * Math.PI);
    pen.fill();
  } else {
    pen.fillStyle = colour(mark.fill ?? "--ink");
    pen.font = `${mark.size ?? 13}px ${FONT}`;
    pen.textAlign = { start: "left", middle: "center", end: "right" }[mark.anchor ?? "start"];
    pen.fillText(mark.text, mark.x, mark.y);
  }
}

// Buttons that save a picture; `draw` is asked for it when one is pressed.
export function saving(draw, name) {
  const svg = () => {
    const text = new XMLSerializer().serializeToString(toSvg(draw(), "saved"));
    save(new Blob([text], { type: "image/svg+xml" }), `${name}.svg`);
  };
  const png = () => toCanvas(draw()).toBlob((blob) => save(blob, `${name}.png`), "image/png");
  return make(
    "p",
    { class: "downloads" },
    "Save the picture: ",
    make("button", { type: "button", class: "small", onclick: svg }, "SVG"),
    make("button", { type: "button", class: "small", onclick: png }, "PNG"),
  );
}

// A text that fits a width, by an estimate of the width of a letter.
export function fitting(text, width, size = 13) {
  const most = Math.max(3, Math.floor(width / (size * 0.55)));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
