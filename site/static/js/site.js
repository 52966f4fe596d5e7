/* Small comforts; everything works without them. */

/* The header's menu and search: Escape and a click elsewhere close what is open. */
const openDisclosures = () => document.querySelectorAll(".masthead details[open]");

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const details of openDisclosures()) {
    details.open = false;
    details.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  for (const details of openDisclosures()) {
    if (!details.contains(event.target)) details.open = false;
  }
});

for (const details of document.querySelectorAll(".masthead details")) {
  details.addEventListener("toggle", () => {
    if (details.open) details.querySelector("input")?.focus();
  });
}

/* A video is fetched only when somebody asks for it: the link becomes the player. */
for (const frame of document.querySelectorAll("[data-embed]")) {
  frame.querySelector("a").addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const player = document.createElement("iframe");
    player.src = frame.dataset.embed;
    player.title = frame.dataset.title;
    player.allow = "autoplay; fullscreen; picture-in-picture";
    player.allowFullscreen = true;
    frame.replaceChildren(player);
    player.focus();
  });
}

/* "On this page": mark the section that is being read. */
const entries = new Map();
for (const link of document.querySelectorAll(".toc a[href^='#']")) {
  const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (heading) entries.set(heading, link);
}
if (entries.size > 0 && "IntersectionObserver" in window) {
  const observer = new IntersectionObserver(
    (seen) => {
      const top = seen.filter((entry) => entry.isIntersecting).at(0);
      if (!top) return;
      for (const link of entries.values()) link.removeAttribute("aria-current");
      entries.get(top.target).setAttribute("aria-current", "true");
    },
    { rootMargin: "0px 0px -70% 0px" },
  );
  for (const heading of entries.keys()) observer.observe(heading);
}
