// The widget's page: asks, and shows the answer as the server's HTML. All other text is set by textContent.
(() => {
  "use strict";
  const { labels, limits, element, button } = window.tenkyoPage;
  const { events, failure, unreachable, tab, notice } = window.tenkyoRequests;
  const log = document.getElementById("log");
  const form = document.getElementById("form");
  const box = document.getElementById("question");
  const send = document.getElementById("send");
  const only = form.dataset.document; // the only document to search, if the course page names one
  // For the tab's storage, if the browser allows it. A launch brings an id of its user for today, so the next user of the
  // same tab does not see these turns.
  const PERSON = form.dataset.tab || "";
  const KEPT = `tenkyo-widget ${PERSON} ${form.dataset.course || ""} ${only || ""}`;
  const MOST_KEPT = 40; // turns, and characters of their HTML
  const MOST_LETTERS = 400_000;
  let asking = null; // the AbortController of the running question
  const waiting = []; // functions that ask the waiting questions
  let turns = []; // of this tab, oldest first: {question, answer} as context of a follow-up, and html to show
  // the origin of the page that embeds us, if widget.js made the frame ("null" for a file)
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

  // The server makes an answer's HTML, as for the chat page, and escapes all text of the documents.
  const policy = window.trustedTypes?.createPolicy("tenkyo", { createHTML: (html) => html });

  function showAnswer(reply, html) {
    const markup = document.createElement("template");
    markup.innerHTML = policy ? policy.createHTML(html) : html;
    for (const link of markup.content.querySelectorAll("a")) link.target = "_blank"; // _blank implies rel="noopener"
    reply.className = "reply tenkyo-reply";
    reply.replaceChildren(markup.content);
  }

  // The tab's storage keeps the conversation across the pages of a course; without it, it lasts as long as the page.
  function keep() {
    const length = () => turns.reduce((sum, turn) => sum + turn.html.length, 0);
    while (turns.length > MOST_KEPT || length() > MOST_LETTERS) turns.shift();
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(turns));
    } catch {
      // storage is not allowed in this frame, or is full
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

  // The earlier turns within the server's limits, oldest first.
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

  // Shows a question; the last one can be put back into the box and asked again.
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

  // Shows why a question got no answer, with a button to ask it again.
  function showError(reply, question, reason) {
    const send = () => {
      if (asking) return;
      reply.remove();
      ask(question, true);
    };
    reply.className = "note";
    reply.replaceChildren(reason.code === "no_such_document" ? lost() : notice(reason, send));
  }

  // The course page's document may have been removed: asking again does not help.
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

  // Scrolls a short answer into view, a long one to its start, or to its question if that is short.
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
      old.remove(); // only the last answer shows suggestions
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

  // A frame with only sandbox="allow-scripts" has no origin, and its requests are not sent.
  function isAlone() {
    return self.origin === "null";
  }

  function fit() {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 120)}px`;
  }

  // Called by key and click, because a sandbox without allow-forms drops the form's "submit" event.
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
  // If this frame may not open tabs, the source opens over the answer, which stays unchanged.
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

  // Opens the source in a new tab.
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
      event.stopImmediatePropagation(); // what is under the source stays open
      back.click();
    },
    true,
  );
  restore();
  if (isAlone()) showError(say("note", ""), "", { code: "alone" });

  // Applies the course page's texts and colour. They come from its widget.js only: anyone could write an address.
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
