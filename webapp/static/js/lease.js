// Holds the cases that are being looked at or answered here, so that others see they are taken; says who else has one
// open; and lets go of them when the page is left.
const AGAIN_AFTER = 4 * 60_000; // a lease lasts ten minutes
const held = new Set();

const post = (address, more) =>
  fetch(address, {
    method: "POST",
    headers: { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content },
    ...more,
  }).catch(() => null);

async function hold(place) {
  const response = await post(place.dataset.lease);
  if (!response?.ok) return; // the page works without; the next try may reach
  const lease = await response.json();
  if (lease.is_mine) held.add(place.dataset.lease);
  const banner = place.querySelector("[data-held]");
  banner.hidden = lease.is_mine;
  banner.querySelector("[data-holder]").textContent = lease.holder;
}

function holdAll() {
  if (!document.hidden) document.querySelectorAll("[data-lease]").forEach(hold);
}

function holdNew() {
  for (const place of document.querySelectorAll("[data-lease]")) if (!held.has(place.dataset.lease)) hold(place);
}

function letGo() {
  for (const address of held) post(`${address}/release`, { keepalive: true });
  held.clear();
}

document.addEventListener("visibilitychange", holdAll);
document.addEventListener("htmx:after:swap", holdNew);
window.addEventListener("pagehide", letGo);
window.addEventListener("pageshow", (event) => event.persisted && holdAll());
setInterval(holdAll, AGAIN_AFTER);
holdAll();
