// The steps of an LTI launch that only the browser can take; the element #task says which.
//   put   keep the state in the platform's storage, then go to `next` (LTI Client Side postMessages 1.0)
//   get   compare with what is kept there, then go to `next`, or show the page where there is none
//   submit, close   send the form back to the platform; tell the platform that the window may close
(() => {
  "use strict";
  const task = document.getElementById("task");
  const status = task.querySelector("[role=status]");
  const { put, get, storage, origin, next, submit, close } = task.dataset;
  const PATIENCE = 2000; // milliseconds; a platform that does not answer by then has no storage
  const NO_ANSWER = Symbol("no answer");

  // A message to the platform's frame, and its answer. "*" where the platform asks from a site of another name.
  function ask(message, to) {
    const frame = storage === "_parent" ? window.parent : window.parent.frames[storage];
    if (!frame || window.parent === window) return Promise.resolve(NO_ANSWER);
    return new Promise((resolve) => {
      const id = crypto.randomUUID();
      addEventListener("message", (event) => {
        if (event.source === frame && event.data?.message_id === id) resolve(event.data);
      });
      frame.postMessage({ ...message, message_id: id }, to);
      setTimeout(resolve, PATIENCE, NO_ANSWER);
    });
  }

  async function run() {
    const key = `tenkyo-${(put || get || "").slice(-32)}`;
    if (put) await ask({ subject: "lti.put_data", key, value: put }, origin);
    if (get) {
      const kept = await ask({ subject: "lti.get_data", key }, origin);
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
