// Between Gradio's page and its queue: adds the tab's id, and shows a refused or failed question in the page.
// Gradio's own way is an English error over the conversation and, without a connection, a reload that loses it. It is
// told of a failed validation without a message instead, which ends the event and shows nothing (Gradio 6.31).
(() => {
  "use strict";
  const labels = window.tenkyoLabels[navigator.language.slice(0, 2)] || window.tenkyoLabels.en;
  const ask = window.fetch.bind(window);
  const tabAddress = new URL("../api/tab", document.baseURI);
  const waiting = new Map(); // event id → its question, null for an event that is none
  let notice = null;
  window.tenkyoTab(tabAddress);

  function quiet(key) {
    const headers = { "Content-Type": "application/json" };
    return new Response(JSON.stringify({ [key]: [] }), { status: 422, headers });
  }

  function questionOf(init) {
    const { data, event_data: event } = JSON.parse(init.body);
    return event?.value?.text ?? (typeof data[0] === "string" ? data[0] : null);
  }

  function box() {
    return document.querySelector("#tenkyo-box textarea");
  }

  function write(text) {
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box(), text);
    box().dispatchEvent(new Event("input", { bubbles: true }));
  }

  function clearNotice() {
    notice?.remove();
    notice = null;
  }

  function sendAgain() {
    clearNotice();
    document.querySelector("#tenkyo-box .submit-button")?.click();
  }

  // Asks a question as if it were typed.
  window.tenkyoAskInBox = (question) => {
    clearNotice();
    write(question);
    requestAnimationFrame(() => document.querySelector("#tenkyo-box .submit-button")?.click()); // once Gradio has read it
  };

  // The question goes back into its box, where it can be changed before it is sent again.
  function refuse(question, failure) {
    clearNotice();
    if (!box().value.trim()) write(question);
    notice = window.tenkyoAgain({ labels, failure, limit: box().maxLength, send: sendAgain });
    document.getElementById("tenkyo-box").before(notice);
    const searching = [...document.querySelectorAll("#tenkyo-chat .tenkyo-searching")].pop();
    if (searching) searching.textContent = notice.firstChild.textContent;
  }

  async function send(address, init, key) {
    const headers = new Headers(init.headers);
    headers.set("X-Tenkyo-Tab", await window.tenkyoTab(tabAddress));
    const question = questionOf(init);
    if (question !== null && !question.trim()) {
      write("");
      return quiet(key);
    }
    let failure = window.tenkyoUnreachable;
    try {
      const response = await ask(address, { ...init, headers });
      if (response.ok) {
        waiting.set((await response.clone().json()).event_id, question);
        if (question !== null) clearNotice();
        return response;
      }
      failure = await window.tenkyoFailure(response);
    } catch (error) {
      console.warn(error);
    }
    if (question !== null) refuse(question, failure);
    return quiet(key);
  }

  function sentence(message) {
    return new TextEncoder().encode(`data: ${JSON.stringify(message)}\n\n`);
  }

  function failed(id) {
    return { msg: "process_completed", event_id: id, output: { error: [] }, success: false };
  }

  // One message of the queue, and what Gradio gets of it: a failed question is shown here.
  function translate(line) {
    const message = JSON.parse(line.slice("data: ".length));
    if (message.msg !== "process_completed" || !waiting.has(message.event_id)) return message;
    const question = waiting.get(message.event_id);
    waiting.delete(message.event_id);
    if (message.success) return message;
    // after Gradio has shown the messages before this one, which empty the box
    if (question !== null) setTimeout(refuse, 200, question, toldFailure(message.output?.error));
    return failed(message.event_id);
  }

  function toldFailure(text) {
    try {
      return { seconds: 0, ...JSON.parse(text) };
    } catch {
      return { code: "failed", seconds: 0 };
    }
  }

  // Ends what the queue still owed us.
  function breakOff(controller, failure) {
    for (const [id, question] of waiting) {
      if (question !== null) setTimeout(refuse, 200, question, failure);
      controller.enqueue(sentence(failed(id)));
    }
    waiting.clear();
    controller.enqueue(sentence({ msg: "close_stream" }));
    controller.close();
  }

  function translated(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    return new ReadableStream({
      async pull(controller) {
        try {
          const part = await reader.read();
          if (part.done) {
            breakOff(controller, window.tenkyoUnreachable);
            return;
          }
          const lines = (rest + part.value).split("\n\n");
          rest = lines.pop();
          for (const line of lines) {
            if (line.startsWith("data: ")) controller.enqueue(sentence(translate(line)));
          }
        } catch {
          breakOff(controller, window.tenkyoUnreachable);
        }
      },
      cancel: (why) => reader.cancel(why),
    });
  }

  async function listen(address, init) {
    let failure = window.tenkyoUnreachable;
    try {
      const response = await ask(address, init);
      if (response.ok) return new Response(translated(response.body), { headers: response.headers });
      failure = await window.tenkyoFailure(response);
    } catch (error) {
      if (init?.signal?.aborted) throw error;
    }
    const body = new ReadableStream({ start: (controller) => breakOff(controller, failure) });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }

  window.fetch = (address, init) => {
    const { pathname } = new URL(address instanceof Request ? address.url : address, document.baseURI);
    if (pathname.endsWith("/gradio_api/queue/join")) return send(address, init, "detail");
    if (pathname.endsWith("/gradio_api/run/predict")) return send(address, init, "error");
    if (pathname.endsWith("/gradio_api/queue/data")) return listen(address, init);
    return ask(address, init);
  };
})();
