// Lets notices go after a while: good ones after eight seconds, bad ones when the person closes or replaces them.
const STAY = 8000;
const region = document.getElementById("notices");

function letGo(notice) {
  if (notice.classList.contains("notice--bad")) return;
  setTimeout(() => {
    if (!notice.matches(":hover, :focus-within")) notice.remove();
  }, STAY);
}

region.querySelectorAll(".notice").forEach(letGo);
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) if (node.classList?.contains("notice")) letGo(node);
  }
}).observe(region, { childList: true });
