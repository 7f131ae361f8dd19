// The widget's page: asks /api/ask, shows the sentences as they come. Everything shown goes through textContent.
(() => {
  "use strict";
  const language = document.documentElement.lang;
  const labels = window.tenkyoLabels[language] || window.tenkyoLabels.en;
  const log = document.getElementById("log");
  const form = document.getElementById("form");
  const box = document.getElementById("question");
  const send = document.getElementById("send");
  const tabAddress = new URL("api/tab", document.baseURI);
  let asking = false;
  const turns = []; // of this page, oldest first: what a follow-up leans on
  window.tenkyoTab(tabAddress);

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function say(className, text) {
    const made = element("div", className, text);
    log.append(made);
    made.scrollIntoView({ block: "end" });
    return made;
  }

  function source(citation, className, text) {
    const link = element("a", className, text);
    const query = new URLSearchParams({ passage: citation.passage_id });
    if (citation.quote_start !== undefined) {
      query.set("quote_start", citation.quote_start);
      query.set("quote_end", citation.quote_end);
    }
    const hash = encodeURIComponent(citation.passage_id);
    link.href = `documents/${encodeURIComponent(citation.document_id)}?${query}#${hash}`;
    link.target = "_blank";
    link.rel = "noopener";
    return link;
  }

  function notes(answer) {
    return (answer.notes || []).map((note) => element("p", "label", note));
  }

  // The sentence with the words that answer set off, where a citation that it quotes marks them. Offsets count code
  // points, as Python does.
  function marked(sentence, cited) {
    const one = sentence.citations.map((number) => cited.get(number)).find((found) => found && found.span !== null);
    if (!one || one.quote !== sentence.text) return [sentence.text];
    const letters = Array.from(sentence.text);
    const start = one.span_start - one.quote_start;
    const end = one.span_end - one.quote_start;
    return [letters.slice(0, start).join(""), element("strong", "", one.span), letters.slice(end).join("")];
  }

  // Whose words a citation quotes, where that is known.
  function origin(citation, words) {
    const label = (words[citation.origin] || "").replace("{number}", citation.reference ?? "");
    return label ? [element("span", "origin", label)] : [];
  }

  function outLink(url) {
    const out = element("a", "out", " ↗");
    out.href = url;
    out.target = "_blank";
    out.rel = "noopener noreferrer";
    out.setAttribute("aria-label", url);
    return out;
  }

  // What a quote cites: each entry, the state of the work's text where it is not there whole, the nearest passage.
  function citedWorks(citation, given, words) {
    const list = element("ul", "cites");
    for (const work of citation.cites || []) {
      if (given.has(work.entry_passage_id)) continue;
      const item = element("li");
      const entry = `${work.number}. ${work.entry}`;
      const place = { document_id: work.entry_document_id, passage_id: work.entry_passage_id };
      item.append(`${words.cites}${work.certain ? "" : ` (${words.one_of})`}: `);
      item.append(work.entry_passage_id ? source(place, "entry", entry) : entry);
      if (/^https?:\/\//.test(work.url || "")) item.append(outLink(work.url));
      if (work.state !== "fetched") item.append(` (${words[`state:${work.state}`] || work.state})`);
      if (work.passage) {
        item.append(element("br"), `${words.nearest}: `, source(work.passage, "nearest", work.passage.quote));
      }
      list.append(item);
    }
    return list.children.length ? [list] : [];
  }

  // The question as it was understood, where something was taken over from the turns before.
  function understood(answer, words) {
    if (!answer.standalone || answer.standalone === answer.question) return [];
    return [element("p", "label", words.understood.replace("{question}", () => answer.standalone))];
  }

  // Where a passage stands: document, whose words it is, section, page.
  function place(citation, words) {
    const page = citation.page ? words.page.replace("{page}", citation.page) : "";
    const parts = [citation.section, page].filter(Boolean).join(" · ");
    return [...origin(citation, words), element("span", "", parts ? ` ${parts}` : "")];
  }

  // Passages that are near and no answer: what each says, shortened, and where it stands.
  function nearPassages(answer, words) {
    if (!answer.near?.length) return [];
    const list = element("ul", "near");
    for (const one of answer.near) {
      const letters = Array.from(one.quote.replace(/\s+/g, " "));
      const quote = letters.length > 120 ? `${letters.slice(0, 119).join("")}…` : letters.join("");
      const item = element("li");
      item.append(source(one, "", one.document_title), ...place(one, words), element("p", "", quote));
      list.append(item);
    }
    return [element("p", "label", words.near), list];
  }

  // Questions that can be asked next, until the next one is.
  function suggestions(answer, words) {
    if (!answer.suggestions?.length) return [];
    const group = element("div", "suggestions");
    group.append(element("p", "label", words.suggestions));
    for (const question of answer.suggestions) {
      const button = element("button", "suggestion", question);
      button.type = "button";
      button.addEventListener("click", () => ask(question));
      group.append(button);
    }
    return [group];
  }

  // The server counts 10 turns and 8,000 characters; what is older is not sent.
  function remember(answer) {
    turns.push({ question: answer.question, answer: answer.abstained ? "" : answer.text });
    const length = () => turns.reduce((sum, one) => sum + one.question.length + one.answer.length, 0);
    while (turns.length > 10 || length() > 8000) turns.shift();
  }

  function showAnswer(reply, answer) {
    const words = window.tenkyoLabels[answer.language] || labels;
    reply.replaceChildren(...understood(answer, words));
    if (answer.abstained || !answer.sentences.length) {
      reply.className = "absent";
      const [said, ...searched] = answer.text.split("\n");
      reply.append(element("p", "", said), ...searched.map((line) => element("p", "label", line)));
      reply.append(...nearPassages(answer, words), ...notes(answer), ...suggestions(answer, words));
      return;
    }
    const cited = new Map(answer.citations.map((one) => [one.number, one]));
    for (const sentence of answer.sentences) {
      const line = element("p");
      line.append(...marked(sentence, cited));
      for (const number of sentence.citations) {
        if (cited.has(number)) line.append(source(cited.get(number), "cite", `[${number}]`));
      }
      if (cited.has(sentence.citations[0])) line.append(...origin(cited.get(sentence.citations[0]), words));
      reply.append(line);
    }
    const given = new Set(answer.citations.map((one) => one.passage_id));
    const list = element("ul", "sources");
    for (const one of answer.citations) {
      const item = element("li");
      item.append(source(one, "", `[${one.number}] ${one.document_title}`), ...place(one, words));
      if (/^https?:\/\//.test(one.url || "")) item.append(outLink(one.url));
      item.append(...citedWorks(one, given, words));
      list.append(item);
    }
    reply.append(element("p", "label", words.sources), list, ...notes(answer), ...suggestions(answer, words));
  }

  // The question that got no answer, with the reason and a button that asks it again.
  function showError(reply, question, failure) {
    const send = () => {
      if (asking) return;
      reply.remove();
      ask(question, true);
    };
    reply.className = "note";
    reply.replaceChildren(window.tenkyoAgain({ labels, failure, limit: box.maxLength, send }));
  }

  function handle(reply, question, name, data) {
    if (name === "sentence") {
      if (reply.className === "note") {
        reply.className = "answer";
        reply.replaceChildren();
      }
      reply.append(element("p", "", data.text));
    } else if (name === "answer") {
      reply.className = "answer";
      showAnswer(reply, data);
      remember(data);
    } else if (name === "error") {
      showError(reply, question, data.error);
    }
    reply.scrollIntoView({ block: "nearest" });
  }

  // server-sent events of a POST: "event: NAME\ndata: JSON\n\n"; lines with a colon first are comments
  async function readEvents(response, reply, question) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let done = false;
    for (;;) {
      const part = await reader.read();
      if (part.done) break;
      rest += part.value;
      const events = rest.split("\n\n");
      rest = events.pop();
      for (const event of events) {
        const name = /^event: (.*)$/m.exec(event);
        const data = /^data: (.*)$/m.exec(event);
        if (!name || !data) continue;
        done = done || name[1] === "answer" || name[1] === "error";
        handle(reply, question, name[1], JSON.parse(data[1]));
      }
    }
    if (!done) showError(reply, question, window.tenkyoUnreachable);
  }

  async function ask(question, again = false) {
    if (asking || !question.trim()) return;
    asking = true;
    send.disabled = true;
    for (const old of document.querySelectorAll("#examples, .suggestions")) old.remove();
    if (!again) say("question", question.trim());
    const reply = say("note", labels.searching);
    log.setAttribute("aria-busy", "true");
    try {
      const response = await fetch("api/ask", {
        method: "POST",
        credentials: "omit",
        headers: {
          "Content-Type": "application/json",
          Accept: "text/event-stream",
          "X-Tenkyo-Tab": await window.tenkyoTab(tabAddress),
        },
        body: JSON.stringify({ question, history: turns }),
      });
      if (response.ok) await readEvents(response, reply, question);
      else showError(reply, question, await window.tenkyoFailure(response));
    } catch {
      showError(reply, question, window.tenkyoUnreachable);
    }
    log.removeAttribute("aria-busy");
    asking = false;
    send.disabled = false;
  }

  function fit() {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 120)}px`;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (asking || !box.value.trim()) return;
    const question = box.value;
    box.value = "";
    fit();
    ask(question);
    box.focus();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    form.requestSubmit();
  });
  box.addEventListener("input", fit);
  document.getElementById("examples").addEventListener("click", (event) => {
    if (event.target.tagName === "BUTTON") ask(event.target.textContent);
  });

  // inside a page that embeds the widget through widget.js, which names that page's origin ("null" for a file)
  const embedder = new URLSearchParams(location.search).get("embedded");
  if (embedder && window.parent !== window) {
    const tell = (word) => window.parent.postMessage({ tenkyo: word }, embedder === "null" ? "*" : embedder);
    const button = document.getElementById("close");
    button.hidden = false;
    button.addEventListener("click", () => tell("close"));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) tell("close");
    });
    window.addEventListener("message", (event) => {
      if (event.source !== window.parent || event.origin !== embedder) return;
      if (event.data && event.data.tenkyo === "focus") box.focus();
    });
    tell("ready");
  }
})();
