// Answering: "Copy and open" puts the text on the clipboard, then lets the link open the platform; characters are counted.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-copy]");
  if (!link) return;
  const text = document.getElementById(link.dataset.copy).value;
  if (text && navigator.clipboard) navigator.clipboard.writeText(text).catch(() => {});
});

function count(field) {
  const output = document.getElementById(field.dataset.count);
  if (output) output.textContent = [...field.value].length || "";
}

document.addEventListener("input", (event) => event.target.matches?.("textarea[data-count]") && count(event.target));
document.querySelectorAll("textarea[data-count]").forEach(count);
