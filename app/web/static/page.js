// What the scripts of a page share: window.tenkyoPage has the language of the interface, its labels, the limits that the
// server sets, and makers of elements.
(() => {
  "use strict";
  const language = (document.body.lang || document.documentElement.lang).slice(0, 2); // Gradio changes <html lang>
  const SVG = "http://www.w3.org/2000/svg";

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function button(className, text, onClick, label = "") {
    const made = element("button", className, text);
    made.type = "button";
    if (label) Object.assign(made, { ariaLabel: label, title: label });
    made.addEventListener("click", onClick);
    return made;
  }

  // A drawn sign, as many systems have no font with such signs: `path` within 24 × 24.
  function icon(path) {
    const made = document.createElementNS(SVG, "svg");
    made.setAttribute("viewBox", "0 0 24 24");
    made.setAttribute("class", "tenkyo-icon");
    made.setAttribute("aria-hidden", "true");
    const drawn = document.createElementNS(SVG, "path");
    drawn.setAttribute("d", path);
    made.append(drawn);
    return made;
  }

  const labels = window.tenkyoLabels[language] || window.tenkyoLabels.en;
  window.tenkyoPage = { language, labels, limits: window.tenkyoServer.limits, element, button, icon };
})();
