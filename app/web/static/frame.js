// The widget's page: asks, and shows the answer that the server has made markup of. All else goes through textContent.
(() => {
  "use strict";
  const language = document.documentElement.lang;
  const labels = window.tenkyoLabels[language] || window.tenkyoLabels.en;
  const log = document.getElementById("log");
  const form = document.getElementById("form");
  const box = document.getElementById("question");
  const send = document.getElementById("send");
  const tabAddress = new URL("api/tab", document.baseURI);
  const only = form.dataset.document; // the document that is asked, where the course page names one
  let asking = false;
  const turns = []; // of this page, oldest first: what a follow-up leans on
  // inside a page that embeds the widget through widget.js, which names that page's origin ("null" for a file)
  const embedder = window.parent === window ? null : new URLSearchParams(location.search).get("embedded");
  window.tenkyoTab(tabAddress);

  function tell(message) {
    if (embedder) window.parent.postMessage(message, embedder === "null" ? "*" : embedder);
  }

  function say(className, text) {
    const made = document.createElement("div");
    made.className = className;
    made.textContent = text;
    log.append(made);
    made.scrollIntoView({ block: "end" });
    return made;
  }

  // The server makes an answer's markup, for the chat page and for this one, and escapes every word of the documents.
  const policy = window.trustedTypes?.createPolicy("tenkyo", { createHTML: (html) => html });

  function showAnswer(reply, html) {
    const made = document.createElement("template");
    made.innerHTML = policy ? policy.createHTML(html) : html;
    for (const link of made.content.querySelectorAll("a")) link.target = "_blank"; // which implies rel="noopener"
    reply.className = "reply";
    reply.replaceChildren(made.content);
  }

  // The server counts 10 turns and 8,000 characters; what is older is not sent.
  function remember(turn) {
    turns.push(turn);
    const length = () => turns.reduce((sum, one) => sum + one.question.length + one.answer.length, 0);
    while (turns.length > 10 || length() > 8000) turns.shift();
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
    if (name === "answer") {
      showAnswer(reply, data.html);
      remember(data.turn);
      tell({ tenkyo: "answered", question: data.turn.question, found: data.found, citations: data.citations });
    } else if (name === "checking") {
      showAnswer(reply, data.html); // the composed sentences that have passed their check so far
      const note = document.createElement("p");
      note.className = "note";
      note.textContent = labels.checking;
      reply.append(note);
    } else if (name === "error") {
      showError(reply, question, data.error);
    }
    reply.scrollIntoView({ block: reply.offsetHeight > log.clientHeight ? "start" : "nearest" }); // read from its start
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
    for (const old of log.querySelectorAll("#examples, .tenkyo-suggestions, .tenkyo-label:has(+ .tenkyo-suggestions)")) {
      old.remove(); // what to ask next is shown for the last answer alone
    }
    if (!again) say("question", question.trim());
    const reply = say("note", labels.searching);
    log.setAttribute("aria-busy", "true");
    try {
      const response = await fetch("widget/ask", {
        method: "POST",
        credentials: "omit",
        headers: {
          "Content-Type": "application/json",
          Accept: "text/event-stream",
          "X-Tenkyo-Tab": form.dataset.tab || (await window.tenkyoTab(tabAddress)), // a launch brings its own
        },
        body: JSON.stringify({ question, history: turns, documents: only ? [only] : [] }),
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
  log.addEventListener("click", (event) => {
    if (event.target.matches("#examples button, .tenkyo-suggestion")) ask(event.target.textContent);
  });

  // What the course page wants: words and a colour, from its widget.js alone, as an address could be anybody's.
  function apply({ title, greeting, starters, color, onColor }) {
    if (title) document.querySelector("h1").textContent = title;
    if (greeting) document.querySelector(".tagline").textContent = greeting;
    if (color) {
      document.documentElement.style.setProperty("--send", color);
      document.documentElement.style.setProperty("--on-send", onColor);
    }
    const wanted = starters.filter((text) => text.trim()).slice(0, 4);
    const examples = document.getElementById("examples");
    if (!wanted.length || !examples) return;
    examples.replaceChildren(
      ...wanted.map((text) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = text.trim();
        item.append(button);
        return item;
      }),
    );
  }

  if (embedder) {
    const button = document.getElementById("close");
    button.hidden = false;
    button.addEventListener("click", () => tell({ tenkyo: "close" }));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) tell({ tenkyo: "close" });
    });
    window.addEventListener("message", (event) => {
      if (event.source !== window.parent || event.origin !== embedder || !event.data) return;
      if (event.data.tenkyo === "focus") box.focus();
      if (event.data.tenkyo === "options") apply(event.data);
      if (event.data.tenkyo === "ask") ask(String(event.data.question).slice(0, box.maxLength));
    });
    tell({ tenkyo: "ready" });
  }
})();
