// <script src="https://HOST/widget.js" data-lang="ja" async></script> puts a button on a course page that opens the
// widget in an iframe. No inline style, no innerHTML: it works under a strict Content-Security-Policy.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || document.querySelector("tenkyo-widget")) return;
  const origin = new URL(script.src).origin;
  const words = {
    ja: { open: "文書に質問する", close: "閉じる", title: "文書への質問" },
    en: { open: "Ask the documents", close: "Close", title: "Questions to the documents" },
    zh: { open: "向文献提问", close: "关闭", title: "向文献提问" },
    ko: { open: "문서에 질문하기", close: "닫기", title: "문서에 질문하기" },
  };
  const wanted = script.dataset.lang || document.documentElement.lang || navigator.language || "en";
  const language = words[wanted.slice(0, 2).toLowerCase()] ? wanted.slice(0, 2).toLowerCase() : "en";
  const label = words[language];

  const host = document.createElement("tenkyo-widget");
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; }
    button {
      position: fixed; right: max(16px, env(safe-area-inset-right)); bottom: max(16px, env(safe-area-inset-bottom));
      z-index: 2147483000; display: flex; align-items: center; gap: 8px; max-width: calc(100vw - 32px);
      padding: 12px 18px; border: 0; border-radius: 999px; cursor: pointer; background: #1f4e79; color: #fff;
      font: 600 15px/1.2 system-ui, -apple-system, "Hiragino Sans", "Yu Gothic UI", "Noto Sans CJK JP", sans-serif;
      box-shadow: 0 4px 14px rgb(0 0 0 / 28%);
    }
    button:hover { background: #173b5c; }
    button:focus-visible { outline: 3px solid #ffd766; outline-offset: 2px; }
    svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 2; flex: none; }
    .frame {
      position: fixed; right: 16px; bottom: 16px; z-index: 2147483001; width: min(400px, calc(100vw - 32px));
      height: min(640px, calc(100vh - 32px)); border-radius: 14px; overflow: hidden; background: Canvas;
      box-shadow: 0 8px 32px rgb(0 0 0 / 32%); color-scheme: light dark;
    }
    iframe { width: 100%; height: 100%; border: 0; display: block; }
    [hidden] { display: none; }
    @media (max-width: 480px) {
      .frame { inset: 0; width: auto; height: auto; border-radius: 0; }
    }
  `);
  root.adoptedStyleSheets = [sheet];

  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-haspopup", "dialog");
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", "M4 5h16v11H9l-5 4z M8 9h8 M8 12h5");
  icon.append(line);
  const text = document.createElement("span");
  text.textContent = label.open;
  button.append(icon, text);
  root.append(button);

  const narrow = window.matchMedia("(max-width: 480px)");
  let frame = null;
  let iframe = null;
  let ready = false;
  let hidden = [];

  function build() {
    frame = document.createElement("div");
    frame.className = "frame";
    frame.setAttribute("role", "dialog");
    frame.setAttribute("aria-label", label.title);
    iframe = document.createElement("iframe");
    iframe.title = label.title;
    iframe.referrerPolicy = "no-referrer";
    iframe.allow = "local-network-access";
    iframe.src = `${new URL("widget", script.src)}?lang=${language}&embedded=${encodeURIComponent(location.origin)}`;
    frame.append(iframe);
    root.append(frame);
  }

  // on a phone the widget fills the screen: what lies under it is out of reach meanwhile
  function cover(covered) {
    if (covered && narrow.matches) {
      hidden = [...document.body.children].filter((child) => child !== host && !child.inert);
      for (const child of hidden) child.inert = true;
      frame.setAttribute("aria-modal", "true");
    } else {
      for (const child of hidden) child.inert = false;
      hidden = [];
      frame.removeAttribute("aria-modal");
    }
  }

  function open() {
    if (!frame) build();
    frame.hidden = false;
    button.hidden = true;
    button.setAttribute("aria-expanded", "true");
    cover(true);
    iframe.focus();
    if (ready) iframe.contentWindow.postMessage({ tenkyo: "focus" }, origin);
  }

  function close() {
    if (!frame || frame.hidden) return;
    frame.hidden = true;
    button.hidden = false;
    button.setAttribute("aria-expanded", "false");
    cover(false);
    button.focus();
  }

  button.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) close();
  });
  window.addEventListener("message", (event) => {
    if (!iframe || event.origin !== origin || event.source !== iframe.contentWindow) return;
    if (event.data && event.data.tenkyo === "close") close();
    if (event.data && event.data.tenkyo === "ready") {
      ready = true;
      iframe.contentWindow.postMessage({ tenkyo: "focus" }, origin);
    }
  });

  if (document.body) document.body.append(host);
  else document.addEventListener("DOMContentLoaded", () => document.body.append(host));
})();
