// Shared by the scripts of a page: window.tenkyoPage has the language of the interface, its labels, the server's limits,
// and functions that make elements.
(() => {
  "use strict";
  const language = (document.body.lang || document.documentElement.lang).slice(0, 2); // Gradio changes <html lang>
  const SVG = "http://www.w3.org/2000/svg";

  function element(tag, className, text) {
    const created = document.createElement(tag);
    if (className) created.className = className;
    if (text) created.textContent = text;
    return created;
  }

  function button(className, text, onClick, label = "") {
    const created = element("button", className, text);
    created.type = "button";
    if (label) Object.assign(created, { ariaLabel: label, title: label });
    created.addEventListener("click", onClick);
    return created;
  }

  // An icon as SVG, because many systems have no font with such symbols; `path` lies within 24 × 24.
  function icon(path) {
    const created = document.createElementNS(SVG, "svg");
    created.setAttribute("viewBox", "0 0 24 24");
    created.setAttribute("class", "tenkyo-icon");
    created.setAttribute("aria-hidden", "true");
    const drawn = document.createElementNS(SVG, "path");
    drawn.setAttribute("d", path);
    created.append(drawn);
    return created;
  }

  // A label with its number; `|` separates the singular from the plural (labels/texts.py, `counted`).
  function counted(label, count) {
    const forms = label.split("|");
    return (count === 1 ? forms[0] : forms.at(-1)).replace("{count}", count);
  }

  const labels = window.tenkyoLabels[language] || window.tenkyoLabels.en;
  window.tenkyoPage = { language, labels, limits: window.tenkyoServer.limits, element, button, icon, counted };
})();
