// Sections of a long page are open, so that it can be read without scripts. On a phone they are
// folded, and the one that a link leads to is unfolded.
const narrow = window.matchMedia("(max-width: 40rem)");

function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const folded = target?.closest("details");
  if (folded && !folded.open) {
    folded.open = true;
    target.scrollIntoView();
  }
}

if (narrow.matches) {
  for (const one of document.querySelectorAll(".fold > details, .toc > details")) {
    one.open = false;
  }
}
unfold();
addEventListener("hashchange", unfold);
