// Asks the endpoint. Short queries go by GET, so that the answer can be kept and linked to.

const LINKED = 6_000;

export class Asking {
  // form: the plain form of the page, which names the endpoint and the graphs.
  constructor(form) {
    this.form = form;
  }

  parameters(query, format) {
    const found = new URLSearchParams({ query });
    for (const [name, value] of new FormData(this.form)) {
      if (name !== "query" && name !== "format") found.append(name, value);
    }
    if (format) found.append("format", format);
    return found;
  }

  // Returns the address that shows a query with its result; null for one that is too long.
  link(query) {
    if (query.length > LINKED) return null;
    return `${this.form.action.split("?")[0]}?${this.parameters(query, "html")}`;
  }

  send(query, format, signal) {
    const address = this.form.action.split("?")[0];
    const body = this.parameters(query, format);
    // When the request is left, the server stops the query.
    if (query.length > LINKED) return fetch(address, { method: "POST", body, signal });
    return fetch(`${address}?${body}`, { signal });
  }
}
