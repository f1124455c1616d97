// Says below the picture which case is pointed at or has the focus.
// The same words stand in the title of each mark and in the table, so nothing is lost without this.

const told = document.getElementById("told");
const cases = told ? document.querySelectorAll(".plane a.case") : [];

function tell(mark) {
  told.textContent = mark.dataset.words;
}

if (cases.length) {
  told.textContent = "Point at a case, or go to it with the tab key, to read what it is.";
  told.hidden = false;
}
for (const mark of cases) {
  mark.addEventListener("mouseenter", () => tell(mark));
  mark.addEventListener("focus", () => tell(mark));
}
