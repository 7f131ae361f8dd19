// The widget's page: asks, and shows the answer that the server has made markup of. All else goes through textContent.
(() => {
  "use strict";
  const { labels, limits, element, button } = window.tenkyoPage;
  const { events, failure, unreachable, tab, notice } = window.tenkyoRequests;
  const log = document.getElementById("log");
  const form = document.getElementById("form");
  const box = document.getElementById("question");
  const send = document.getElementById("send");
  const only = form.dataset.document; // the document that is asked, where the course page names one
  // In the storage of this tab, where the browser allows one. A launch brings an id of today's person: whoever comes after
  // her in the same tab finds nothing.
  const PERSON = form.dataset.tab || "";
  const KEPT = `tenkyo-widget ${PERSON} ${form.dataset.course || ""} ${only || ""}`;
  const MOST_KEPT = 40; // turns, and letters of what is shown of them
  const MOST_LETTERS = 400_000;
  let asking = null; // what stops the question that is being answered
  const waiting = []; // how to ask each question that waits for the one before
  let turns = []; // of this tab, oldest first: {question, answer} is what a follow-up leans on, html what is shown
  // inside a page that embeds the widget through widget.js, which names that page's origin ("null" for a file)
  const embedder = window.parent === window ? null : new URLSearchParams(location.search).get("embedded");

  function tell(message) {
    if (embedder) window.parent.postMessage(message, embedder === "null" ? "*" : embedder);
  }

  function say(className, text) {
    const line = element("div", className, text);
    log.append(line);
    line.scrollIntoView({ block: "end" });
    return line;
  }

  // The server makes an answer's markup, for the chat page and for this one, and escapes every word of the documents.
  const policy = window.trustedTypes?.createPolicy("tenkyo", { createHTML: (html) => html });

  function showAnswer(reply, html) {
    const markup = document.createElement("template");
    markup.innerHTML = policy ? policy.createHTML(html) : html;
    for (const link of markup.content.querySelectorAll("a")) link.target = "_blank"; // which implies rel="noopener"
    reply.className = "reply tenkyo-reply";
    reply.replaceChildren(markup.content);
  }

  // The tab's storage keeps the conversation over the pages of a course; without one it lasts as long as the page.
  function keep() {
    const length = () => turns.reduce((sum, turn) => sum + turn.html.length, 0);
    while (turns.length > MOST_KEPT || length() > MOST_LETTERS) turns.shift();
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(turns));
    } catch {
      // no storage in this frame, or it is full
    }
  }

  function forgetOthers() {
    for (const key of Object.keys(sessionStorage)) {
      const [, person] = /^tenkyo-widget (\S+) /.exec(key) || [];
      if (person && person !== PERSON) sessionStorage.removeItem(key);
    }
  }

  function restore() {
    try {
      if (PERSON) forgetOthers();
      turns = JSON.parse(sessionStorage.getItem(KEPT)) || [];
    } catch {
      turns = [];
    }
    for (const turn of turns) {
      pose(turn.question);
      showAnswer(say("reply", ""), turn.html);
    }
    if (turns.length) document.getElementById("examples")?.remove();
    [...log.querySelectorAll(".question")].at(-1)?.scrollIntoView();
    renew();
  }

  // What the server counts of the earlier turns.
  function history() {
    const counted = [];
    let left = limits.characters;
    for (const { question, answer } of turns.slice(-limits.turns).reverse()) {
      left -= question.length + answer.length;
      if (left < 0) break;
      counted.unshift({ question, answer });
    }
    return counted;
  }

  // A question as it was asked; the last one can be put back into the box and asked anew.
  function pose(question) {
    const asked = say("question", question);
    const again = () => {
      if (asking) return;
      while (asked.nextSibling) asked.nextSibling.remove();
      asked.remove();
      if (turns.at(-1)?.question === question) turns.pop();
      keep();
      box.value = question;
      fit();
      box.focus();
    };
    const edit = button("edit", "", again, labels.edit);
    asked.append(edit);
  }

  function renew() {
    document.getElementById("new").hidden = !turns.length;
  }

  // The question that got no answer, with the reason and a button that asks it again.
  function showError(reply, question, reason) {
    const send = () => {
      if (asking) return;
      reply.remove();
      ask(question, true);
    };
    reply.className = "note";
    reply.replaceChildren(reason.code === "no_such_document" ? lost() : notice(reason, send));
  }

  // The one document that the course page names may be gone: asking again does not help.
  function lost() {
    const shown = element("p", "tenkyo-again", labels.no_document);
    shown.setAttribute("role", "alert");
    return shown;
  }

  function handle(reply, question, name, data) {
    if (name === "answer") {
      showAnswer(reply, data.html);
      turns.push({ ...data.turn, html: data.html });
      keep();
      renew();
      tell({ tenkyo: "answered", question: data.turn.question, found: data.found, citations: data.citations });
    } else if (name === "checking") {
      showAnswer(reply, data.html); // the composed sentences that have passed their check so far
      reply.append(element("p", "note", labels.checking));
    } else if (name === "error") {
      showError(reply, question, data.error);
    }
    toStart(reply);
  }

  // A long answer is read from its start, with its question over it unless that would fill the view.
  function toStart(reply) {
    const question = reply.previousElementSibling;
    const isShort = question && question.offsetHeight < log.clientHeight / 4;
    const fits = reply.offsetHeight + (isShort ? question.offsetHeight : 0) <= log.clientHeight;
    (isShort && !fits ? question : reply).scrollIntoView({ block: fits ? "nearest" : "start" });
  }

  async function readEvents(response, reply, question) {
    let done = false;
    for await (const { name, data } of events(response.body)) {
      done = done || name === "answer" || name === "error";
      handle(reply, question, name, data);
    }
    if (!done) showError(reply, question, unreachable);
  }

  async function ask(question, again = false) {
    if (!question.trim()) return;
    if (asking) {
      const shown = [say("question", question.trim()), say("note", labels.waiting)];
      waiting.push(() => {
        for (const line of shown) line.remove();
        ask(question);
      });
      return;
    }
    asking = new AbortController();
    send.classList.add("is-stop");
    send.setAttribute("aria-label", labels.stop);
    for (const old of log.querySelectorAll("#examples, .tenkyo-suggestions, .tenkyo-label:has(+ .tenkyo-suggestions)")) {
      old.remove(); // what to ask next is shown for the last answer alone
    }
    for (const old of log.querySelectorAll(".edit")) old.remove();
    if (!again) pose(question.trim());
    const reply = say("note", labels.searching);
    log.setAttribute("aria-busy", "true");
    try {
      const response = await fetch("widget/ask", {
        method: "POST",
        credentials: "omit",
        signal: asking.signal,
        headers: {
          "Content-Type": "application/json",
          Accept: "text/event-stream",
          "X-Tenkyo-Tab": form.dataset.tab || (await tab()), // a launch brings its own
        },
        body: JSON.stringify({ question, history: history(), documents: only ? [only] : [] }),
      });
      if (response.ok) await readEvents(response, reply, question);
      else showError(reply, question, await failure(response));
    } catch {
      if (asking.signal.aborted) reply.textContent = labels.stopped;
      else showError(reply, question, isAlone() ? { code: "alone" } : unreachable);
    }
    log.removeAttribute("aria-busy");
    asking = null;
    send.classList.remove("is-stop");
    send.setAttribute("aria-label", labels.send);
    waiting.shift()?.();
  }

  // A frame with sandbox="allow-scripts" alone has no origin, and nothing that it asks for is sent.
  function isAlone() {
    return self.origin === "null";
  }

  function fit() {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 120)}px`;
  }

  // By key and click, as a sandbox without allow-forms drops the form's own "submit".
  function submit(byButton) {
    const stops = asking && (byButton || !box.value.trim()); // the button stops, Enter asks one more
    if (stops) asking.abort();
    if (stops || !box.value.trim()) return;
    const question = box.value;
    box.value = "";
    fit();
    ask(question);
    box.focus();
  }

  send.addEventListener("click", () => submit(true));
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit(false);
  });
  box.addEventListener("input", fit);
  log.addEventListener("click", (event) => {
    if (event.target.matches("#examples button, .tenkyo-suggestion")) ask(event.target.textContent);
  });
  document.getElementById("new").addEventListener("click", () => {
    asking?.abort();
    turns = [];
    keep();
    location.reload();
  });
  // Where this frame may open no tab the source opens over the answer, which stays as it is below.
  function openOver(link) {
    const over = element("div", "source-frame");
    const back = button("", labels.back, () => {
      over.remove();
      link.focus();
    });
    const source = element("iframe");
    source.title = labels.source;
    source.src = link.href;
    over.append(back, source);
    document.body.append(over);
    back.focus();
  }

  // The source opens in a tab of its own.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".tenkyo-open");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const opened = window.open(link.href, "_blank");
    if (opened) opened.opener = null;
    else openOver(link);
  });
  window.addEventListener(
    "keydown",
    (event) => {
      const back = document.querySelector(".source-frame button");
      if (!back || event.key !== "Escape") return;
      event.stopImmediatePropagation(); // what lies under it stays open
      back.click();
    },
    true,
  );
  restore();
  if (isAlone()) showError(say("note", ""), "", { code: "alone" });

  // What the course page wants: words and a colour, from its widget.js alone, as an address could be anybody's.
  function apply({ title, greeting, starters = "", color, onColor }) {
    if (title) document.querySelector("h1").textContent = title;
    if (greeting) document.querySelector(".tagline").textContent = greeting;
    if (color) {
      document.documentElement.style.setProperty("--send", color);
      document.documentElement.style.setProperty("--on-send", onColor);
    }
    const wanted = starters.split("|").filter((text) => text.trim()).slice(0, 4);
    const examples = document.getElementById("examples");
    if (!wanted.length || !examples) return;
    examples.replaceChildren(
      ...wanted.map((text) => {
        const item = element("li");
        item.append(button("", text.trim(), () => {}));
        return item;
      }),
    );
  }

  if (embedder) {
    const close = document.getElementById("close");
    close.hidden = false;
    close.addEventListener("click", () => tell({ tenkyo: "close" }));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) tell({ tenkyo: "close" });
    });
    window.addEventListener("message", (event) => {
      if (event.source !== window.parent || event.origin !== embedder || !event.data) return;
      if (event.data.tenkyo === "focus") {
        box.focus();
        performance.mark("tenkyo-input"); // from now on a question can be typed
      }
      if (event.data.tenkyo === "options") apply(event.data);
      if (event.data.tenkyo === "ask") ask(String(event.data.question)); // too long: refused, not cut
    });
    tell({ tenkyo: "ready" });
  }
})();
