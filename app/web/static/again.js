// A question that was refused or failed: what happened, the seconds to wait, and a button that sends it again.
// tenkyoAgain({ labels, failure: { code, seconds, message }, limit, send }) makes the element; the chat and the widget show it.
// What asking needs in both stands here, too: failures as the server tells them, its events, the id of the browser tab.
(() => {
  "use strict";
  const WORDS = {
    too_many_requests: "too_many",
    busy: "busy",
    not_ready: "not_ready",
    unreachable: "unreachable",
    question_too_long: "too_long",
    alone: "alone",
    stopped: "stopped",
  };
  const HOPELESS = new Set(["question_too_long", "question_not_text", "alone"]); // sent again, it would be refused again

  function reason(labels, failure, limit) {
    const text = labels[WORDS[failure.code] || "failed"].replace("{limit}", limit);
    return failure.code === "unavailable" && failure.message ? `${text} (${failure.message})` : text;
  }

  function countDown(button, labels, seconds) {
    const end = Date.now() + seconds * 1000; // a page in the background counts seldom
    function tick() {
      const left = Math.ceil((end - Date.now()) / 1000);
      button.disabled = left > 0;
      button.textContent = left > 0 ? labels.again_in.replace("{seconds}", left) : labels.again;
      if (left > 0 && button.isConnected) setTimeout(tick, 250);
    }
    tick();
    setTimeout(tick, 0); // connected by then
  }

  // Server-sent events, "event: NAME\ndata: JSON\n\n" each, of which the name may be left out: {name, data}.
  window.tenkyoEvents = async function* (body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const part = await reader.read();
      if (part.done) return;
      const events = (rest + part.value).split("\n\n");
      rest = events.pop();
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event);
        if (data) yield { name: /^event: (.*)$/m.exec(event)?.[1] || "", data: JSON.parse(data[1]) };
      }
    }
  };

  window.tenkyoAgain = ({ labels, failure, limit, send }) => {
    const made = document.createElement("div");
    made.className = "tenkyo-again";
    made.setAttribute("role", "alert");
    const text = document.createElement("p");
    text.textContent = reason(labels, failure, limit);
    made.append(text);
    if (!HOPELESS.has(failure.code)) {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-live", "off"); // not read aloud every second
      button.addEventListener("click", send);
      made.append(button);
      countDown(button, labels, failure.seconds || 0);
    }
    return made;
  };

  // What a response that is not 2xx says.
  window.tenkyoFailure = async (response) => {
    const seconds = Number(response.headers.get("retry-after")) || (response.status === 503 ? 3 : 0);
    const told = await response.json().catch(() => ({}));
    if (told.error?.code === "cross_site") tab = null; // the server was started anew: the next question gets a new id
    return { code: told.error?.code || (response.status === 503 ? "busy" : "failed"), message: told.error?.message, seconds };
  };
  window.tenkyoUnreachable = { code: "unreachable", seconds: 3 };

  // The id of this browser tab: limits are kept for each, and it shows the server that its own page asks. Nothing is
  // stored; without an id the address's limit counts.
  let tab = null;
  window.tenkyoTab = (address) => {
    tab ||= fetch(address, { credentials: "omit" })
      .then((response) => (response.ok ? response.json() : {}))
      .then((given) => given.tab || "")
      .catch(() => "");
    return tab;
  };
})();
