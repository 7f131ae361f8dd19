// The conversation: questions and answers, one <article> a turn. What is typed while an answer comes stays in the box, a
// second question waits its turn; a question can be stopped, edited and, where it failed, sent again.
// window.tenkyo is what other scripts build on: turns, show(turns), ask(question), say(text), labels, language, tools.
(() => {
  "use strict";
  const LIMIT = 500; // characters of a question; Gradio's box has no limit, since it would cut what is pasted
  const known = window.tenkyoLabels;
  const chosen = new URLSearchParams(location.search).get("lang");
  const language = known[chosen] ? chosen : document.body.lang.slice(0, 2);
  const labels = known[language] || known.en;
  const main = document.getElementById("tenkyo-main");
  const log = document.getElementById("tenkyo-log");
  const start = document.getElementById("tenkyo-start");
  const strip = document.getElementById("tenkyo-strip");
  const status = document.getElementById("tenkyo-said");
  const filter = document.getElementById("tenkyo-filter");
  const turns = []; // {id, question, html, answer, turn, element}; html is null until the answer is whole
  const waiting = []; // questions that wait for the one before
  let running = null; // {turn, controller}
  let edited = null; // the turn whose question is in the box

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function button(className, text, onClick) {
    const made = element("button", className, text);
    made.type = "button";
    made.addEventListener("click", onClick);
    return made;
  }

  function box() {
    return document.querySelector("#tenkyo-box textarea");
  }

  function write(text) {
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box(), text);
    box().dispatchEvent(new Event("input", { bubbles: true }));
  }

  let quiet = 0;
  function say(text) {
    clearTimeout(quiet);
    status.textContent = text;
    if (text) quiet = setTimeout(say, 6000, "");
  }

  function tell(name, detail) {
    document.dispatchEvent(new CustomEvent(name, { detail }));
  }

  // The first word of the question stands at the top of the view, and nothing moves it: the last turn is as high as
  // the view, however short its answer.
  function toTop(article) {
    for (const one of log.querySelectorAll(".is-last")) one.classList.remove("is-last");
    article.classList.add("is-last");
    article.style.setProperty("--view", `${main.clientHeight}px`);
    const top = article.getBoundingClientRect().top - main.getBoundingClientRect().top + main.scrollTop;
    main.scrollTo({ top, behavior: "instant" });
  }

  function languageOf(text) {
    if (/[\u3041-\u30ff]/.test(text)) return "ja";
    if (/[\uac00-\ud7a3]/.test(text)) return "ko";
    return /[\u3400-\u9fff]/.test(text) ? "" : "en";
  }

  function article(question) {
    const made = element("article", "tenkyo-turn");
    const head = element("div", "tenkyo-asked");
    const words = element("h2", "tenkyo-question", question);
    const tag = languageOf(question);
    if (tag) words.lang = tag;
    head.append(words);
    made.append(head, element("div", "tenkyo-reply"));
    log.append(made);
    start.hidden = true;
    document.getElementById("tenkyo-new").hidden = false;
    return made;
  }

  function acts(turn) {
    const head = turn.element.querySelector(".tenkyo-asked");
    head.querySelector(".tenkyo-edit")?.remove();
    const edit = button("tenkyo-edit tenkyo-tool", "✎", () => beginEdit(turn));
    edit.setAttribute("aria-label", labels.edit);
    edit.title = labels.edit;
    head.append(edit);
  }

  // The answer's markup is the server's, which escapes every word of the documents.
  function fill(turn, html) {
    turn.element.querySelector(".tenkyo-reply").innerHTML = html;
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
    drop(turn);
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
    return turns.slice(0, turns.indexOf(before)).filter((turn) => turn.turn).map((turn) => turn.turn).slice(-10);
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
      const last = await window.tenkyoAsk({ ...asked, signal: controller.signal, onPart: (part) => onPart(turn, part) });
      Object.assign(turn, { html: last.html, answer: last.answer, turn: last.turn });
      fill(turn, last.html);
      acts(turn);
      tell("tenkyo:turn", turn);
    } catch (failure) {
      if (turns.includes(turn)) refuse(turn, failure);
    }
    log.removeAttribute("aria-busy");
    running = null;
    const next = waiting.shift();
    if (next) run(next);
  }

  // A question that got no answer: the reason, a button that asks it again, and its text in the box to be changed.
  function refuse(turn, failure) {
    const again = () => {
      if (box().value.trim() === turn.question) write("");
      turn.failed = "";
      enqueue(turn);
    };
    turn.failed = failure.code;
    const notice = window.tenkyoAgain({ labels, failure, limit: LIMIT, send: again });
    turn.element.querySelector(".tenkyo-reply").replaceChildren(notice);
    acts(turn);
    if (failure.code !== "stopped" && !box().value.trim()) write(turn.question);
  }

  function enqueue(turn) {
    if (!running) {
      run(turn);
      return;
    }
    waiting.push(turn);
    turn.element.querySelector(".tenkyo-reply").replaceChildren(pending(turn, labels.waiting, "cancel"));
  }

  function ask(question) {
    const text = question.trim();
    if (!text || text.length > LIMIT) return;
    endEdit();
    const last = turns.at(-1);
    if (last?.failed && last.failed !== "stopped") drop(last); // its text went back into the box, to be changed and sent
    const turn = { id: crypto.randomUUID?.() || String(Math.random()), question: text, documents: documents(), html: null };
    turn.asked = new Date().toISOString();
    turn.element = article(text);
    turns.push(turn);
    enqueue(turn);
  }

  // What follows an edited question leans on it, and goes with it once the new one is sent.
  function beginEdit(turn) {
    endEdit();
    edited = turn;
    write(turn.question);
    box().focus();
    const line = element("p", "tenkyo-editing", labels.editing);
    line.append(button("tenkyo-tool", labels.cancel, () => endEdit() || write("")));
    strip.prepend(line);
  }

  function endEdit() {
    strip.querySelector(".tenkyo-editing")?.remove();
    edited = null;
  }

  function send() {
    const text = box().value;
    if (!text.trim()) write("");
    if (!text.trim() || text.trim().length > LIMIT) return;
    if (edited) {
      const replaced = turns.slice(turns.indexOf(edited));
      running?.controller.abort();
      for (const turn of replaced) drop(turn);
      tell("tenkyo:dropped", replaced);
    }
    write("");
    ask(text);
    if (matchMedia("(pointer: coarse)").matches) box().blur(); // the keyboard would cover the answer
  }

  function checkLength() {
    const count = box().value.trim().length;
    const over = count > LIMIT;
    strip.querySelector(".tenkyo-over")?.remove();
    box().setAttribute("aria-invalid", String(over));
    document.querySelector("#tenkyo-box .submit-button")?.toggleAttribute("disabled", over);
    if (!over) return;
    const line = element("p", "tenkyo-over", labels.now.replace("{count}", count).replace("{limit}", LIMIT));
    line.setAttribute("role", "alert");
    strip.append(line);
  }

  // Turns that were kept elsewhere, as `turns` gave them.
  function show(kept) {
    running?.controller.abort();
    clear();
    for (const one of kept) {
      const turn = { ...one, turn: one.turn || { question: one.question, answer: one.answer?.abstained ? "" : one.answer?.text || "" } };
      turn.element = article(turn.question);
      fill(turn, turn.html || "");
      acts(turn);
      turns.push(turn);
    }
    if (turns.length) toTop(turns.at(-1).element);
  }

  function isBox(event) {
    return event.target instanceof Element && Boolean(event.target.closest("#tenkyo-box"));
  }

  // Gradio's own way of sending is kept from the key and the button; so is Enter that ends a composed word.
  function onEnter(event) {
    if (!isBox(event) || event.key !== "Enter" || event.shiftKey) return;
    event.stopPropagation();
    if (event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (event.type === "keydown") send();
  }

  function onClick(event) {
    if (!(event.target instanceof Element)) return;
    if (isBox(event) && event.target.closest(".submit-button")) {
      event.stopPropagation();
      event.preventDefault();
      send();
    }
    const suggestion = event.target.closest("#tenkyo-main .tenkyo-suggestion");
    if (suggestion) ask(suggestion.textContent);
  }

  function onReady() {
    box().placeholder = labels.placeholder;
    box().setAttribute("aria-label", labels.question);
    document.querySelector("#tenkyo-box .submit-button")?.setAttribute("aria-label", labels.send);
    const gradios = document.querySelector("gradio-app main"); // a page has one <main>, and ours is it
    gradios?.setAttribute("role", "form");
    gradios?.setAttribute("aria-label", labels.question);
    document.documentElement.lang = language;
  }

  for (const name of ["keydown", "keypress", "keyup"]) document.addEventListener(name, onEnter, true);
  document.addEventListener("click", onClick, true);
  document.addEventListener("input", (event) => isBox(event) && checkLength());
  const menu = document.getElementById("tenkyo-menu");
  document.addEventListener("click", (event) => {
    const opens = menu.contains(event.target) && menu.getAttribute("aria-expanded") === "false";
    if (!event.target.closest?.("#tenkyo-tools label")) menu.setAttribute("aria-expanded", String(opens));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || menu.getAttribute("aria-expanded") === "false") return;
    menu.setAttribute("aria-expanded", "false");
    menu.focus();
  });
  document.getElementById("tenkyo-new").addEventListener("click", () => {
    running?.controller.abort();
    clear();
    tell("tenkyo:cleared");
    box().focus();
  });
  document.getElementById("tenkyo-language").addEventListener("change", (event) => {
    localStorage.setItem("tenkyo-language", event.target.value);
    location.search = `?lang=${event.target.value}`;
  });
  const kept = localStorage.getItem("tenkyo-language");
  if (!chosen && kept && kept !== language && known[kept] && !log.children.length) location.replace(`?lang=${kept}`);
  const watch = new MutationObserver(() => box() && document.querySelector("#tenkyo-box .submit-button") && (watch.disconnect(), onReady()));
  watch.observe(document.body, { childList: true, subtree: true });
  addEventListener("resize", () => log.querySelector(".is-last")?.style.setProperty("--view", `${main.clientHeight}px`));

  if (matchMedia("(max-width: 600px)").matches) {
    for (const one of start.querySelectorAll("details")) one.open = false; // the questions to begin with are in sight
  }
  window.tenkyo = { turns, show, ask, say, labels, language, tools: document.getElementById("tenkyo-tools") };
  for (const made of log.querySelectorAll("article")) {
    const question = made.querySelector(".tenkyo-question").textContent;
    const html = made.querySelector(".tenkyo-reply").innerHTML;
    turns.push({ id: "address", question, html, answer: null, turn: { question, answer: "" }, element: made });
  }
})();
