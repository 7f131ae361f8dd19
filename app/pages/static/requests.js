// Requests to the server, for the chat and the widget. window.tenkyoRequests: events (of a stream), failure (of a refused
// request), unreachable, tab (the id of this browser tab), post, notice (an element: the failure, with a button to try
// again). A failure is { code, seconds }.
(() => {
  "use strict";
  const { labels, limits, element, button } = window.tenkyoPage;
  const WORDS = {
    too_many_requests: "too_many",
    busy: "busy",
    not_ready: "not_ready",
    unreachable: "unreachable",
    question_too_long: "too_long",
    alone: "alone",
    stopped: "stopped",
    unavailable: "unavailable",
  };
  const root = new URL("..", document.currentScript.src); // the server's root, for the chat page and the widget
  const HOPELESS = new Set(["question_too_long", "question_not_text", "alone"]); // a retry would be refused again

  function reason(failure) {
    return labels[WORDS[failure.code] || "failed"].replace("{limit}", limits.question);
  }

  function countDown(again, seconds) {
    const end = Date.now() + seconds * 1000; // timers of a background page are slow
    function tick() {
      const left = Math.ceil((end - Date.now()) / 1000);
      again.disabled = left > 0;
      again.textContent = left > 0 ? labels.again_in.replace("{seconds}", left) : labels.again;
      if (left > 0 && again.isConnected) setTimeout(tick, 250);
    }
    tick();
    setTimeout(tick, 0); // connected by then
  }

  // Server-sent events as {name, data}; each is "event: NAME\ndata: JSON\n\n", without a name or with one.
  async function* events(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const part = await reader.read();
      if (part.done) return;
      const whole = (rest + part.value).split("\n\n");
      rest = whole.pop();
      for (const event of whole) {
        const data = /^data: (.*)$/m.exec(event);
        if (data) yield { name: /^event: (.*)$/m.exec(event)?.[1] || "", data: JSON.parse(data[1]) };
      }
    }
  }

  function notice(failure, send) {
    const shown = element("div", "tenkyo-again");
    shown.setAttribute("role", "alert");
    shown.append(element("p", "", reason(failure)));
    if (!HOPELESS.has(failure.code)) {
      const again = button("", "", send);
      again.setAttribute("aria-live", "off"); // not read aloud every second
      shown.append(again);
      countDown(again, failure.seconds || 0);
    }
    return shown;
  }

  // The failure that a response other than 2xx reports.
  async function failure(response) {
    const seconds = Number(response.headers.get("retry-after")) || (response.status === 503 ? 3 : 0);
    const details = await response.json().catch(() => ({}));
    if (details.error?.code === "cross_site") given = null; // the server has restarted: the next question gets a new id
    return { code: details.error?.code || (response.status === 503 ? "busy" : "failed"), seconds };
  }

  // The id of this browser tab: it has its own rate limit, and proves that the server's own page asks. It is not
  // stored; without an id, only the limit of the address applies.
  let given = null;
  function tab() {
    given ||= fetch(new URL("api/tab", root), { credentials: "omit" })
      .then((response) => (response.ok ? response.json() : {}))
      .then((opened) => opened.tab || "")
      .catch(() => "");
    return given;
  }

  // Sends JSON to a path of the server; throws an Error for a response other than 2xx.
  async function post(path, value) {
    const headers = { "Content-Type": "application/json", "X-Tenkyo-Tab": await tab() };
    const request = { method: "POST", headers, body: JSON.stringify(value), credentials: "omit" };
    const response = await fetch(new URL(path, root), request);
    if (!response.ok) throw new Error(String(response.status));
    return response;
  }

  window.tenkyoRequests = { events, failure, unreachable: { code: "unreachable", seconds: 3 }, tab, post, notice, root };
  tab();
})();
