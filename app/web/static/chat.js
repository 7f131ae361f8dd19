// Beside Gradio's page: a clicked citation opens its passage in a panel. Built with textContent only.
(() => {
  "use strict";
  const labels = window.tenkyoLabels[navigator.language.slice(0, 2)] || window.tenkyoLabels.en;
  let panel = null;
  let opener = null;

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function close() {
    if (!panel) return;
    panel.remove();
    panel = null;
    document.body.classList.remove("tenkyo-with-panel");
    if (opener && opener.isConnected) opener.focus();
  }

  function makePanel() {
    const made = element("aside", "tenkyo-panel");
    made.id = "tenkyo-panel";
    made.setAttribute("aria-label", labels.source);
    const head = element("div", "tenkyo-panel-head");
    const words = element("div");
    const title = element("h2");
    title.tabIndex = -1;
    words.append(title, element("p", "tenkyo-place"));
    const button = element("button", "tenkyo-close", "×");
    button.type = "button";
    button.setAttribute("aria-label", labels.close);
    button.addEventListener("click", close);
    head.append(words, button);
    made.append(head, element("div", "tenkyo-passage"));
    return made;
  }

  function runs(list) {
    return list.map((run) => {
      if (run.quoted) return element("mark", "", run.text);
      return run.cited ? element("span", "tenkyo-cited", run.text) : document.createTextNode(run.text);
    });
  }

  function row(block) {
    const made = element("tr", block.runs.some((run) => run.cited) ? "tenkyo-cited" : "");
    for (const cell of block.cells) {
      const data = element("td");
      data.append(...runs(cell.runs));
      made.append(data);
    }
    return made;
  }

  function table(block) {
    const made = element("table");
    if (block.cells.some((cell) => cell.column)) {
      const head = element("tr");
      for (const cell of block.cells) head.append(element("th", "", cell.column));
      made.append(head);
    }
    return made;
  }

  function fill(body, blocks) {
    let open = null;
    for (const block of blocks) {
      if (block.kind === "table_row" && block.cells.length) {
        if (!open) body.append((open = table(block)));
        open.append(row(block));
        continue;
      }
      open = null;
      const made = element(block.kind === "heading" ? "h3" : "p");
      made.append(...runs(block.runs));
      body.append(made);
    }
  }

  function show(found) {
    const place = [found.section, found.page ? labels.page.replace("{page}", found.page) : ""].filter(Boolean);
    panel.querySelector("h2").textContent = found.document_title;
    panel.querySelector(".tenkyo-place").textContent = place.join(" · ");
    const body = panel.querySelector(".tenkyo-passage");
    body.replaceChildren();
    fill(body, found.blocks);
    const link = element("a", "tenkyo-open", labels.open);
    link.href = found.address;
    link.target = "_blank";
    panel.querySelector(".tenkyo-open")?.remove();
    panel.append(link);
    (body.querySelector("mark") || body.querySelector(".tenkyo-cited"))?.scrollIntoView({ block: "center" });
  }

  async function open(link) {
    const address = new URL(link.href);
    const query = new URLSearchParams(address.search);
    query.set("document", decodeURIComponent(address.pathname.split("/documents/").pop()));
    if (!panel) {
      panel = makePanel();
      document.body.append(panel);
      document.body.classList.add("tenkyo-with-panel");
    }
    opener = link;
    const shown = panel;
    shown.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(`../api/passage?${query}`, { credentials: "omit" });
      const found = await response.json();
      if (shown !== panel || opener !== link) return;
      if (response.ok) show(found);
      else refuse(response.status === 404 ? labels.gone : response.status === 429 ? labels.busy : labels.failed);
    } catch {
      if (shown === panel) refuse(labels.failed);
    }
    shown.removeAttribute("aria-busy");
    shown.querySelector("h2").focus({ preventScroll: true });
  }

  function refuse(message) {
    panel.querySelector("h2").textContent = labels.source;
    panel.querySelector(".tenkyo-place").textContent = "";
    panel.querySelector(".tenkyo-passage").replaceChildren(element("p", "", message));
    panel.querySelector(".tenkyo-open")?.remove();
  }

  // Gradio labels each message with its raw source, and the button not at all. Without the label a screen reader
  // reads the message itself.
  new MutationObserver(() => {
    document.querySelector("#tenkyo-box .submit-button:not([aria-label])")?.setAttribute("aria-label", labels.send);
    for (const message of document.querySelectorAll("#tenkyo-chat [data-testid][aria-label*='<']")) {
      message.removeAttribute("aria-label");
    }
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-label"] });
  document.addEventListener(
    "click",
    (event) => {
      const suggestion = event.target instanceof Element && event.target.closest("#tenkyo-chat .tenkyo-suggestion");
      if (suggestion) window.tenkyoAskInBox(suggestion.textContent);
      const link = event.target instanceof Element && event.target.closest("#tenkyo-chat a[href*='/documents/']");
      if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      open(link);
    },
    true,
  );
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel && !event.isComposing) close();
  });
  // Enter that ends the composing of a word (Japanese, Chinese, Korean input) must not send the question
  for (const name of ["keydown", "keypress"]) {
    document.addEventListener(
      name,
      (event) => {
        if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.stopPropagation();
      },
      true,
    );
  }
})();
