// Answering by hand: "Copy and open" puts the text on the clipboard, then lets the link open the platform.
for (const link of document.querySelectorAll("[data-copy]")) {
  link.addEventListener("click", () => {
    const text = document.getElementById(link.dataset.copy).value;
    if (text && navigator.clipboard) navigator.clipboard.writeText(text).catch(() => {});
  });
}
for (const field of document.querySelectorAll("textarea[data-count]")) {
  const output = document.getElementById(field.dataset.count);
  const count = () => {
    output.textContent = [...field.value].length || "";
  };
  field.addEventListener("input", count);
  count();
}
