// Shows changes as they happen. What is open or has the focus stays so.
const parts = document.getElementById("parts");
let busy = false;
let again = false;

async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    const answer = await fetch("/parts" + location.search);
    if (answer.ok && !parts.contains(document.activeElement)) {
      const opened = parts.querySelectorAll("details[open]").length > 0;
      if (!opened) parts.innerHTML = await answer.text();
    }
  } finally {
    busy = false;
  }
  if (again) {
    again = false;
    refresh();
  }
}

const changes = new EventSource("/changes");
changes.addEventListener("message", refresh);
// What changed between the page and this connection, or while it was lost, is told by nobody.
changes.addEventListener("open", refresh);
parts.addEventListener("focusout", () => setTimeout(refresh));
parts.addEventListener("toggle", refresh, true);
