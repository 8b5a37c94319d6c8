// Keeps "2 min ago" true on a page that stays open.

const MINUTE = 60, HOUR = 3600, DAY = 86400;

/**
 * Say how long ago, in the words of the server's `span` filter.
 * @param {number} seconds
 * @returns {string}
 */
export function ago(seconds) {
  if (seconds < 1) return "just now";
  if (seconds < MINUTE) return `${Math.floor(seconds)} s ago`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
  if (seconds < DAY) {
    const hours = Math.floor(seconds / HOUR);
    const minutes = Math.floor((seconds % HOUR) / MINUTE);
    return minutes && hours < 10 ? `${hours} h ${minutes} min ago` : `${hours} h ago`;
  }
  const days = Math.floor(seconds / DAY);
  return days === 1 ? "1 day ago" : `${days} days ago`;
}

function refresh() {
  for (const element of document.querySelectorAll("time[data-age]")) {
    const seconds = (Date.now() - Date.parse(element.dateTime)) / 1000;
    const text = ago(seconds);
    if (element.textContent !== text) element.textContent = text;
  }
}

setInterval(refresh, 5000);
