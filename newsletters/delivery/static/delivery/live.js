// Keeps a mailing's page up to date while something is going on. Without it the page shows how things were when it was
// loaded. A part is swapped only when it says something new, and never while somebody's focus is in it.
const box = document.querySelector("[data-live-url]");

function swap(fresh) {
  const part = box.querySelector(`[data-part="${fresh.dataset.part}"]`);
  if (!part || part.contains(document.activeElement)) return;
  const isSame = fresh.dataset.version === undefined
    ? part.innerHTML === fresh.innerHTML
    : part.dataset.version === fresh.dataset.version;
  if (isSame) return;
  part.replaceChildren(...fresh.childNodes);
  if (fresh.dataset.version !== undefined) part.dataset.version = fresh.dataset.version;
}

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(box.dataset.liveUrl + location.search, { headers: { "X-Requested-With": "XMLHttpRequest" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    page.querySelectorAll("[data-part]").forEach(swap);
  } catch {
    // The server is away for a moment; the next round asks again.
  }
}

if (box) setInterval(refresh, 2000);
