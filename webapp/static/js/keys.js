// Work by keyboard: j and k walk the rows, enter opens one, and each action has a letter (`data-key` on its control).
// Typing in a field is never taken for a command. The help is the <dialog id="keys">.
const ROWS = "[data-row]:not([data-done])";
const help = document.getElementById("keys");

const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
const currentRow = () => document.activeElement?.closest("[data-row]");

function walk(step) {
  const rows = [...document.querySelectorAll(ROWS)];
  const here = rows.indexOf(currentRow());
  const bar = document.getElementById("live-bar");
  if (step < 0 && here === 0 && bar && !bar.hidden) return bar.focus();
  const row = rows[here === -1 ? 0 : Math.min(Math.max(here + step, 0), rows.length - 1)];
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

function press(key) {
  const inside = currentRow() ?? document.querySelector("[data-keys-scope]");
  const control = inside?.querySelector(`[data-key="${key}"]`);
  if (!control) return false;
  if (control.tagName === "TEXTAREA") return control.focus() ?? true;
  control.click();
  if (control.tagName === "SUMMARY") control.parentElement.querySelector("button")?.focus();
  return true;
}

const COMMANDS = {
  j: () => walk(1),
  k: () => walk(-1),
  "/": () => document.querySelector('input[type="search"]')?.focus(),
  "?": () => help?.showModal(),
  Enter: () => currentRow() === document.activeElement && press("enter"),
  u: () => press("u") || undoLast(),
  Escape: () => closeMenus(),
};

function undoLast() {
  const undo = document.querySelector(`#${lastDone ?? "none"} [data-key="u"]`);
  undo?.click();
  return undo !== null;
}

function closeMenus() {
  for (const menu of document.querySelectorAll("details.menu-box[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  return false;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help?.open) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const command = COMMANDS[event.key] ?? (/^[a-z]$/.test(event.key) ? () => press(event.key) : null);
  if (command && command() !== false) event.preventDefault();
});

// A menu closes when the person goes elsewhere.
document.addEventListener("pointerdown", (event) => {
  for (const menu of document.querySelectorAll("details.menu-box[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// After an action the row is drawn anew: the focus stays on it, or goes on to the next one when it is done.
let actedOn = null;
let lastDone = null;

document.addEventListener("htmx:before:request", (event) => {
  actedOn = event.target.closest?.("[data-row]")?.id ?? null;
});

document.addEventListener("htmx:after:swap", () => {
  const row = actedOn && document.getElementById(actedOn);
  actedOn = null;
  if (!row || (document.activeElement !== document.body && !row.contains(document.activeElement))) return;
  if (row.matches("[data-done]")) lastDone = row.id;
  else return row.focus({ preventScroll: true });
  const rows = [...document.querySelectorAll("[data-row]")];
  const next = rows.slice(rows.indexOf(row) + 1).find((other) => !other.matches("[data-done]"));
  (next ?? row.querySelector("button"))?.focus({ preventScroll: false });
});

for (const opener of document.querySelectorAll("[data-open-dialog]")) {
  opener.addEventListener("click", () => document.getElementById(opener.dataset.openDialog).showModal());
}

help?.addEventListener("click", (event) => {
  if (event.target === help) help.close();
});
