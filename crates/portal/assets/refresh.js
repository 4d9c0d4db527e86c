// Keeps a list as it is: what is marked is replaced by the same part of the page, loaded
// anew, while the page is seen. It waits while the part has the focus, and can be paused.
const EVERY = 3000;

let live = document.querySelector("[data-refresh]");
let paused = false;

async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "error" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.getElementById(live.id);
  if (!next || paused || live.contains(document.activeElement)) return;
  if (next.innerHTML === live.innerHTML) return;
  live.replaceWith(next);
  live = next;
}

async function step() {
  if (!paused && document.visibilityState === "visible") {
    try {
      await refresh();
    } catch {
      // The next try may succeed.
    }
  }
  setTimeout(step, EVERY);
}

if (live) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "secondary pause";
  button.textContent = "Pause updates";
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Resume updates" : "Pause updates";
  });
  live.before(button);
  setTimeout(step, EVERY);
}
