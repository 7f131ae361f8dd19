// The steps of an LTI launch that only the browser can take; the element #task says which.
//   put   keep the state in the platform's storage, then go to `next` (LTI Client Side postMessages 1.0)
//   get   compare the state with the stored one, then go to `next`, or show the page if there is no `next`
//   submit, close   send the form back to the platform; tell the platform that the window may close
(() => {
  "use strict";
  const task = document.getElementById("task");
  const status = task.querySelector("[role=status]");
  const { put, get, storage, origin, next, submit, close } = task.dataset;
  const PATIENCE = 2000; // milliseconds; a platform that does not answer by then has no storage
  const NO_ANSWER = Symbol("no answer");

  // The platform's window (our parent or our opener), or the frame in it that stores values for tools.
  function keeper() {
    const platform = window.parent === window ? window.opener : window.parent;
    const frame = storage === "_parent" ? platform : platform?.frames[storage];
    return typeof frame?.postMessage === "function" ? frame : null;
  }

  // Sends a message to the platform and returns its answer; both are limited to the platform's origin.
  function ask(message) {
    return new Promise((resolve) => {
      const frame = keeper();
      if (!frame) return resolve(NO_ANSWER);
      const id = crypto.getRandomValues(new Uint32Array(4)).join("-"); // randomUUID is missing below an http page
      addEventListener("message", ({ source, origin: from, data }) => {
        if (source === frame && from === origin && data?.message_id === id) resolve(data.error ? NO_ANSWER : data);
      });
      frame.postMessage({ ...message, message_id: id }, origin);
      setTimeout(resolve, PATIENCE, NO_ANSWER);
    }).catch(() => NO_ANSWER); // there is no frame of that name
  }

  async function run() {
    const key = `tenkyo-${(put || get || "").slice(-32)}`;
    if (put) await ask({ subject: "lti.put_data", key, value: put });
    if (get) {
      const kept = await ask({ subject: "lti.get_data", key });
      if (kept !== NO_ANSWER && kept.value !== get) {
        task.replaceChildren(status);
        status.textContent = task.dataset.refused;
        return;
      }
    }
    if (next) location.replace(next);
    if (submit) document.getElementById(submit).submit();
    if (close) (window.opener || window.parent).postMessage({ subject: close }, "*");
    if (!next) status.textContent = "";
  }
  run();
})();
