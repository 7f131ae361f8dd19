// What can be done with an answer and a conversation: copy, export as a file, print; thumbs where they are wanted.
(() => {
  "use strict";
  const { tenkyo, tenkyoServer: server } = window;
  const { labels } = tenkyo;
  const { dialog, body, button, element } = window.tenkyoDialog("takeaway", labels.take_away_title);
  const FORMATS = { markdown: "Markdown", docx: "Word (.docx)", json: "JSON", bibtex: "BibTeX", ris: "RIS" };
  const OF_WORKS = ["bibtex", "ris"];

  function sentencesOf(turn) {
    const { answer } = turn;
    if (!answer) return [{ text: turn.element?.querySelector(".tenkyo-reply")?.innerText || "" }];
    if (answer.abstained || !answer.sentences.length) return [{ text: answer.text }];
    return answer.sentences.map(({ text, citations }) => ({ text, citations }));
  }

  // A turn as the server takes it: only what a file shows.
  function trimmed(turn) {
    const citations = (turn.answer?.citations || []).map((one) => ({
      number: one.number,
      document_id: one.document_id,
      document_title: one.document_title,
      quote: one.quote,
      section: one.section || "",
      page: one.page ?? null,
      reference: one.reference ?? null,
      cites: (one.cites || []).filter((work) => work.number).map(({ listed_in, number }) => ({ listed_in, number })),
    }));
    return { question: turn.question, asked: turn.asked || "", sentences: sentencesOf(turn), citations };
  }

  function answered() {
    return tenkyo.turns.filter((turn) => turn.html);
  }

  async function send(path, value) {
    const headers = { "Content-Type": "application/json", "X-Tenkyo-Tab": await window.tenkyoTab("../api/tab") };
    const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(value), credentials: "omit" });
    if (!response.ok) throw new Error(String(response.status));
    return response;
  }

  async function take(format) {
    const turns = answered().map(trimmed);
    const told = { format, style: style.value, language: tenkyo.language, name: turns[0]?.question || "", turns };
    try {
      if (!turns.length) {
        said.textContent = labels.nothing_yet;
        return;
      }
      const response = await send("../api/export", told);
      const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition"))[1];
      window.tenkyoSave(await response.blob(), name);
      dialog.close();
    } catch (error) {
      console.warn(error);
      said.textContent = labels.not_made;
    }
  }

  const style = element("select", "tenkyo-tool");
  for (const [value, text] of [["sist02", "SIST 02"], ["apa", "APA 7"]]) style.append(new Option(text, value));
  const styled = element("label", "tenkyo-note", labels.style);
  styled.append(" ", style);
  const said = element("p", "tenkyo-note");
  said.setAttribute("role", "status");
  const whole = element("div", "tenkyo-choices");
  const works = element("div", "tenkyo-choices");
  for (const [format, text] of Object.entries(FORMATS)) {
    (OF_WORKS.includes(format) ? works : whole).append(button(text, () => take(format)));
  }
  whole.append(
    button(labels.print, () => {
      dialog.close();
      print();
    }),
  );
  body.append(styled, whole, element("p", "tenkyo-note", labels.works_file), works, said);
  window.tenkyoTool(labels.take_away, () => {
    said.textContent = "";
    dialog.showModal();
  });

  function textOf(turn) {
    const lines = sentencesOf(turn).map(({ text, citations }) => text + (citations || []).map((one) => `[${one}]`).join(""));
    const sources = (turn.answer?.citations || []).map((one) => {
      const page = one.page ? labels.page.replace("{page}", one.page) : "";
      return `[${one.number}] ${[one.document_title, one.section, page].filter(Boolean).join(" · ")}`;
    });
    return [turn.question, "", ...lines, ...(sources.length ? ["", labels.sources, ...sources] : [])].join("\n");
  }

  async function copy(turn) {
    const text = textOf(turn);
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = element("textarea"); // without HTTPS, the clipboard is reached in this way only
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    tenkyo.say(labels.copied);
  }

  // Drawn, as many systems have no font with such signs.
  function thumb(turn, row, rating, label) {
    const made = button("", () => askForWord(turn, row, rating));
    made.setAttribute("aria-label", label);
    made.title = label;
    const sign = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    sign.setAttribute("viewBox", "0 0 24 24");
    sign.setAttribute("class", `tenkyo-thumb is-${rating}`);
    sign.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", "M7 10v11H3V10zM7 10l4-8a3 3 0 0 1 3 3v4h5a2 2 0 0 1 2 2.3l-1.4 8A2 2 0 0 1 17.6 21H7");
    sign.append(path);
    made.append(sign);
    return made;
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
      const documents = [...new Set((answer?.citations || []).map((one) => one.document_id))].slice(0, 20);
      const told = { rating, word: field.value, question: turn.question, documents };
      if (answer) Object.assign(told, { intent: answer.intent, confidence: answer.confidence_label });
      try {
        await send("../api/feedback", told);
        row.replaceChildren(element("span", "tenkyo-note", labels.thanks));
      } catch (error) {
        console.warn(error);
        tenkyo.say(labels.failed);
      }
    });
    row.append(form);
    field.focus();
  }

  function decorate(turn) {
    if (!turn.element || !turn.html || turn.element.querySelector(".tenkyo-acts")) return;
    const row = element("div", "tenkyo-acts");
    row.append(button(labels.copy, () => copy(turn)));
    if (server?.feedback) row.append(thumb(turn, row, "up", labels.good), thumb(turn, row, "down", labels.bad));
    turn.element.append(row);
  }

  document.addEventListener("tenkyo:turn", (event) => decorate(event.detail));
  document.addEventListener("tenkyo:shown", () => tenkyo.turns.forEach(decorate));
  tenkyo.turns.forEach(decorate);
})();
