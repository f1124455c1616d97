/* Look again at a preview: while it is built, and while answers are compared. Without this the page
   loads itself anew, or has a link for it. */
"use strict";
const LOOK_AGAIN_MS = 1000;

/** The page as it is now, or null where there is none any more. */
async function current(place) {
  const answer = await fetch(place.dataset.watch, { headers: { Accept: "text/html" } });
  if (!answer.ok) {
    return null;
  }
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** Put a part of the page of now in the place of the one that is shown; open answers stay open. */
function exchange(found, selector) {
  const old = document.querySelector(selector);
  const now = found.querySelector(selector);
  if (!old || !now) {
    return;
  }
  const open = [...old.querySelectorAll("details")].map((one) => one.open);
  now.querySelectorAll("details").forEach((one, number) => {
    one.open = Boolean(open[number]);
  });
  old.replaceWith(document.adoptNode(now));
}

async function look() {
  const place = document.querySelector("[data-watch]");
  if (!place) {
    return;
  }
  try {
    const found = await current(place);
    const step = place.querySelector("[data-step]");
    const next = found?.querySelector("[data-step]");
    if (step && !next) {
      location.reload();
      return;
    }
    if (step) {
      step.textContent = next.textContent;
    } else if (found) {
      exchange(found, "[data-questions]");
      exchange(found, "[data-answers]");
    }
  } catch {
    // The server may be busy; it is asked again.
  }
  setTimeout(look, LOOK_AGAIN_MS);
}

setTimeout(look, LOOK_AGAIN_MS);
