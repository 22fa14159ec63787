// Sends the CSRF token of the page with every changing request that htmx makes, in one place for all of them.
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

document.addEventListener("htmx:config:request", (event) => {
  const { request } = event.detail.ctx;
  if (SAFE.has(request.method.toUpperCase())) return;
  request.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
});
