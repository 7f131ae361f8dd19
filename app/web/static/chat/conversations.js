// The list of conversations beside the chat: open, search, rename, delete with undo, delete all. The last one that was
// open is shown again after a reload or a restart of the browser.
(() => {
  "use strict";
  const { labels, language, element, button } = window.tenkyoPage;
  const { tenkyoChat: chat, tenkyoStored: stored, tenkyoTools: tools } = window;
  const LAST = `tenkyo-conversation ${window.tenkyoRequests.root.pathname}`;
  let current = null; // the id of the conversation that is shown; null before its first answer
  let writing = Promise.resolve(); // one write after the other

  function remember(id) {
    current = id;
    try {
      if (id) localStorage.setItem(LAST, id);
      else localStorage.removeItem(LAST);
    } catch {
      // storage may be switched off: then nothing is remembered
    }
  }

  function remembered() {
    try {
      return localStorage.getItem(LAST);
    } catch {
      return null;
    }
  }

  function inTurn(work) {
    writing = writing.then(work).catch((error) => {
      console.warn(error);
      chat.say(labels.not_kept);
    });
    return writing;
  }

  // Stores the turns that are shown from some turn on; other versions of that turn are within it.
  async function keep(shown) {
    const come = shown.map(chat.plain);
    const ids = [...come, ...(come[0].versions?.others.flat() || [])].map((turn) => turn.id);
    if (!current) remember((await stored.make()).id);
    if (await stored.replace(current, ids, come)) return;
    remember((await stored.make()).id); // deleted meanwhile, perhaps in another tab: it goes on as a new one
    await stored.replace(current, ids, come);
  }

  async function open(id) {
    const turns = await stored.turns(id);
    remember(turns.length ? id : null);
    chat.show(turns.map(chat.plain));
  }

  const { dialog, body } = tools.dialog("conversations", labels.conversations);
  const search = element("input", "tenkyo-search");
  search.type = "search";
  search.placeholder = labels.search_conversations;
  search.setAttribute("aria-label", labels.search_conversations);
  const list = element("ul", "tenkyo-kept");
  const gone = element("p", "tenkyo-gone");
  gone.setAttribute("role", "status");
  const foot = element("div", "tenkyo-dialog-foot");
  foot.append(element("p", "tenkyo-note", labels.only_here), button("tenkyo-tool", labels.delete_all, deleteAll));
  body.append(search, gone, list, foot);

  async function fill() {
    const found = await stored.find(search.value);
    list.replaceChildren(...found.map(item));
    if (!found.length) list.append(element("li", "tenkyo-note", labels.no_conversations));
  }

  function item(one) {
    const made = element("li", one.id === current ? "is-current" : "");
    const name = button("tenkyo-name", one.name, async () => {
      await open(one.id);
      dialog.close();
    });
    if (one.id === current) name.setAttribute("aria-current", "true");
    const day = new Date(one.changed).toLocaleDateString(language);
    const told = element("span", "tenkyo-note", `${day} · ${labels.turns.replace("{count}", one.count)}`);
    const change = button("tenkyo-tool", labels.rename, () => startRename(made, one));
    const remove = button("tenkyo-tool", labels.delete, () => deleteOne(one));
    for (const act of [change, remove]) act.setAttribute("aria-label", `${act.textContent}: ${one.name}`);
    made.append(name, told, change, remove);
    return made;
  }

  function startRename(row, one) {
    const field = element("input", "tenkyo-search");
    field.value = one.name;
    field.maxLength = stored.LONGEST_NAME;
    field.setAttribute("aria-label", labels.name_of);
    row.replaceChildren(field);
    field.focus();
    field.select();
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") event.preventDefault(); // ends the renaming, not the dialog
      if (event.key === "Enter" || event.key === "Escape") field.blur();
      if (event.key === "Escape") field.value = "";
    });
    field.addEventListener("blur", async () => {
      if (field.value.trim()) await stored.rename(one.id, field.value.trim());
      await fill();
    });
  }

  function offerUndo(text, snapshots, wasCurrent) {
    const undo = button("tenkyo-tool", labels.undo, async () => {
      await stored.putBack(snapshots);
      if (wasCurrent) await open(wasCurrent);
      gone.replaceChildren();
      await fill();
    });
    gone.replaceChildren(text, " ", undo);
    undo.focus();
  }

  function forget(ids) {
    const was = ids.includes(current) ? current : null;
    if (was) {
      remember(null);
      chat.show([]);
    }
    return was;
  }

  async function deleteOne(one) {
    await writing;
    const snapshot = await stored.remove(one.id);
    offerUndo(labels.deleted.replace("{name}", one.name), [snapshot], forget([one.id]));
    await fill();
  }

  async function deleteAll() {
    await writing;
    const snapshots = await stored.removeAll();
    if (!snapshots.length) return;
    const ids = snapshots.map((snapshot) => snapshot.conversation.id);
    offerUndo(labels.deleted_all.replace("{count}", snapshots.length), snapshots, forget(ids));
    await fill();
  }

  search.addEventListener("input", fill);
  dialog.addEventListener("close", () => gone.replaceChildren()); // what was deleted is gone now
  tools.add(labels.conversations, async () => {
    search.value = "";
    await writing;
    await fill();
    dialog.showModal();
  });

  document.addEventListener("tenkyo:turn", (event) => inTurn(() => keep([event.detail])));
  document.addEventListener("tenkyo:version", (event) => inTurn(() => keep(event.detail)));
  document.addEventListener("tenkyo:cleared", () => inTurn(() => remember(null)));
  const last = remembered();
  if (last && !chat.turns.length) inTurn(() => open(last));
})();
