// Keeps a mailing's figures up to date while something is going on. Without it the page shows them as of its loading.
const box = document.querySelector("[data-figures-url]");

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(box.dataset.figuresUrl, { headers: { "X-Requested-With": "fetch" } });
    if (answer.ok) box.innerHTML = await answer.text();
  } catch {
    // The server is away for a moment; the next round asks again.
  }
}

if (box) setInterval(refresh, 2000);
