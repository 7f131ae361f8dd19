// Sources of an answer: a card over a citation's number, and a panel with the cited words in their context and buttons
// for the other citations. Documents' text is set by textContent only. window.tenkyoSource.open(address) opens the panel.
(() => {
  "use strict";
  const { labels, language, element, button } = window.tenkyoPage;
  const { root } = window.tenkyoRequests;
  const LINK = ":is(.tenkyo-reply, #tenkyo-start) a[href*='documents/'][href*='passage=']";
  const LEAST_DRAG = 5; // pixels; a shorter one is a tap
  let panel = null;
  let opener = null; // the link whose passage is shown

  function close() {
    if (!panel) return;
    panel.remove();
    panel = null;
    document.body.classList.remove("tenkyo-with-panel");
    mark(null);
    if (opener?.isConnected) opener.focus({ preventScroll: true });
  }

  function mark(link) {
    for (const cite of document.querySelectorAll(".tenkyo-cite[aria-current]")) cite.removeAttribute("aria-current");
    if (link?.classList.contains("tenkyo-cite")) link.setAttribute("aria-current", "true");
  }

  // The links of an answer's citation numbers in order, each number once.
  function siblings(link) {
    const byAddress = new Map();
    for (const cite of link?.closest(".tenkyo-reply")?.querySelectorAll("a.tenkyo-cite") || []) {
      if (!byAddress.has(cite.href)) byAddress.set(cite.href, cite);
    }
    return [...byAddress.values()];
  }

  function step(by) {
    const cites = siblings(opener);
    const at = cites.findIndex((cite) => cite.href === opener.href);
    const next = cites[at + by];
    if (next) open(next);
  }

  // On a phone the panel is a sheet: dragging its head or the knob makes it full height, lower again, or closes it.
  function drag(head) {
    let from = null; // where the finger went down
    let moved = 0;
    head.addEventListener("pointerdown", (event) => {
      moved = 0;
      if (event.target.closest("button:not(.tenkyo-knob), a") || !matchMedia("(max-width: 799px)").matches) return;
      (event.target.closest(".tenkyo-knob") || head).setPointerCapture(event.pointerId);
      from = event.clientY;
    });
    head.addEventListener("pointermove", (event) => {
      if (from === null || Math.abs(event.clientY - from) < LEAST_DRAG) return;
      panel.classList.add("is-dragged");
      moved = event.clientY - from;
      panel.style.setProperty("--dragged", `${-moved}px`);
    });
    const end = () => {
      from = null;
      if (!panel?.classList.contains("is-dragged")) return;
      panel.classList.remove("is-dragged");
      panel.style.removeProperty("--dragged");
      const isFull = panel.classList.contains("is-full");
      if (moved < -40) widen(true);
      else if (moved > 40 && isFull) widen(false);
      else if (moved > 120) close();
    };
    const stopClick = (event) => event.detail && Math.abs(moved) >= LEAST_DRAG && event.stopPropagation();
    head.addEventListener("click", stopClick, true); // the end of a drag is no click on the knob
    head.addEventListener("pointerup", end);
    head.addEventListener("pointercancel", end);
  }

  function widen(full) {
    panel.classList.toggle("is-full", full);
    const knob = panel.querySelector(".tenkyo-knob");
    knob.setAttribute("aria-expanded", String(full));
    knob.setAttribute("aria-label", full ? labels.narrower : labels.wider);
  }

  function makePanel() {
    const aside = element("aside", "tenkyo-panel");
    aside.id = "tenkyo-panel";
    aside.setAttribute("aria-label", labels.source);
    const head = element("div", "tenkyo-panel-head");
    const title = element("h2");
    title.tabIndex = -1;
    const tools = element("div", "tenkyo-panel-tools");
    tools.append(
      button("tenkyo-before tenkyo-tool", "‹", () => step(-1), labels.previous),
      element("span", "tenkyo-which"),
      button("tenkyo-after tenkyo-tool", "›", () => step(1), labels.next),
      button("tenkyo-close tenkyo-tool", "×", close, labels.close),
    );
    const words = element("div", "tenkyo-panel-words");
    words.append(title, element("p", "tenkyo-place"));
    const knob = button("tenkyo-knob", "", () => widen(!panel.classList.contains("is-full")), labels.wider);
    knob.setAttribute("aria-expanded", "false");
    head.append(knob, words, tools);
    const body = element("div", "tenkyo-passage");
    body.tabIndex = 0;
    body.setAttribute("role", "region");
    body.setAttribute("aria-label", labels.source);
    aside.append(head, body, element("div", "tenkyo-panel-foot"));
    drag(head);
    return aside;
  }

  function runs(list) {
    return list.map((run) => {
      if (run.quoted) return element("mark", "", run.text);
      return run.cited ? element("span", "tenkyo-cited", run.text) : document.createTextNode(run.text);
    });
  }

  function row(block) {
    const line = element("tr", block.runs.some((run) => run.cited) ? "tenkyo-cited" : "");
    for (const cell of block.cells) {
      const data = element("td");
      data.append(...runs(cell.runs));
      line.append(data);
    }
    return line;
  }

  function table(block) {
    const grid = element("table");
    if (block.cells.some((cell) => cell.column)) {
      const head = element("tr");
      for (const cell of block.cells) head.append(element("th", "", cell.column));
      grid.append(head);
    }
    return grid;
  }

  function fill(body, blocks) {
    let begun = null;
    for (const block of blocks) {
      if (block.kind === "table_row" && block.cells.length) {
        if (!begun) body.append((begun = table(block)));
        begun.append(row(block));
        continue;
      }
      begun = null;
      const paragraph = element(block.kind === "heading" ? "h3" : "p");
      paragraph.append(...runs(block.runs));
      body.append(paragraph);
    }
  }

  function show(passage) {
    const place = [passage.section, passage.page ? labels.page.replace("{page}", passage.page) : ""].filter(Boolean);
    panel.querySelector("h2").textContent = passage.document_title;
    panel.querySelector(".tenkyo-place").textContent = place.join(labels.place_dot);
    const body = panel.querySelector(".tenkyo-passage");
    if (passage.language) body.lang = passage.language;
    body.replaceChildren();
    fill(body, passage.blocks);
    const link = element("a", "tenkyo-open", labels.open);
    const address = new URL(passage.address, new URL("api/", root)); // the widget lies one level higher than the API
    address.searchParams.set("lang", language); // it may have been changed on this page
    link.href = address;
    link.target = "_blank";
    panel.querySelector(".tenkyo-panel-foot").replaceChildren(link);
    const first = body.querySelector("mark") || body.querySelector(".tenkyo-cited");
    if (first) toView(body, first);
  }

  // Scrolls to the marked words, or to the heading or beginning of their block if that is near.
  function toView(body, marked) {
    const height = body.clientHeight;
    const above = (part) => part.getBoundingClientRect().top - body.getBoundingClientRect().top + body.scrollTop;
    let block = [...body.children].find((part) => part.contains(marked));
    if (block.previousElementSibling?.tagName === "H3") block = block.previousElementSibling;
    const isNear = above(marked) - above(block) < height / 2;
    body.scrollTop = (isNear ? above(block) : above(marked) - height / 4) - 12;
  }

  function showPlace(link) {
    const cites = siblings(link);
    const at = cites.findIndex((cite) => cite.href === link.href);
    const tools = panel.querySelector(".tenkyo-panel-tools");
    tools.classList.toggle("is-alone", at < 0 || cites.length < 2);
    panel.querySelector(".tenkyo-which").textContent = labels.of.replace("{number}", at + 1).replace("{count}", cites.length);
    panel.querySelector(".tenkyo-before").disabled = at <= 0;
    panel.querySelector(".tenkyo-after").disabled = at >= cites.length - 1;
    mark(cites[at]);
  }

  function refuse(message) {
    panel.querySelector("h2").textContent = labels.source;
    panel.querySelector(".tenkyo-place").textContent = "";
    panel.querySelector(".tenkyo-passage").replaceChildren(element("p", "", message));
    panel.querySelector(".tenkyo-panel-foot").replaceChildren();
  }

  async function open(link) {
    const address = new URL(link.href);
    const query = new URLSearchParams(address.search);
    query.set("document", decodeURIComponent(address.pathname.split("/documents/").pop()));
    hideCard();
    if (!panel) {
      panel = makePanel();
      document.body.append(panel);
      document.body.classList.add("tenkyo-with-panel");
    }
    opener = link;
    const shown = panel;
    showPlace(link);
    shown.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(new URL(`api/passage?${query}`, root), { credentials: "omit" });
      const passage = await response.json();
      if (shown !== panel || opener !== link) return;
      if (response.ok) show(passage);
      else refuse(response.status === 404 ? labels.gone : response.status === 429 ? labels.busy : labels.failed);
    } catch {
      if (shown === panel) refuse(labels.unreachable);
    }
    shown.removeAttribute("aria-busy");
    shown.querySelector("h2").focus({ preventScroll: true });
  }

  // A card over a number: the quote and where it stands.
  let card = null;

  function hideCard() {
    card?.remove();
    card = null;
  }

  function showCard(link) {
    hideCard();
    if (!link.dataset.quote || !link.isConnected) return;
    card = element("div", "tenkyo-quote-card");
    card.setAttribute("role", "tooltip");
    card.id = "tenkyo-quote-card";
    const quote = element("p", "tenkyo-quote", link.dataset.quote);
    quote.lang = link.dataset.lang;
    card.append(quote, element("p", "tenkyo-place", [link.dataset.title, link.dataset.place].filter(Boolean).join(" — ")));
    document.body.append(card);
    link.setAttribute("aria-describedby", card.id);
    const at = link.getBoundingClientRect();
    const size = card.getBoundingClientRect();
    const above = at.top - size.height - 8;
    card.style.top = `${above > 8 ? above : at.bottom + 8}px`;
    card.style.left = `${Math.max(8, Math.min(at.left - 24, innerWidth - size.width - 8))}px`;
  }

  function linkAt(event) {
    return event.target instanceof Element ? event.target.closest(LINK) : null;
  }

  window.tenkyoSource = { open: (address) => open(Object.assign(element("a"), { href: address })) };
  document.addEventListener(
    "click",
    (event) => {
      const link = linkAt(event);
      if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(link);
    },
    true,
  );
  document.addEventListener("pointerover", (event) => event.pointerType === "mouse" && linkAt(event) && showCard(linkAt(event)));
  document.addEventListener("pointerout", (event) => event.pointerType === "mouse" && linkAt(event) && hideCard());
  document.addEventListener("focusin", (event) => (linkAt(event)?.matches(":focus-visible") ? showCard(linkAt(event)) : hideCard()));
  document.addEventListener("scroll", hideCard, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    if (!card && !panel) return;
    event.stopImmediatePropagation(); // what is under the card stays open
    if (card) hideCard();
    else close();
  });
})();
