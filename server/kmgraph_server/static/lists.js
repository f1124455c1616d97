// Shows the facets where there is room for them, and the list anew as soon as something is chosen.
// Without this, the form has its button.

const form = document.getElementById("facets");
const wide = matchMedia("(min-width: 60rem)");
const KEPT = "kmgraph-list-focus";

function unfold() {
  const narrow = form.querySelector(".narrow");
  if (wide.matches) narrow.open = true;
}

function remember(field) {
  sessionStorage.setItem(KEPT, JSON.stringify([field.name, field.value, scrollY]));
}

// Whoever chose with the keyboard goes on where they were, and hears how many are left.
function goOn() {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (!kept) return;
  const [name, value, y] = JSON.parse(kept);
  const field = [...form.elements].find((one) => one.name === name && one.value === value);
  if (!field) return;
  for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  field.focus({ preventScroll: true });
  scrollTo(0, y);
  // What changes in a part that is live is read out.
  setTimeout(() => (document.getElementById("told").textContent = document.getElementById("listed").textContent), 300);
}

if (form) {
  form.classList.add("scripted");
  unfold();
  wide.addEventListener("change", unfold);
  goOn();
  form.addEventListener("formdata", (event) => event.formData.get("q") || event.formData.delete("q"));
  form.addEventListener("change", (event) => {
    if (event.target.type !== "checkbox" || !wide.matches) return;
    remember(event.target);
    form.requestSubmit();
  });
}
