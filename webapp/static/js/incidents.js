// Copying a checked answer: the button says so, the link copies and lets the platform open.
document.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-copy-from]");
  if (!pressed || !navigator.clipboard) return;
  const text = document.getElementById(pressed.dataset.copyFrom).value;
  navigator.clipboard
    .writeText(text)
    .then(() => {
      if (pressed.dataset.copied) pressed.querySelector("span").textContent = pressed.dataset.copied;
    })
    .catch(() => {});
});
