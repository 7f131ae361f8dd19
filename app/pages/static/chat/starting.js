// The page that stands at /chat until the chat is loaded: asks for the same address again and again, shows how far the
// server is, and opens the chat once it is there. A server that does not answer meanwhile is asked again, too.
(() => {
  "use strict";
  const WAIT = 700; // milliseconds between two looks

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
