// Self-check: a question from the documents, an optional hint, the reader's answer, then the passage and a verdict; and
// the cards as a file for Anki.
(() => {
  "use strict";
  if (!window.tenkyoServer.study) return;
  const { labels, element, button } = window.tenkyoPage;
  const { root } = window.tenkyoRequests;
  const { body, open: openDialog } = window.tenkyoTools.dialog("study", labels.study);
  let cards = [];
  let place = 0;

  function plain(text) {
    return text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}%]/gu, "");
  }

  function pairs(text) {
    return new Set([...text].slice(1).map((letter, index) => [...text][index] + letter));
  }

  // "matches", "nearly" or "differs": the same letters and figures, a part of them, or others; "" for no answer.
  function verdict(given, wanted) {
    const [mine, theirs] = [plain(given), plain(wanted)];
    if (!mine) return "";
    if (mine === theirs) return "matches";
    if (mine.length > 1 && (theirs.includes(mine) || mine.includes(theirs))) return "nearly";
    const [one, other] = [pairs(mine), pairs(theirs)];
    const shared = [...one].filter((pair) => other.has(pair)).length;
    return shared * 2 > Math.max(one.size, other.size) ? "nearly" : "differs";
  }

  function shuffled(list) {
    const order = [...list];
    for (let last = order.length - 1; last > 0; last -= 1) {
      const other = Math.floor(Math.random() * (last + 1));
      [order[last], order[other]] = [order[other], order[last]];
    }
    return order;
  }

  function hints(card) {
    const letters = [...card.answer].slice(0, [...card.answer].length > 4 ? 2 : 1).join("");
    const section = card.section.split(" > ").pop();
    const lettersHint = [labels.hint_letters.replace("{letters}", `${letters}…`)];
    return section ? [labels.hint_section.replace("{section}", section), ...lettersHint] : lettersHint;
  }

  // The passage with the answer's words marked.
  function passage(card) {
    const quote = element("blockquote", "tenkyo-passage-quote");
    quote.lang = card.language;
    const at = card.evidence.indexOf(card.answer);
    if (at < 0) quote.append(card.evidence);
    else {
      const end = at + card.answer.length;
      quote.append(card.evidence.slice(0, at), element("mark", "", card.answer), card.evidence.slice(end));
    }
    const page = card.page ? labels.page.replace("{page}", card.page) : "";
    const link = element("a", "tenkyo-open-source", [card.document_title, card.section, page].filter(Boolean).join(" · "));
    link.href = new URL(card.address, root);
    link.target = "_blank";
    const shown = element("div");
    shown.append(quote, link);
    return shown;
  }

  function show() {
    const card = cards[place];
    const left = hints(card);
    const form = element("form", "tenkyo-word");
    const field = element("input", "tenkyo-search");
    field.autocomplete = "off";
    field.setAttribute("aria-label", labels.your_answer);
    field.placeholder = labels.your_answer;
    const check = element("button", "tenkyo-tool tenkyo-main-act", labels.check);
    const given = element("div", "tenkyo-hints");
    given.setAttribute("role", "status");
    const hint = button("tenkyo-tool", labels.hint, () => {
      given.append(element("p", "tenkyo-note", left.shift()));
      hint.hidden = !left.length;
    });
    const result = element("div", "tenkyo-result");
    result.setAttribute("role", "status");
    form.append(field, check, hint);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const grade = verdict(field.value, card.answer);
      const graded = grade ? [element("p", `tenkyo-verdict is-${grade}`, labels[grade])] : [];
      result.replaceChildren(...graded, element("p", "", labels.in_document.replace("{answer}", card.answer)), passage(card));
      hint.hidden = true;
      check.classList.remove("tenkyo-main-act");
      next.classList.add("tenkyo-main-act");
    });
    const foot = element("div", "tenkyo-dialog-foot");
    const next = button("tenkyo-tool", labels.next_card, () => {
      place = (place + 1) % cards.length;
      show();
    });
    foot.append(next, button("tenkyo-tool", labels.anki, save));
    const count = labels.card_of.replace("{number}", place + 1).replace("{count}", cards.length);
    const question = element("p", "tenkyo-card-question", card.question);
    question.lang = card.language;
    body.replaceChildren(element("p", "tenkyo-note", count), question, form, given, result, foot);
    field.focus();
  }

  function cell(text) {
    return `"${text.replaceAll('"', '""')}"`;
  }

  function save() {
    const rows = cards.map((card) => {
      const page = card.page ? labels.page.replace("{page}", card.page) : "";
      const source = [card.document_title, card.section, page].filter(Boolean).join(" · ");
      return [card.question, `${card.answer}\n\n${card.evidence}`, source].map(cell).join(",");
    });
    const head = ["#separator:Comma", "#html:false", "#columns:Front,Back,Source"];
    window.tenkyoTools.save(new Blob([`${[...head, ...rows].join("\n")}\n`], { type: "text/csv" }), "tenkyo-cards.csv");
  }

  async function open() {
    body.replaceChildren();
    openDialog();
    try {
      const response = await fetch(new URL("api/study", root), { credentials: "omit" });
      if (!response.ok) throw new Error(String(response.status));
      cards = shuffled((await response.json()).cards);
      place = 0;
      if (cards.length) show();
      else body.replaceChildren(element("p", "", labels.no_cards));
    } catch (error) {
      console.warn(error);
      body.replaceChildren(element("p", "", labels.failed));
    }
  }

  window.tenkyoTools.add(labels.study, open);
  window.tenkyoStudy = { verdict };
})();
