// Stores conversations in the browser (IndexedDB); the server keeps none.
// window.tenkyoStored: all, turns, make, rename, replace, remove → snapshot, removeAll → snapshots, putBack, find.
// A conversation is {id, name, isNamed, changed, count}; a turn is stored as tenkyoChat.plain gives it. The name is its
// first question, unless the reader has named it (isNamed).
(() => {
  "use strict";
  const NAME = `tenkyo ${new URL("..", document.baseURI).pathname.replace(/~[^/]+\//, "")}`; // without the pass of a course
  const LONGEST_NAME = 80;
  let opening = null;

  function settled(request) {
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  function open() {
    opening ||= new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("conversations", { keyPath: "id" });
        const turns = request.result.createObjectStore("turns", { keyPath: "key", autoIncrement: true });
        turns.createIndex("conversation", "conversation");
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error("blocked"));
    });
    return opening;
  }

  // Runs `work` on both stores in one transaction: all changes are kept, or none.
  async function within(mode, work) {
    const database = await open();
    const transaction = database.transaction(["conversations", "turns"], mode);
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
    const result = await work(transaction.objectStore("conversations"), transaction.objectStore("turns"));
    await done;
    return result;
  }

  function ofConversation(turns, id) {
    return settled(turns.index("conversation").getAll(id));
  }

  async function all() {
    const kept = await within("readonly", (conversations) => settled(conversations.getAll()));
    return kept.sort((first, second) => second.changed - first.changed);
  }

  function turns(id) {
    return within("readonly", (_, kept) => ofConversation(kept, id));
  }

  async function make() {
    const id = crypto.randomUUID?.() || `${Date.now()}-${Math.random()}`;
    const conversation = { id, name: "", changed: Date.now(), count: 0 };
    await within("readwrite", (conversations) => settled(conversations.add(conversation)));
    return conversation;
  }

  function change(id, update) {
    return within("readwrite", async (conversations, kept) => {
      const conversation = await settled(conversations.get(id));
      if (!conversation) return null;
      await update(conversation, kept);
      await settled(conversations.put(conversation));
      return conversation;
    });
  }

  function rename(id, name) {
    return change(id, (conversation) => {
      conversation.name = name.slice(0, LONGEST_NAME);
      conversation.isNamed = true;
    });
  }

  // Replaces the turns with these ids by others, at the end, in one transaction. Null if the conversation was deleted.
  function replace(id, ids, come) {
    return change(id, async (conversation, kept) => {
      for (const row of await ofConversation(kept, id)) {
        if (!ids.includes(row.id)) continue;
        await settled(kept.delete(row.key));
        conversation.count -= 1;
      }
      if (!conversation.count && !conversation.isNamed) conversation.name = come[0].question.slice(0, LONGEST_NAME);
      for (const turn of come) await settled(kept.add({ conversation: id, ...turn }));
      conversation.count += come.length;
      conversation.changed = Date.now();
    });
  }

  function remove(id) {
    return within("readwrite", async (conversations, kept) => {
      const snapshot = { conversation: await settled(conversations.get(id)), turns: await ofConversation(kept, id) };
      for (const row of snapshot.turns) await settled(kept.delete(row.key));
      await settled(conversations.delete(id));
      return snapshot;
    });
  }

  function removeAll() {
    return within("readwrite", async (conversations, kept) => {
      const rows = await settled(kept.getAll());
      const snapshots = (await settled(conversations.getAll())).map((conversation) => ({
        conversation,
        turns: rows.filter((row) => row.conversation === conversation.id),
      }));
      await settled(kept.clear());
      await settled(conversations.clear());
      return snapshots;
    });
  }

  function putBack(snapshots) {
    return within("readwrite", async (conversations, kept) => {
      for (const snapshot of snapshots) {
        await settled(conversations.put(snapshot.conversation));
        for (const row of snapshot.turns) await settled(kept.put(row));
      }
    });
  }

  function plain(text) {
    return text.normalize("NFKC").toLowerCase();
  }

  // The conversations whose name, questions and answers contain all of the words.
  async function find(words) {
    const wanted = plain(words).split(/\s+/).filter(Boolean);
    if (!wanted.length) return all();
    const rows = await within("readonly", (_, kept) => settled(kept.getAll()));
    const texts = new Map();
    for (const row of rows) {
      const text = `${texts.get(row.conversation) || ""} ${row.question} ${row.answer?.text || ""}`;
      texts.set(row.conversation, text);
    }
    const fits = (conversation) => {
      const text = plain(`${conversation.name} ${texts.get(conversation.id) || ""}`);
      return wanted.every((word) => text.includes(word));
    };
    return (await all()).filter(fits);
  }

  window.tenkyoStored = { all, turns, make, rename, replace, remove, removeAll, putBack, find, LONGEST_NAME };
})();
