// Gradio's question box: what is typed, how long it may be, and what sends it. window.tenkyoBox: text, write, focus, blur,
// strip (what stands over the box). It sends "tenkyo:send" to the document when a question is to be asked.
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
    if (matchMedia("(pointer: coarse)").matches) box().blur(); // the keyboard would cover the answer
  }

  // Gradio's box has no limit, since it would cut what is pasted.
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

  // Gradio's own way of sending is kept from the key and the button; so is Enter that ends a composed word.
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
    document.querySelector("#tenkyo-box label > span").firstChild.textContent = labels.question; // Gradio's: the browser's language
    document.querySelector("#tenkyo-box .submit-button").setAttribute("aria-label", labels.send);
    const gradios = document.querySelector("gradio-app main"); // a page has one <main>, and ours is it
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
