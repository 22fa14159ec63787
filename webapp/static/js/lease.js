// Holds the case whose page is looked at, so that others see it is taken; and says who else has it open.
const AGAIN_AFTER = 4 * 60_000; // a lease lasts ten minutes

async function hold() {
  const page = document.querySelector("[data-lease]");
  if (!page || document.hidden) return;
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const response = await fetch(page.dataset.lease, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => null);
  if (!response?.ok) return; // the page works without; the next try may reach
  const lease = await response.json();
  const banner = page.querySelector("[data-held]");
  banner.hidden = lease.is_mine;
  banner.querySelector("[data-holder]").textContent = lease.holder;
}

document.addEventListener("visibilitychange", hold);
setInterval(hold, AGAIN_AFTER);
hold();
