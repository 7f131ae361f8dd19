// Gradio's question box: its text, the limit of its length, and sending. window.tenkyoBox: text, write, focus, blur,
// strip (the element above the box). It dispatches "tenkyo:send" on the document to ask a question.
(() => {
  "use strict";
  const { language, labels, limits, element } = window.tenkyoPage;
  const strip = document.getElementById("tenkyo-strip");

  function box() {
    return document.querySelector("#tenkyo-box textarea");
  }

  function write(text) {
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box(), text);
    box().dispatchEvent(new Event("input", { bubbles: true }));
  }

  function send() {
    const text = box().value.trim();
    if (!text) write("");
    if (!text || text.length > limits.question) return;
    document.dispatchEvent(new CustomEvent("tenkyo:send", { detail: text }));
    if (matchMedia("(pointer: coarse)").matches) box().blur(); // the on-screen keyboard would cover the answer
  }

  // Gradio's own limit is not set, because it would cut off pasted text.
  function checkLength() {
    const count = box().value.trim().length;
    const over = count > limits.question;
    strip.querySelector(".tenkyo-over")?.remove();
    box().setAttribute("aria-invalid", String(over));
    document.querySelector("#tenkyo-box .submit-button")?.toggleAttribute("disabled", over);
    if (!over) return;
    const said = labels.now.replace("{count}", count).replace("{limit}", limits.question);
    const line = element("p", "tenkyo-over", said);
    line.setAttribute("role", "alert");
    strip.append(line);
  }

  function isBox(event) {
    return event.target instanceof Element && Boolean(event.target.closest("#tenkyo-box"));
  }

  // Stops Gradio from sending at Enter or the button; Enter that ends an input method's composition sends nothing.
  function onEnter(event) {
    if (!isBox(event) || event.key !== "Enter" || event.shiftKey) return;
    event.stopPropagation();
    if (event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (event.type === "keydown") send();
  }

  function onClick(event) {
    if (!isBox(event) || !event.target.closest(".submit-button")) return;
    event.stopPropagation();
    event.preventDefault();
    send();
  }

  function onReady() {
    box().placeholder = labels.placeholder;
    box().setAttribute("aria-label", labels.question);
    document.querySelector("#tenkyo-box label > span").firstChild.textContent = labels.question; // not the browser's language
    document.querySelector("#tenkyo-box .submit-button").setAttribute("aria-label", labels.send);
    const gradios = document.querySelector("gradio-app main"); // a page has only one <main>: ours
    gradios?.setAttribute("role", "form");
    gradios?.setAttribute("aria-label", labels.question);
    document.documentElement.lang = language;
  }

  for (const name of ["keydown", "keypress", "keyup"]) document.addEventListener(name, onEnter, true);
  document.addEventListener("click", onClick, true);
  document.addEventListener("input", (event) => isBox(event) && checkLength());
  const watch = new MutationObserver(() => {
    if (!box() || !document.querySelector("#tenkyo-box .submit-button")) return;
    watch.disconnect();
    onReady();
  });
  watch.observe(document.body, { childList: true, subtree: true });
  window.tenkyoBox = { text: () => box().value, write, focus: () => box().focus(), strip };
})();
