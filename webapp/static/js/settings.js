// Searches the page as one types: what does not hold the words is put away, sections without anything left too.
const find = document.querySelector("[data-find]");
const nothing = document.querySelector("[data-found-nothing]");

const folded = (text) => text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();

find.addEventListener("input", () => {
  const wanted = folded(find.value.trim());
  let left = 0;
  for (const section of document.querySelectorAll("[data-section]")) {
    const isNamed = folded(section.querySelector("h2").textContent).includes(wanted);
    let inside = 0;
    for (const part of section.querySelectorAll("[data-findable]")) {
      part.hidden = wanted !== "" && !isNamed && !folded(part.textContent).includes(wanted);
      inside += part.hidden ? 0 : 1;
    }
    section.hidden = wanted !== "" && !isNamed && inside === 0;
    left += section.hidden ? 0 : 1;
  }
  nothing.hidden = left > 0;
});

for (const field of document.querySelectorAll("[data-select]")) {
  field.addEventListener("focus", () => field.select());
}
