// The page /widget/demo: puts the widget on itself with the options that its form names, and shows the line for them.
(() => {
  "use strict";
  const options = document.getElementById("options");
  const address = new URL("../widget.js", location.href);
  // a closed course is shown below a pass of this page alone: on the course page a token takes its place
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
    const known = theme === "host" ? "" : theme; // a frame by itself knows nothing of the page around it
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
    getSelection().selectAllChildren(line); // without HTTPS there is no clipboard: the line is selected to be copied
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
