// Exports the conversation as Markdown, Word or JSON, its cited works alone, or on paper. window.tenkyoExport: sentencesOf
// (an answer's sentences with their citation numbers).
(() => {
  "use strict";
  const { labels, language, element, button } = window.tenkyoPage;
  const { tenkyoChat: chat, tenkyoRequests: requests, tenkyoTools: tools } = window;
  const { dialog, body, open } = tools.dialog("export", labels.export_title);
  const FORMATS = { markdown: "Markdown", docx: "Word (.docx)", json: "JSON", bibtex: "BibTeX", ris: "RIS" };
  const OF_WORKS = ["bibtex", "ris"];

  function sentencesOf(turn) {
    const { answer } = turn;
    if (!answer) return [{ text: turn.element?.querySelector(".tenkyo-reply")?.innerText || "" }];
    if (answer.abstained || !answer.sentences.length) return [{ text: answer.text }];
    return answer.sentences.map(({ text, citations }) => ({ text, citations }));
  }

  // The rows of the answer's tables: citation number → {cells, columns}.
  function rowsOf(turn) {
    const rows = new Map();
    for (const row of turn.element?.querySelectorAll(".tenkyo-table tbody tr") || []) {
      const cells = [...row.cells].map((cell) => {
        const words = cell.cloneNode(true);
        for (const cite of words.querySelectorAll(".tenkyo-cite")) cite.remove();
        return words.textContent.trim();
      });
      const columns = [...row.closest("table").querySelectorAll("th")].map((head) => head.textContent);
      const number = Number(row.querySelector(".tenkyo-cite")?.textContent.slice(1, -1));
      rows.set(number, { cells, columns });
    }
    return rows;
  }

  // A turn for the server: only the fields that an export uses.
  function trimmed(turn) {
    const citations = (turn.answer?.citations || []).map((citation) => ({
      number: citation.number,
      document_id: citation.document_id,
      document_title: citation.document_title,
      quote: citation.quote,
      section: citation.section || "",
      page: citation.page ?? null,
      reference: citation.reference ?? null,
      cites: (citation.cites || []).filter((work) => work.number).map(({ listed_in, number }) => ({ listed_in, number })),
    }));
    const rows = rowsOf(turn);
    const heads = new Set([...rows.values()].map(({ columns }) => columns.join(" | ")));
    const sentences = sentencesOf(turn).map((sentence) => {
      // a caption's text repeats the column names on a line: left out, because the table has them
      const text = sentence.text.split("\n").filter((line) => !heads.has(line.replaceAll("\t", " | "))).join("\n");
      const row = sentence.citations?.length === 1 && rows.get(sentence.citations[0]);
      return row ? { ...sentence, ...row } : { ...sentence, text };
    });
    return { question: turn.question, asked: turn.asked || "", sentences, citations };
  }

  function answered() {
    return chat.turns.filter((turn) => turn.html);
  }

  async function take(format) {
    const turns = answered().map(trimmed);
    const asked = { format, style: style.value, language, name: turns[0]?.question || "", turns };
    try {
      if (!turns.length) {
        said.textContent = labels.nothing_yet;
        return;
      }
      const response = await requests.post("api/export", asked);
      const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition"))[1];
      tools.save(await response.blob(), name);
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
    (OF_WORKS.includes(format) ? works : whole).append(button("tenkyo-tool", text, () => take(format)));
  }
  whole.append(
    button("tenkyo-tool", labels.print, () => {
      dialog.close();
      print();
    }),
  );
  body.append(styled, element("h3", "", labels.conversation_file), whole, element("h3", "", labels.works_file), works, said);
  tools.add(labels.export, () => {
    said.textContent = "";
    open();
  });
  window.tenkyoExport = { sentencesOf };

  // Folded parts are opened for printing, except the switch that hides composed sentences.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("#tenkyo-log .tenkyo-fold:not([open], .tenkyo-quotes-only)")];
    for (const fold of folded) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of folded) fold.open = false;
  });
})();
