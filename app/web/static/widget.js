// <script src="https://HOST/widget.js" data-lang="ja" async></script> puts a button on a course page that opens the
// widget in an iframe. No inline style, no innerHTML: it works under a strict Content-Security-Policy.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || document.querySelector("tenkyo-widget")) return;
  const origin = new URL(script.src).origin;
  const words = {
    ja: {
      open: "文書に質問する",
      close: "閉じる",
      title: "文書への質問",
      opening: "開いています…",
      stuck: "開けませんでした。サーバーが混み合っているか、接続できません。",
      chat: "質問のページを開く",
    },
    en: {
      open: "Ask the documents",
      close: "Close",
      title: "Questions to the documents",
      opening: "Opening…",
      stuck: "This did not open. The server is busy or cannot be reached.",
      chat: "Open the chat page",
    },
    zh: {
      open: "向文献提问",
      close: "关闭",
      title: "向文献提问",
      opening: "正在打开……",
      stuck: "未能打开。服务器繁忙或无法连接。",
      chat: "打开问答页面",
    },
    ko: {
      open: "문서에 질문하기",
      close: "닫기",
      title: "문서에 질문하기",
      opening: "여는 중…",
      stuck: "열지 못했습니다. 서버가 바쁘거나 연결할 수 없습니다.",
      chat: "질문 페이지 열기",
    },
  };
  const PATIENCE = 4000; // milliseconds until a frame that is not ready is said to be stuck
  const wanted = script.dataset.lang || document.documentElement.lang || navigator.language || "en";
  const language = words[wanted.slice(0, 2).toLowerCase()] ? wanted.slice(0, 2).toLowerCase() : "en";
  const label = words[language];

  const host = document.createElement("tenkyo-widget");
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; }
    .launcher {
      position: fixed; right: max(16px, env(safe-area-inset-right)); bottom: max(16px, env(safe-area-inset-bottom));
      z-index: 2147483000; display: flex; align-items: center; gap: 8px; max-width: calc(100vw - 32px);
      padding: 12px 18px; border: 0; border-radius: 999px; cursor: pointer; background: #1f4e79; color: #fff;
      font: 600 15px/1.2 system-ui, -apple-system, "Hiragino Sans", "Yu Gothic UI", "Noto Sans CJK JP", sans-serif;
      box-shadow: 0 4px 14px rgb(0 0 0 / 28%);
    }
    .launcher:hover { background: #173b5c; }
    .launcher:focus-visible { outline: 3px solid #ffd766; outline-offset: 2px; }
    svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 2; flex: none; }
    .frame {
      position: fixed; right: 16px; bottom: 16px; z-index: 2147483001; width: min(400px, calc(100vw - 32px));
      height: min(640px, calc(100vh - 32px)); border-radius: 14px; overflow: hidden; background: Canvas;
      box-shadow: 0 8px 32px rgb(0 0 0 / 32%); color-scheme: light dark;
    }
    iframe { width: 100%; height: 100%; border: 0; display: block; }
    .waiting {
      position: absolute; inset: 0; display: flex; flex-direction: column; align-items: center; justify-content: center;
      gap: 16px; padding: 56px 24px; background: Canvas; color: CanvasText; text-align: center; overflow-wrap: anywhere;
      font: 16px/1.6 system-ui, -apple-system, "Hiragino Sans", "Yu Gothic UI", "Noto Sans CJK JP", sans-serif;
    }
    .waiting p { margin: 0; max-width: 30em; text-wrap: balance; word-break: auto-phrase; }
    .waiting a { color: LinkText; padding: 8px; }
    .close {
      position: absolute; top: max(8px, env(safe-area-inset-top)); right: max(8px, env(safe-area-inset-right));
      width: 44px; height: 44px; padding: 12px; border: 0; border-radius: 10px; background: none; color: inherit; cursor: pointer;
    }
    .close:hover { background: color-mix(in srgb, CanvasText 10%, transparent); }
    .close:focus-visible, .waiting a:focus-visible { outline: 3px solid #2f7dc4; outline-offset: -2px; }
    [hidden] { display: none; }
    @media (max-width: 480px) {
      .frame { inset: 0; width: auto; height: auto; border-radius: 0; }
    }
  `);
  root.adoptedStyleSheets = [sheet];

  function drawn(path) {
    const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    icon.setAttribute("viewBox", "0 0 24 24");
    icon.setAttribute("aria-hidden", "true");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("d", path);
    icon.append(line);
    return icon;
  }

  const button = document.createElement("button");
  button.type = "button";
  button.className = "launcher";
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-haspopup", "dialog");
  const text = document.createElement("span");
  text.textContent = label.open;
  button.append(drawn("M4 5h16v11H9l-5 4z M8 9h8 M8 12h5"), text);
  root.append(button);

  const narrow = window.matchMedia("(max-width: 480px)");
  let frame = null;
  let iframe = null;
  let waiting = null; // what lies over the frame until its page says that it is ready
  let timer = 0;
  let ready = false;
  let hidden = [];
  const removal = new MutationObserver(() => host.isConnected || cover()); // a page may take us out while we are open

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
    waiting = document.createElement("div");
    waiting.className = "waiting";
    waiting.lang = language;
    frame.append(iframe, waiting);
    root.append(frame);
  }

  // The page under it may never come, and then nothing in it can close it: this can.
  function wait() {
    const status = document.createElement("p");
    status.setAttribute("role", "status");
    status.textContent = label.opening;
    const leave = document.createElement("button");
    leave.type = "button";
    leave.className = "close";
    leave.setAttribute("aria-label", label.close);
    leave.append(drawn("M6 6l12 12M18 6L6 18"));
    leave.addEventListener("click", close);
    waiting.replaceChildren(status, leave);
    waiting.hidden = false;
    leave.focus();
    timer = setTimeout(() => {
      const link = document.createElement("a");
      link.href = new URL("chat", script.src);
      link.target = "_blank";
      link.rel = "noopener";
      link.textContent = label.chat;
      status.textContent = label.stuck;
      status.after(link);
    }, PATIENCE);
  }

  function greet() {
    clearTimeout(timer);
    waiting.hidden = true;
    iframe.focus();
    iframe.contentWindow.postMessage({ tenkyo: "focus" }, origin);
  }

  function isOpen() {
    return frame !== null && !frame.hidden && host.isConnected;
  }

  // On a phone the widget fills the screen: what lies under it is out of reach meanwhile, and only then.
  function cover() {
    if (isOpen() && narrow.matches) {
      if (hidden.length) return;
      hidden = [...document.body.children].filter((child) => child !== host && !child.inert);
      for (const child of hidden) child.inert = true;
      frame.setAttribute("aria-modal", "true");
    } else {
      for (const child of hidden) child.inert = false;
      hidden = [];
      frame?.removeAttribute("aria-modal");
    }
  }

  function open() {
    if (!frame) build();
    frame.hidden = false;
    button.hidden = true;
    button.setAttribute("aria-expanded", "true");
    cover();
    removal.observe(document.documentElement, { childList: true, subtree: true });
    if (ready) greet();
    else wait();
  }

  function hide() {
    clearTimeout(timer);
    removal.disconnect();
    frame.hidden = true;
    button.hidden = false;
    button.setAttribute("aria-expanded", "false");
    cover();
    if (ready) return;
    frame.remove(); // the next time it is asked for anew
    frame = null;
    iframe = null;
  }

  function close() {
    if (!isOpen()) return;
    hide();
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
      if (isOpen()) greet();
    }
  });
  narrow.addEventListener("change", cover); // rotated
  window.addEventListener("pagehide", () => isOpen() && hide()); // a page that comes back from the cache is usable

  if (document.body) document.body.append(host);
  else document.addEventListener("DOMContentLoaded", () => document.body.append(host));
})();
