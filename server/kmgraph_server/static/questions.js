// Offers records while a person types, where a form could not hold all of them.
// Without this script the id of a record is typed, or taken from the search.

const WAIT_MS = 250;
const LEAST = 2;

function offer(field) {
  const list = document.getElementById(field.getAttribute("list"));
  let timer = 0;
  let asked = 0;

  async function look() {
    const words = field.value.trim();
    // An address was chosen already.
    if (words.length < LEAST || words.includes("://")) return;
    const address = new URL(field.dataset.search, document.baseURI);
    address.searchParams.set("q", words);
    for (const kind of field.dataset.kinds.split(" ")) address.searchParams.append("kind", kind);
    const turn = ++asked;
    const reply = await fetch(address, { headers: { Accept: "application/json" } });
    // An answer to what was typed before is of no use any more.
    if (!reply.ok || turn !== asked) return;
    const found = await reply.json();
    list.replaceChildren(
      ...found.hits.map((hit) => {
        const option = document.createElement("option");
        option.value = hit.iri;
        option.textContent = hit.label;
        return option;
      }),
    );
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => look().catch(() => {}), WAIT_MS);
  });
}

document.querySelectorAll("input[data-search]").forEach(offer);
