// Console pages work without this file; it only keeps what is shown fresh and takes the eye to what is wrong.
"use strict";

// A region with data-live asks for itself again every data-every seconds, while it can be seen. A region that comes back
// without data-live is finished, and the page is asked for anew.
async function renew(region) {
  if (document.hidden || region.contains(document.activeElement)) return;
  const response = await fetch(region.dataset.live, { headers: { "X-Fragment": "1" } });
  if (response.redirected || response.status === 401 || response.status === 403) return window.location.reload();
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-live], [data-still]");
  if (!fresh) return;
  if (!fresh.dataset.live) return window.location.reload(); // finished: buttons around it change too
  if (fresh.innerHTML !== region.innerHTML) region.innerHTML = fresh.innerHTML;
}

for (const region of document.querySelectorAll("[data-live]")) {
  setInterval(() => {
    renew(region).catch(() => {}); // no connection: what is shown stays, the next turn tries again
  }, 1000 * Number(region.dataset.every || 5));
}

document.querySelector("[data-focus]")?.focus();
