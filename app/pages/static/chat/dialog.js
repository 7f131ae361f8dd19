// Shared by the tools of the chat page. window.tenkyoTools: add (a button to the head of the page, on a phone to its
// menu), dialog (modal, closed with Escape), save (a file).
(() => {
  "use strict";
  const { labels, element, button } = window.tenkyoPage;

  // A dialog with a title and a close button; a click outside closes it too.
  function makeDialog(name, title) {
    const dialog = element("dialog", "tenkyo-dialog");
    const head = element("div", "tenkyo-dialog-head");
    const heading = element("h2", "", title);
    heading.id = `tenkyo-dialog-${name}`;
    heading.tabIndex = -1;
    const close = button("tenkyo-dialog-close tenkyo-tool", "×", () => dialog.close(), labels.close);
    head.append(heading, close);
    const body = element("div", "tenkyo-dialog-body");
    dialog.setAttribute("aria-labelledby", heading.id);
    dialog.append(head, body);
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    document.body.append(dialog);
    const open = () => {
      dialog.showModal();
      heading.focus(); // not the close button, which is the first in order
    };
    return { dialog, body, open };
  }

  const menu = element("div", "tenkyo-menu");
  document.getElementById("tenkyo-new").after(menu);

  function add(text, onClick) {
    menu.append(button("tenkyo-tool", text, onClick));
  }

  function save(content, name) {
    const link = element("a");
    link.href = URL.createObjectURL(content);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  window.tenkyoTools = { add, dialog: makeDialog, save };
})();
