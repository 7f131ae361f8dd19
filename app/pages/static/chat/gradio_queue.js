// Sends a question through Gradio's queue (6.31) as Gradio's script would. But a question can be stopped, and a failure
// is thrown, where Gradio would show it in English over the page.
// window.tenkyoQueue.ask({ question, history, documents, signal, onPart }) → the last part; throws { code, seconds }.
(() => {
  "use strict";
  const event = window.gradio_config.dependencies.find((dependency) => dependency.targets[0][1] === "submit");
  const { events, failure, unreachable, tab } = window.tenkyoRequests;

  function address(path) {
    return new URL(`gradio_api/queue/${path}`, document.baseURI);
  }

  async function join(asked, session) {
    const response = await fetch(address("join"), {
      method: "POST",
      credentials: "omit",
      signal: asked.signal,
      headers: { "Content-Type": "application/json", "X-Tenkyo-Tab": await tab() },
      body: JSON.stringify({
        data: [asked.question, asked.history, asked.documents],
        fn_index: event.id,
        trigger_id: event.targets[0][0],
        session_hash: session,
      }),
    });
    if (!response.ok) throw await failure(response);
  }

  function told(text) {
    try {
      return { seconds: 0, ...JSON.parse(text) };
    } catch {
      return { code: "failed", seconds: 0 };
    }
  }

  async function listen(asked, session) {
    const stream = address("data");
    stream.search = `session_hash=${session}`;
    const response = await fetch(stream, { credentials: "omit", signal: asked.signal });
    if (!response.ok) throw await failure(response);
    let last = null;
    for await (const { data: message } of events(response.body)) {
      if (message.msg === "process_completed" && !message.success) throw told(message.output?.error);
      if (message.msg === "unexpected_error") throw { code: "failed", seconds: 0 };
      const part = message.msg.startsWith("process_") ? message.output?.data?.[0] : null;
      if (!part) continue;
      last = part;
      asked.onPart?.(part);
      if (part.whole) return part;
    }
    throw last ? { code: "failed", seconds: 0 } : unreachable;
  }

  async function ask(asked) {
    const session = Math.random().toString(36).slice(2, 13);
    try {
      await join(asked, session);
      return await listen(asked, session);
    } catch (error) {
      if (asked.signal?.aborted) throw { code: "stopped" };
      throw error?.code && !(error instanceof Error) ? error : unreachable;
    }
  }

  window.tenkyoQueue = { ask };
})();
