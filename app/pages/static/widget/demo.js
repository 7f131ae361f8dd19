// The page /widget/demo: embeds the widget with the options of its form, and shows the HTML line to copy.
(() => {
  "use strict";
  const options = document.getElementById("options");
  const address = new URL("../widget.js", location.href);
  // a closed course's address here holds a pass for this page only; on a course page, a token replaces it
  const pasted = address.href.replace(/~[\w-]+\/widget\.js$/, "widget.js");
  const DEFAULTS = { color: "#1d4f7c", position: "right", theme: "auto" };
  const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

  function given() {
    return [...new FormData(options)].filter(([name, value]) => value && value !== DEFAULTS[name]);
  }

  function describe() {
    const named = document.getElementById("closed") ? [["token", "TOKEN"], ...given()] : given();
    const attributes = named.map(([name, value]) => ` data-${name}="${escaped(value)}"`);
    document.getElementById("snippet").textContent = `<script src="${pasted}"${attributes.join("")} async></script>`;
    const { title, lang, theme = "", document: only = "", token = "" } = Object.fromEntries(named);
    const address = new URL("widget", pasted);
    const known = theme === "host" ? "" : theme; // a plain iframe cannot see the theme of the page around it
    const wanted = Object.entries({ token, lang, theme: known, document: only }).filter(([, value]) => value);
    address.search = new URLSearchParams(wanted);
    const frame = document.getElementById("frame");
    frame.textContent =
      `<iframe src="${escaped(address.href)}" title="${escaped(title || frame.dataset.title)}" ` +
      'style="width: 100%; height: 600px; max-height: 90vh; border: 0"></iframe>';
  }

  function show() {
    document.querySelector("tenkyo-widget")?.remove();
    const script = document.createElement("script");
    Object.assign(script.dataset, Object.fromEntries(given()));
    script.src = address;
    script.addEventListener("load", listen);
    document.body.append(script);
  }

  function listen() {
    window.tenkyo.on("answered", (answered) => {
      document.getElementById("heard").textContent = `tenkyo.on("answered"): ${JSON.stringify(answered, null, 2)}`;
    });
  }

  async function copy({ target }) {
    const line = document.getElementById(target.dataset.copies);
    getSelection().selectAllChildren(line); // without HTTPS there is no clipboard: select the line for the user
    await navigator.clipboard?.writeText(line.textContent);
    if (navigator.clipboard) target.textContent = target.dataset.copied;
  }

  for (const button of document.querySelectorAll("[data-copies]")) button.addEventListener("click", copy);
  options.addEventListener("input", describe);
  options.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
  document.getElementById("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    window.tenkyo.ask(event.target.question.value);
  });
  describe();
  show();
})();
