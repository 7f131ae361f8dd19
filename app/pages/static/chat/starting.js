// The page at /chat until the chat is loaded: requests its own address repeatedly, shows the server's progress, and opens
// the chat when it is ready. If the server does not answer, the page tries again.
(() => {
  "use strict";
  const WAIT = 700; // milliseconds between two requests

  async function look() {
    const response = await fetch(location.href, { cache: "no-store" }).catch(() => null);
    if (response?.ok) {
      location.reload();
      return;
    }
    const shown = document.querySelector("main");
    const text = response ? await response.text() : "";
    const news = new DOMParser().parseFromString(text, "text/html").querySelector("main");
    if (news && news.innerHTML !== shown.innerHTML) shown.replaceWith(news);
    setTimeout(look, WAIT);
  }

  setTimeout(look, WAIT);
})();
