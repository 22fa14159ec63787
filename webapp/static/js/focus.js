// Keeps the keyboard where it was when htmx draws a part of the page anew: htmx finds what has the same id; where that is
// gone, the focus goes to the first control of the nearest part that is still there, never back to the top of the page.
const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary";
let around = [];

document.addEventListener("htmx:before:request", (event) => {
  around = [];
  const active = document.activeElement;
  if (!active || active === document.body || !event.target.contains?.(active)) return;
  for (let part = active; part && part.tagName !== "MAIN"; part = part.parentElement) if (part.id) around.push(part.id);
});

document.addEventListener("htmx:after:swap", () => setTimeout(settle));

function settle() {
  const lost = around;
  around = [];
  if (document.activeElement && document.activeElement !== document.body) return;
  const part = lost.map((id) => document.getElementById(id)).find(Boolean);
  if (!part) return;
  const control = part.matches(CONTROLS) || part.hasAttribute("tabindex") ? part : part.querySelector(CONTROLS);
  control?.focus({ preventScroll: true });
}
