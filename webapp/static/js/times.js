// Keeps "5 min" true on a page that stays open: every `time[data-ago]` is written anew once a minute.
const locale = document.documentElement.lang || "en";

function ago(instant, isPast) {
  const seconds = (Date.now() - instant) / 1000;
  if (seconds < 60) return null; // what the server wrote ("now") stays
  const [unit, size] = seconds < 3600 ? ["minute", 60] : seconds < 86400 ? ["hour", 3600] : ["day", 86400];
  if (isPast) return new Intl.RelativeTimeFormat(locale, { style: "short" }).format(-Math.floor(seconds / size), unit);
  const style = unit === "day" ? "long" : "short";
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: style })
    .format(Math.floor(seconds / size))
    .replace("hr", "h");
}

function refresh() {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const words = ago(Date.parse(time.dateTime), time.dataset.ago === "past");
    if (words && time.textContent !== words) time.textContent = words;
  }
}

setInterval(refresh, 60_000);
