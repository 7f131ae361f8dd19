// Shows the source of selected words of an answer: the panel opens at the shortest span with these words, in a quote of
// the answer or, if no quote has them, in the first passage found that has them.
(() => {
  "use strict";
  const { labels, button } = window.tenkyoPage;
  const { post, root } = window.tenkyoRequests;
  const MOST = 400; // characters that may be selected
  let offer = null; // the button under the selected words

  function hide() {
    offer?.remove();
    offer = null;
  }

  // The selected words without citation numbers.
  function wordsOf(range) {
    const part = range.cloneContents();
    for (const cite of part.querySelectorAll(".tenkyo-cite")) cite.remove();
    return part.textContent.trim();
  }

  // The citation of the first sentence that is at least partly selected.
  function citeOf(range, reply) {
    return [...reply.querySelectorAll("a.tenkyo-cite")].find((link) => range.intersectsNode(link.closest("p, li, tr") || link));
  }

  function spanIn(link, words) {
    const at = link.dataset.quote?.indexOf(words) ?? -1;
    if (at < 0) return null;
    const address = new URL(link.href);
    const begin = Number(address.searchParams.get("quote_start")) + [...link.dataset.quote.slice(0, at)].length;
    address.searchParams.set("quote_start", begin);
    address.searchParams.set("quote_end", begin + [...words].length);
    return address.href;
  }

  async function addressOf(words, reply) {
    for (const link of reply.querySelectorAll("a.tenkyo-cite")) {
      const within = spanIn(link, words);
      if (within) return within;
    }
    const { hits } = await (await post("api/search", { query: words, k: 10 })).json();
    const hit = hits.find((candidate) => candidate.text.includes(words));
    if (!hit) return "";
    const begin = [...hit.text.slice(0, hit.text.indexOf(words))].length;
    const query = new URLSearchParams({ passage: hit.passage_id, quote_start: begin, quote_end: begin + [...words].length });
    return new URL(`documents/${encodeURIComponent(hit.document_id)}?${query}`, root).href;
  }

  function show() {
    hide();
    const selection = getSelection();
    const reply = selection.anchorNode?.parentElement?.closest(".tenkyo-reply");
    if (!reply || selection.isCollapsed) return;
    const range = selection.getRangeAt(0);
    const words = wordsOf(range);
    if (words.length < 2 || words.length > MOST) return;
    const cite = citeOf(range, reply);
    const at = range.getBoundingClientRect();
    offer = button("tenkyo-selection-source", labels.find_source, async () => {
      hide();
      const address = (await addressOf(words, reply).catch(() => "")) || cite?.href;
      if (address) window.tenkyoSource.open(address);
      else window.tenkyoChat.say(labels.no_source);
    });
    offer.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the selection
    document.body.append(offer);
    offer.style.top = `${Math.min(at.bottom + 8, innerHeight - 56)}px`;
    offer.style.left = `${Math.max(8, Math.min(at.left, innerWidth - offer.offsetWidth - 8))}px`;
  }

  document.addEventListener("pointerup", (event) => {
    if (!offer?.contains(event.target)) setTimeout(show, 0); // after the selection has changed
  });
  document.addEventListener("keyup", (event) => event.shiftKey && show());
  document.addEventListener("selectionchange", () => getSelection().isCollapsed && hide());
})();
