// Buttons of an answer: copy it with its citations; thumbs up or down with an optional comment, if turned on.
(() => {
  "use strict";
  const { labels, element, button, icon } = window.tenkyoPage;
  const { tenkyoChat: chat, tenkyoRequests: requests } = window;
  const PAGES = "M9 9h11v12H9zM5 15H4V3h11v2";
  const THUMB = "M7 10v11H3V10zM7 10l4-8a3 3 0 0 1 3 3v4h5a2 2 0 0 1 2 2.3l-1.4 8A2 2 0 0 1 17.6 21H7";

  function textOf(turn) {
    const lines = window.tenkyoExport.sentencesOf(turn).map(({ text, citations }) => text + (citations || []).map((citation) => `[${citation}]`).join(""));
    const sources = (turn.answer?.citations || []).map((citation) => {
      const page = citation.page ? labels.page.replace("{page}", citation.page) : "";
      return `[${citation.number}] ${[citation.document_title, citation.section, page].filter(Boolean).join(" · ")}`;
    });
    return [turn.question, "", ...lines, ...(sources.length ? ["", labels.sources, ...sources] : [])].join("\n");
  }

  async function copy(turn) {
    const text = textOf(turn);
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = element("textarea"); // without HTTPS, only this way reaches the clipboard
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    chat.say(labels.copied);
  }

  function copier(turn) {
    const press = button("tenkyo-tool tenkyo-copy", labels.copy, () => copy(turn));
    press.prepend(icon(PAGES));
    return press;
  }

  function thumb(turn, row, rating, label) {
    const press = button("tenkyo-tool", "", () => askForWord(turn, row, rating), label);
    press.classList.add(`is-${rating}`);
    press.append(icon(THUMB));
    return press;
  }

  function askForWord(turn, row, rating) {
    row.querySelector("form")?.remove();
    const form = element("form", "tenkyo-word");
    const field = element("input", "tenkyo-search");
    field.maxLength = 300;
    field.placeholder = labels.word;
    field.setAttribute("aria-label", labels.word);
    const give = element("button", "tenkyo-tool", labels.give);
    form.append(field, give);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const { answer } = turn;
      const documents = [...new Set((answer?.citations || []).map((citation) => citation.document_id))].slice(0, 20);
      const rated = { rating, word: field.value, question: turn.question, documents };
      if (answer) Object.assign(rated, { intent: answer.intent, confidence: answer.confidence_label });
      try {
        await requests.post("api/feedback", rated);
        row.replaceChildren(element("span", "tenkyo-note", labels.thanks));
      } catch (error) {
        console.warn(error);
        chat.say(labels.failed);
      }
    });
    row.append(form);
    field.focus();
  }

  function decorate(turn) {
    if (!turn.element || !turn.html || turn.element.querySelector(".tenkyo-acts")) return;
    const row = element("div", "tenkyo-acts");
    const isCited = turn.element.querySelector(".tenkyo-cite");
    if (isCited) row.append(copier(turn));
    if (window.tenkyoServer.feedback) row.append(thumb(turn, row, "up", labels.good), thumb(turn, row, "down", labels.bad));
    if (!row.childElementCount) return; // small talk, or no answer found: nothing to copy
    const asksNext = turn.element.querySelector(".tenkyo-label:has(+ .tenkyo-suggestions)");
    if (asksNext) asksNext.before(row);
    else turn.element.append(row);
  }

  document.addEventListener("tenkyo:turn", (event) => decorate(event.detail));
  document.addEventListener("tenkyo:shown", () => chat.turns.forEach(decorate));
  chat.turns.forEach(decorate);
})();
