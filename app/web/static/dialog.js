// What the tools of the chat page share: their buttons in the head of the page, which are a menu on a phone; dialogs
// (modal, closed with Escape); files to save.
(() => {
  "use strict";
  const { labels, tools } = window.tenkyo;

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function button(text, onClick) {
    const made = element("button", "tenkyo-tool", text);
    made.type = "button";
    made.addEventListener("click", onClick);
    return made;
  }

  // A dialog with a title and a button that closes it; a click beside it closes it too.
  window.tenkyoDialog = (name, title) => {
    const dialog = element("dialog", "tenkyo-dialog");
    const head = element("div", "tenkyo-dialog-head");
    const heading = element("h2", "", title);
    heading.id = `tenkyo-dialog-${name}`;
    const close = button("×", () => dialog.close());
    close.setAttribute("aria-label", labels.close);
    head.append(heading, close);
    const body = element("div", "tenkyo-dialog-body");
    dialog.setAttribute("aria-labelledby", heading.id);
    dialog.append(head, body);
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    document.body.append(dialog);
    return { dialog, body, button, element };
  };

  const menu = element("div", "tenkyo-menu");
  tools.prepend(menu);

  window.tenkyoTool = (text, onClick) => menu.append(button(text, onClick));

  window.tenkyoSave = (content, name) => {
    const link = element("a");
    link.href = URL.createObjectURL(content);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };
})();
