// The head and the start of the chat page: the menu on a phone, the choice of language, and suggested questions, which a
// newly started server may still be making while the page is open.
(() => {
  "use strict";
  const { language, element } = window.tenkyoPage;
  const { root } = window.tenkyoRequests;
  const menu = document.getElementById("tenkyo-menu");
  const start = document.getElementById("tenkyo-start");
  const WAITS = [3, 5, 10, 20, 40, 60, 120, 240]; // seconds between two requests for questions

  document.addEventListener("click", (event) => {
    const opens = menu.contains(event.target) && menu.getAttribute("aria-expanded") === "false";
    if (!event.target.closest?.("#tenkyo-tools label")) menu.setAttribute("aria-expanded", String(opens));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || menu.getAttribute("aria-expanded") === "false") return;
    menu.setAttribute("aria-expanded", "false");
    menu.focus();
  });

  document.getElementById("tenkyo-language").addEventListener("change", (event) => {
    localStorage.setItem("tenkyo-language", event.target.value);
    location.search = `?lang=${event.target.value}`;
  });
  const stored = localStorage.getItem("tenkyo-language");
  const isOffered = Boolean(document.querySelector(`#tenkyo-language option[value="${CSS.escape(stored)}"]`));
  const isPlain = !new URLSearchParams(location.search).get("lang") && !document.querySelector(".tenkyo-turn");
  if (stored !== language && isOffered && isPlain) location.replace(`?lang=${stored}`);

  function show(questions) {
    const items = questions.map(({ text, language: tag }) => {
      const item = element("li");
      const asks = element("button", "tenkyo-suggestion", text);
      asks.type = "button";
      asks.lang = tag;
      item.append(asks);
      return item;
    });
    const examples = document.getElementById("tenkyo-examples");
    examples.querySelector("ul").replaceChildren(...items);
    examples.hidden = !items.length;
  }

  async function look(tried) {
    if (tried === WAITS.length) return;
    await new Promise((done) => setTimeout(done, 1000 * WAITS[tried]));
    const answer = await fetch(new URL(`api/starters?lang=${language}`, root), { credentials: "omit" }).catch(() => null);
    const { questions = [] } = answer?.ok ? await answer.json() : {};
    if (questions.length) show(questions);
    else await look(tried + 1);
  }

  if (document.getElementById("tenkyo-examples").hidden) look(0);
  if (matchMedia("(max-width: 600px)").matches) {
    for (const fold of start.querySelectorAll("details")) fold.open = false; // so that the suggested questions are in view
  }
})();
