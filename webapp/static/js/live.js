// Keeps a list fresh without moving what a person is using.
//
// The element with `data-live` names the URL of its fragment and the ETag it was drawn with. The wait between two polls
// follows the measured response time (GOV.UK Notify's formula), so a slow server is asked less often; hidden tabs do
// not ask at all. New rows go in place while nobody uses the list; otherwise a quiet bar offers them.
const SHORTEST_WAIT = 2000;
const AFTER_A_FAULT = 10_000;
const POINTER_REST = 4000;
const UNDO_STAYS = 12_000;
const AT_THE_TOP = 160;

let list = document.querySelector("[data-live]");
const bar = document.getElementById("live-bar");
let etag = list.dataset.etag;
let waiting = null; // a newer fragment that is not shown yet
let pointerAt = 0;
let timer;

function wait(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(poll, milliseconds);
}

async function poll() {
  if (document.hidden) return; // `visibilitychange` goes on
  const started = performance.now();
  try {
    const response = await fetch(list.dataset.live, {
      headers: { "HX-Request": "true", "If-None-Match": etag },
      cache: "no-store",
    });
    if (response.status === 401) return location.reload();
    if (response.status === 200) await take(response);
    else if (response.status !== 304) return wait(AFTER_A_FAULT);
  } catch {
    return wait(AFTER_A_FAULT); // the network is away; the page stays as it is
  }
  settle();
  wait(Math.max(250 * Math.sqrt(performance.now() - started) - 1000, SHORTEST_WAIT));
}

async function take(response) {
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector("[data-live]");
  if (!fresh) return;
  etag = response.headers.get("ETag") ?? etag;
  waiting = document.adoptNode(fresh);
}

function settle() {
  if (!waiting) return;
  if (!isInUse()) return show();
  renewRowsInPlace();
  const known = new Set([...list.querySelectorAll("[data-row]")].map((row) => row.id));
  const count = [...waiting.querySelectorAll("[data-row]")].filter((row) => !known.has(row.id)).length;
  bar.hidden = count === 0;
  bar.querySelector("[data-count]").textContent = count;
}

function show() {
  list.replaceWith(waiting);
  list = waiting;
  waiting = null;
  bar.hidden = true;
  window.htmx?.process(list);
}

function isInUse() {
  const active = document.activeElement;
  return (
    window.scrollY > AT_THE_TOP ||
    (active !== document.body && list.contains(active)) ||
    list.querySelector("details[open]") !== null ||
    Date.now() - pointerAt < POINTER_REST ||
    [...list.querySelectorAll("[data-done]")].some((row) => Date.now() - seenAt(row) < UNDO_STAYS)
  );
}

function seenAt(row) {
  row.dataset.seen ??= Date.now();
  return Number(row.dataset.seen);
}

// A row whose content changed (a score came in, somebody took it) is renewed where it stands, unless it is in use.
function renewRowsInPlace() {
  for (const fresh of waiting.querySelectorAll("[data-row]")) {
    const row = document.getElementById(fresh.id);
    if (!row || row.dataset.version === fresh.dataset.version || row.matches("[data-done]")) continue;
    if (row.contains(document.activeElement) || row.matches(":hover") || row.querySelector("details[open]")) continue;
    const copy = fresh.cloneNode(true);
    row.replaceWith(copy);
    window.htmx?.process(copy);
  }
}

bar.addEventListener("click", () => {
  if (!waiting) return;
  show();
  window.scrollTo({ top: 0 });
  list.querySelector("[data-row]")?.focus({ preventScroll: true });
});

document.addEventListener("pointermove", (event) => {
  if (event.target instanceof Node && list.contains(event.target)) pointerAt = Date.now();
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) poll();
});

wait(SHORTEST_WAIT);
