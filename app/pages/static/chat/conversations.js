// The list of conversations: open, search, rename, delete with undo, delete all. The last open conversation is shown
// again after a reload or a restart of the browser.
(() => {
  "use strict";
  const { labels, language, element, button, counted } = window.tenkyoPage;
  const { tenkyoChat: chat, tenkyoStored: stored, tenkyoTools: tools } = window;
  const LAST = `tenkyo-conversation ${window.tenkyoRequests.root.pathname}`;
  let current = null; // the id of the conversation that is shown; null before its first answer
  let writing = Promise.resolve(); // writes run one after the other

  function remember(id) {
    current = id;
    try {
      if (id) localStorage.setItem(LAST, id);
      else localStorage.removeItem(LAST);
    } catch {
      // storage may be off: then the last conversation is not remembered
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

  // Stores the turns from a changed turn to the last; the changed turn holds its other versions.
  async function keep(shown) {
    const come = shown.map(chat.plain);
    const ids = [...come, ...(come[0].versions?.others.flat() || [])].map((turn) => turn.id);
    if (!current) remember((await stored.make()).id);
    if (await stored.replace(current, ids, come)) return;
    remember((await stored.make()).id); // deleted meanwhile, perhaps in another tab: continue as a new one
    await stored.replace(current, ids, come);
  }

  async function open(id) {
    const turns = await stored.turns(id);
    remember(turns.length ? id : null);
    chat.show(turns.map(chat.plain));
  }

  const { dialog, body, open: openDialog } = tools.dialog("conversations", labels.conversations);
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
    const matches = await stored.find(search.value);
    list.replaceChildren(...matches.map(item));
    if (!matches.length) list.append(element("li", "tenkyo-note", labels.no_conversations));
  }

  function item(kept) {
    const row = element("li", kept.id === current ? "is-current" : "");
    const name = button("tenkyo-name", kept.name, async () => {
      await open(kept.id);
      dialog.close();
    });
    if (kept.id === current) name.setAttribute("aria-current", "true");
    const day = new Date(kept.changed).toLocaleDateString(language);
    const note = element("span", "tenkyo-note", `${day} · ${counted(labels.turns, kept.count)}`);
    const change = button("tenkyo-tool", labels.rename, () => startRename(row, kept));
    const remove = button("tenkyo-tool", labels.delete, () => deleteOne(kept));
    for (const act of [change, remove]) act.setAttribute("aria-label", `${act.textContent}: ${kept.name}`);
    row.append(name, note, change, remove);
    return row;
  }

  function startRename(row, kept) {
    const field = element("input", "tenkyo-search");
    field.value = kept.name;
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
      if (field.value.trim()) await stored.rename(kept.id, field.value.trim());
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

  async function deleteOne(kept) {
    await writing;
    const snapshot = await stored.remove(kept.id);
    offerUndo(labels.deleted.replace("{name}", kept.name), [snapshot], forget([kept.id]));
    await fill();
  }

  async function deleteAll() {
    await writing;
    const snapshots = await stored.removeAll();
    if (!snapshots.length) return;
    const ids = snapshots.map((snapshot) => snapshot.conversation.id);
    offerUndo(counted(labels.deleted_all, snapshots.length), snapshots, forget(ids));
    await fill();
  }

  search.addEventListener("input", fill);
  dialog.addEventListener("close", () => gone.replaceChildren()); // undo is no longer offered
  tools.add(labels.conversations, async () => {
    search.value = "";
    await writing;
    await fill();
    openDialog();
  });

  document.addEventListener("tenkyo:turn", (event) => inTurn(() => keep([event.detail])));
  document.addEventListener("tenkyo:version", (event) => inTurn(() => keep(event.detail)));
  document.addEventListener("tenkyo:cleared", () => inTurn(() => remember(null)));
  const last = remembered();
  if (last && !chat.turns.length) inTurn(() => open(last));
})();
