// Shows how far a job is while the page is open. What changes in kind is announced; every percent would be noise.
// Without this the page shows it as of its loading, with a link to load it again.
const box = document.querySelector("[data-progress-url]");
const status = document.querySelector("#job-status");
const timer = box ? setInterval(refresh, 2000) : 0;

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(box.dataset.progressUrl, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok) return;
    box.innerHTML = await answer.text();
  } catch {
    return; // The server is away for a moment; the next round asks again.
  }
  const { state, words } = box.firstElementChild.dataset;
  if (status.textContent !== words) status.textContent = words;
  if (state === "done" || state === "failed") {
    clearInterval(timer);
    setTimeout(() => location.reload(), 3000); // the figures above are new too
  }
}
