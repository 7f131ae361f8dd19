// What the scripts of a page share: window.tenkyoPage has the language of the interface, its labels, the limits that the
// server sets, and makers of elements.
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

  // A drawn sign, as many systems have no font with such signs: `path` within 24 × 24.
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

  // A label with its number; `|` parts the form for 1 from the other one (labels/texts.py, `counted`).
  function counted(label, count) {
    const forms = label.split("|");
    return (count === 1 ? forms[0] : forms.at(-1)).replace("{count}", count);
  }

  const labels = window.tenkyoLabels[language] || window.tenkyoLabels.en;
  window.tenkyoPage = { language, labels, limits: window.tenkyoServer.limits, element, button, icon, counted };
})();
