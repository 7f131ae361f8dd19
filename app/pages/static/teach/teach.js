// The desk: drag and drop of files with upload progress, and live progress of tasks.
// Without this script, everything except dropping files works.
(() => {
  "use strict";
  const ALIVE = 5 * 60_000; // milliseconds between requests that keep the session alive while the teacher types
  const policy = window.trustedTypes?.createPolicy("tenkyo", { createHTML: (html) => html }); // the server escapes all

  function prepare(form) {
    const input = form.querySelector('input[type="file"]');
    const bar = form.querySelector("progress");
    const status = form.querySelector('[role="status"]');
    for (const name of ["dragenter", "dragover"]) {
      form.addEventListener(name, (event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        form.classList.add("is-over");
      });
    }
    form.addEventListener("dragleave", (event) => {
      if (!form.contains(event.relatedTarget)) form.classList.remove("is-over");
    });
    form.addEventListener("drop", (event) => {
      event.preventDefault();
      form.classList.remove("is-over");
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form, bar, status);
    });
  }

  function send(form, bar, status) {
    const request = new XMLHttpRequest(); // fetch reports no upload progress
    bar.hidden = false;
    bar.removeAttribute("value");
    request.upload.addEventListener("progress", (event) => {
      bar.max = event.total;
      bar.value = event.loaded;
    });
    request.addEventListener("load", () => {
      bar.hidden = true;
      if (/\/teach(\/login)?$/.test(request.responseURL)) {
        status.textContent = form.dataset.ended;
        return;
      }
      if (request.status < 400) {
        location.assign(request.responseURL);
        location.reload();
        return;
      }
      const page = document.createElement("template");
      page.innerHTML = policy ? policy.createHTML(request.responseText) : request.responseText;
      status.textContent = page.content.querySelector(".reason")?.textContent || String(request.status);
    });
    request.addEventListener("error", () => {
      bar.hidden = true;
      status.textContent = form.dataset.unsent;
    });
    request.open("POST", form.action);
    request.send(new FormData(form));
  }

  for (const form of document.querySelectorAll("form.drop")) prepare(form);
  // a file dropped beside the field must not open in place of the page
  for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault());

  const jobs = document.getElementById("jobs");
  let changed = false; // whether the teacher has typed: a reload would lose the text
  let kept = Date.now();
  document.addEventListener("input", () => {
    changed = true;
    if (Date.now() - kept < ALIVE) return;
    kept = Date.now();
    fetch("jobs").catch(() => {});
  });

  async function look(wasRunning) {
    const response = await fetch(jobs.dataset.address).catch(() => null);
    if (!response?.ok) {
      setTimeout(() => look(wasRunning), 5000);
      return;
    }
    const { html, running } = await response.json();
    if (wasRunning && !running && !changed) {
      location.reload();
      return;
    }
    const made = document.createElement("template");
    made.innerHTML = policy ? policy.createHTML(html) : html;
    const open = [...jobs.querySelectorAll("details")].map((one) => one.open);
    jobs.replaceChildren(made.content);
    [...jobs.querySelectorAll("details")].forEach((one, place) => (one.open = open[place] ?? one.open));
    if (running) setTimeout(() => look(true), 1000);
  }

  if (jobs?.querySelector(".is-running, .is-waiting")) setTimeout(() => look(true), 700);
})();
