// The conversation: questions and answers, one <article> a turn. Text typed while an answer arrives stays in the box, and
// a second question waits; a question can be stopped, edited and, if it failed, sent again.
// window.tenkyoChat: turns, show(turns), ask(question), say(text). Events on the document: "tenkyo:turn" (a turn has its
// answer), "tenkyo:version" (other turns are shown from a turn on), "tenkyo:shown" and "tenkyo:cleared".
(() => {
  "use strict";
  const { labels, element, button, icon } = window.tenkyoPage;
  const box = window.tenkyoBox;
  const main = document.getElementById("tenkyo-main");
  const log = document.getElementById("tenkyo-log");
  const start = document.getElementById("tenkyo-start");
  const status = document.getElementById("tenkyo-said");
  const filter = document.getElementById("tenkyo-filter");
  const PENCIL = "M4 20h4L19 9l-4-4L4 16zM13 7l4 4";
  // {id, question, html, answer, turn, versions, element}; html is null until the answer is whole
  const turns = [];
  const waiting = []; // questions that wait for the running one
  let running = null; // {turn, controller}
  let edited = null; // the turn whose question is in the box

  let quiet = 0;
  function say(text) {
    clearTimeout(quiet);
    status.textContent = text;
    if (text) quiet = setTimeout(say, 6000, "");
  }

  function tell(name, detail) {
    document.dispatchEvent(new CustomEvent(name, { detail }));
  }

  // Scrolls the question to the top of the view. It stays there while the answer grows: CSS makes the last turn at
  // least as high as the view.
  function toTop(article) {
    for (const former of log.querySelectorAll(".is-last")) former.classList.remove("is-last");
    turns.at(-1).element.classList.add("is-last");
    const top = article.getBoundingClientRect().top - main.getBoundingClientRect().top + main.scrollTop;
    main.scrollTo({ top, behavior: "instant" });
  }

  function languageOf(text) {
    if (/[\u3041-\u30ff]/.test(text)) return "ja";
    if (/[\uac00-\ud7a3]/.test(text)) return "ko";
    return /[\u3400-\u9fff]/.test(text) ? "" : "en"; // Han characters alone: only the answer shows the language
  }

  function article(question) {
    const turnArticle = element("article", "tenkyo-turn");
    const head = element("div", "tenkyo-asked");
    const words = element("h2", "tenkyo-question", question);
    words.lang = languageOf(question); // "" (unknown): as Japanese, Chinese would get wrong line breaks
    head.append(words);
    turnArticle.append(head, element("div", "tenkyo-reply"));
    log.append(turnArticle);
    start.hidden = true;
    document.getElementById("tenkyo-new").hidden = false;
    return turnArticle;
  }

  // Buttons of a question: edit it, and show its other versions.
  function acts(turn) {
    const head = turn.element.querySelector(".tenkyo-asked");
    head.querySelector(".tenkyo-question-acts")?.remove();
    const row = element("div", "tenkyo-question-acts");
    const edit = button("tenkyo-edit tenkyo-tool", "", () => beginEdit(turn), labels.edit);
    edit.append(icon(PENCIL));
    row.append(edit);
    if (turn.versions) row.append(stepper(turn));
    head.append(row);
  }

  function stepper(turn) {
    const { at, others } = turn.versions;
    const steps = element("div", "tenkyo-versions");
    steps.setAttribute("role", "group");
    steps.setAttribute("aria-label", labels.versions);
    const before = button("tenkyo-version-before tenkyo-tool", "‹", () => showVersion(turn, at - 1), labels.version_before);
    const after = button("tenkyo-version-after tenkyo-tool", "›", () => showVersion(turn, at + 1), labels.version_after);
    before.disabled = at === 0;
    after.disabled = at === others.length;
    const place = labels.of.replace("{number}", at + 1).replace("{count}", others.length + 1);
    steps.append(before, element("span", "", place), after);
    return steps;
  }

  // The answer's HTML is made by the server, which escapes all text of the documents.
  function fill(turn, html) {
    const reply = turn.element.querySelector(".tenkyo-reply");
    reply.innerHTML = html;
    const words = turn.element.querySelector(".tenkyo-question");
    if (!words.lang) words.lang = reply.querySelector(":scope > [lang]")?.lang || "";
  }

  function pending(turn, text, stop) {
    const line = element("p", "tenkyo-searching", text);
    line.append(button("tenkyo-stop tenkyo-tool", stop === "cancel" ? labels.cancel : labels.stop, () => halt(turn)));
    return line;
  }

  function halt(turn) {
    if (running?.turn === turn) {
      running.controller.abort();
      return;
    }
    const place = waiting.indexOf(turn);
    if (place >= 0) waiting.splice(place, 1);
    if (turn.versions) showVersion(turn, turn.versions.at - 1);
    else drop(turn);
  }

  function drop(turn) {
    turn.element.remove();
    const place = turns.indexOf(turn);
    if (place >= 0) turns.splice(place, 1);
    if (!turns.length) clear();
  }

  function clear() {
    for (const turn of turns.splice(0)) turn.element.remove();
    waiting.length = 0;
    log.replaceChildren();
    start.hidden = false;
    document.getElementById("tenkyo-new").hidden = true;
    main.scrollTo({ top: 0 });
  }

  function history(before) {
    const { turns: most } = window.tenkyoPage.limits;
    return turns.slice(0, turns.indexOf(before)).filter((turn) => turn.turn).map((turn) => turn.turn).slice(-most);
  }

  function documents() {
    return filter ? JSON.parse(filter.value) : [];
  }

  function onPart(turn, part) {
    if (part.whole) return;
    fill(turn, part.html);
    turn.element.querySelector(".tenkyo-reply").append(pending(turn, labels.checking));
  }

  async function run(turn) {
    const controller = new AbortController();
    running = { turn, controller };
    turn.element.querySelector(".tenkyo-reply").replaceChildren(pending(turn, labels.searching));
    toTop(turn.element);
    log.setAttribute("aria-busy", "true");
    try {
      const asked = { question: turn.question, history: history(turn), documents: turn.documents };
      const { signal } = controller;
      const last = await window.tenkyoQueue.ask({ ...asked, signal, onPart: (part) => onPart(turn, part) });
      Object.assign(turn, { html: last.html, answer: last.answer, turn: last.turn });
      fill(turn, last.html);
      acts(turn);
      if (turns.includes(turn)) tell("tenkyo:turn", turn);
    } catch (failure) {
      if (turns.includes(turn)) refuse(turn, failure);
    }
    log.removeAttribute("aria-busy");
    running = null;
    const next = waiting.shift();
    if (next) run(next);
  }

  // A question without an answer: shows the reason and a button to ask again, and puts its text into the box.
  function refuse(turn, failure) {
    const again = () => {
      if (box.text().trim() === turn.question) box.write("");
      turn.failed = "";
      enqueue(turn);
    };
    turn.failed = failure.code;
    turn.element.querySelector(".tenkyo-reply").replaceChildren(window.tenkyoRequests.notice(failure, again));
    acts(turn);
    if (failure.code !== "stopped" && !box.text().trim()) box.write(turn.question);
  }

  function enqueue(turn) {
    if (!running) {
      run(turn);
      return;
    }
    waiting.push(turn);
    turn.element.querySelector(".tenkyo-reply").replaceChildren(pending(turn, labels.waiting, "cancel"));
  }

  function ask(question, versions = null) {
    endEdit();
    const last = turns.at(-1);
    const turn = { id: crypto.randomUUID?.() || String(Math.random()), question, documents: documents(), html: null };
    if (versions) turn.versions = versions;
    if (last?.failed && last.failed !== "stopped") {
      if (last.versions) turn.versions = last.versions;
      drop(last); // its text is in the box again, to be edited and sent
    }
    turn.asked = new Date().toISOString();
    turn.element = article(question);
    turns.push(turn);
    acts(turn);
    enqueue(turn);
  }

  // A turn as a plain object, for the database and for versions.
  function plain({ id, question, html, answer, asked, turn, documents, versions }) {
    return { id, question, html, answer, asked, turn, documents, ...(versions && { versions }) };
  }

  // The versions of a turn, each with the turns after it; {at, others} lacks the one that is shown.
  function versionsOf(turn) {
    const tail = turns.slice(turns.indexOf(turn)).filter((follower) => follower.html).map(plain);
    if (tail.length) delete tail[0].versions;
    const versions = [...(turn.versions?.others || [])];
    if (tail[0]?.id === turn.id) versions.splice(turn.versions?.at ?? 0, 0, tail);
    return versions;
  }

  function takeOut(from) {
    running?.controller.abort();
    waiting.length = 0;
    for (const turn of turns.slice(turns.indexOf(from))) drop(turn);
  }

  function showVersion(turn, at) {
    const versions = versionsOf(turn);
    const place = Math.min(Math.max(at, 0), versions.length - 1);
    const [chosen] = versions.splice(place, 1);
    const unanswered = turns.slice(turns.indexOf(turn)).find((follower) => !follower.html);
    endEdit();
    takeOut(turn);
    add(versions.length ? [{ ...chosen[0], versions: { at: place, others: versions } }, ...chosen.slice(1)] : chosen);
    toTop(turns.at(-chosen.length).element);
    tell("tenkyo:version", turns.slice(-chosen.length));
    tell("tenkyo:shown");
    if (unanswered && !box.text().trim()) box.write(unanswered.question);
  }

  // Later turns depend on the edited question: they stay with its old version, and the new one begins without any.
  function beginEdit(turn) {
    endEdit();
    edited = turn;
    box.write(turn.question);
    box.focus();
    const line = element("p", "tenkyo-editing", labels.editing);
    line.append(button("tenkyo-tool", labels.cancel, () => endEdit() || box.write("")));
    box.strip.prepend(line);
  }

  function endEdit() {
    box.strip.querySelector(".tenkyo-editing")?.remove();
    edited = null;
  }

  function send(text) {
    let versions = null;
    if (edited) {
      const others = versionsOf(edited);
      if (others.length) versions = { at: others.length, others };
      takeOut(edited);
    }
    box.write("");
    ask(text, versions);
  }

  function add(stored) {
    for (const kept of stored) {
      const answer = kept.answer?.abstained ? "" : kept.answer?.text || "";
      const turn = { ...kept, turn: kept.turn || { question: kept.question, answer } };
      turn.element = article(turn.question);
      fill(turn, turn.html || "");
      acts(turn);
      turns.push(turn);
    }
  }

  // Shows stored turns.
  function show(stored) {
    running?.controller.abort();
    clear();
    add(stored);
    if (turns.length) toTop(turns.at(-1).element);
    tell("tenkyo:shown");
  }

  document.addEventListener("tenkyo:send", (event) => send(event.detail));
  document.addEventListener("click", (event) => {
    const suggestion = event.target.closest?.("#tenkyo-main .tenkyo-suggestion");
    if (suggestion) ask(suggestion.textContent);
  });
  document.getElementById("tenkyo-new").addEventListener("click", () => {
    running?.controller.abort();
    clear();
    tell("tenkyo:cleared");
    box.focus();
  });

  window.tenkyoChat = { turns, show, ask, say, plain };
  for (const given of log.querySelectorAll("article")) {
    const question = given.querySelector(".tenkyo-question").textContent;
    const html = given.querySelector(".tenkyo-reply").innerHTML;
    turns.push({ id: "address", question, html, answer: null, turn: { question, answer: "" }, element: given });
  }
})();
