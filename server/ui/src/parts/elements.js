// Small helpers to make elements. Text is always set as text, so markup in records stays text.

const SVG = "http://www.w3.org/2000/svg";

export function make(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function makeSvg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

// A select with a label; entries are [value, text] pairs.
export function choice(text, entries, chosen, onchange) {
  const select = make("select", { onchange: () => onchange(select.value) });
  for (const [value, shown] of entries) {
    select.append(make("option", { value, selected: value === chosen }, shown));
  }
  return [make("label", {}, `${text} `, select), select];
}

// Gives the reader a file that was made in the page.
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export function count(number) {
  return number.toLocaleString("en-GB");
}
