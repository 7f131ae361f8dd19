// <script src="https://HOST/widget.js" data-lang="ja" async></script> puts a button on a course page that opens the
// widget in an iframe. No inline style, no innerHTML: it works under a strict Content-Security-Policy.
// The attributes and `window.tenkyo` are described in widget.d.ts.
(() => {
  "use strict";
  // a module has no currentScript: its address is in the stack of an error
  const address = document.currentScript?.src || /https?:[^\s)]+?\/widget\.js/.exec(new Error().stack)?.[0];
  if (!address) return;
  if (document.querySelector("tenkyo-widget")) return console.warn("tenkyo: one widget a page; left out:", address);
  const script = document.currentScript || document.querySelector(`script[src*="${new URL(address).pathname}"]`);
  const options = script ? script.dataset : {};
  const origin = new URL(address).origin;
  // label of the launcher and the dialog, of the close button, of the link if the page does not open
  const words = {
    ja: ["文書に質問する", "閉じる", "開けませんでした。別のページで開く"],
    en: ["Ask the documents", "Close", "It did not open. Open it in a new tab"],
    zh: ["向文献提问", "关闭", "未能打开。在新页面中打开"],
    ko: ["문서에 질문하기", "닫기", "열지 못했습니다. 새 페이지에서 열기"],
  };
  const PATIENCE = 4000; // milliseconds until the link appears for a frame that is not ready
  const wanted = (options.lang || document.documentElement.lang || navigator.language).slice(0, 2).toLowerCase();
  const language = words[wanted] ? wanted : "en";
  const [label, closeLabel, stuckLabel] = words[language];
  const title = options.title || label;
  const color = /^#[0-9a-f]{6}$/i.test(options.color) ? options.color : "#1d4f7c"; // also of the button in the frame
  const side = options.position === "left" ? "left" : "right";

  // The luma of a colour (Rec. 601) decides between white and black letters, and whether a page is dark.
  const isDark = ([red, green, blue]) => 0.299 * red + 0.587 * green + 0.114 * blue < 140;
  const onColor = isDark(color.match(/[^#]{2}/g).map((part) => parseInt(part, 16))) ? "#fff" : "#000";

  function theme() {
    if (options.theme !== "host") return options.theme || "auto";
    for (const element of [document.body, document.documentElement]) {
      const parts = getComputedStyle(element).backgroundColor.match(/[\d.]+/g).map(Number);
      if (parts[3] !== 0) return isDark(parts) ? "dark" : "light";
    }
    return "light"; // the canvas of a page without a background
  }

  const host = document.createElement("tenkyo-widget");
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; font: 16px/1.5 system-ui, sans-serif; }
    button { border: 0; cursor: pointer; font: inherit; }
    .launcher {
      position: fixed; ${side}: max(16px, env(safe-area-inset-${side})); bottom: max(16px, env(safe-area-inset-bottom));
      z-index: 2147483000; display: flex; gap: 10px; max-width: calc(100vw - 32px); padding: 10px 18px;
      border-radius: 99px; background: ${color}; color: ${onColor}; font-weight: 600; box-shadow: 0 4px 14px #0005;
    }
    .launcher:hover { filter: brightness(.85); }
    :focus-visible { outline: 3px solid #2f7dc4; outline-offset: 2px; }
    .frame {
      position: fixed; ${side}: 16px; bottom: 16px; z-index: 2147483000; width: min(400px, calc(100vw - 32px));
      height: min(640px, calc(100vh - 32px)); border-radius: 14px; overflow: hidden; background: Canvas;
      color-scheme: light dark; box-shadow: 0 4px 14px #0005;
    }
    iframe { width: 100%; height: 100%; border: 0; display: block; }
    .waiting { position: absolute; inset: 0; padding: 64px 24px; background: Canvas; color: CanvasText; text-align: center; }
    .waiting a { color: LinkText; padding: 8px; }
    .close { position: absolute; top: 8px; right: 8px; width: 44px; height: 44px; background: none; color: inherit; }
    [hidden] { display: none; }
    @media (max-width: 480px) { .frame { inset: 0; width: auto; height: auto; border-radius: 0; } }
    @media (max-width: 340px) { .launcher span { position: absolute; opacity: 0; } }
    @media print { :host { display: none; } }
  `);
  root.adoptedStyleSheets = [sheet];

  function make(name, properties, ...children) {
    const created = Object.assign(document.createElement(name), properties);
    created.append(...children);
    return created;
  }

  const button = make(
    "button",
    { className: "launcher", ariaHasPopup: "dialog", lang: language, onclick: open, onpointerenter: build },
    make("b", { textContent: "?", ariaHidden: "true" }),
    make("span", { textContent: title }),
  );
  root.append(button);

  const narrow = matchMedia("(max-width: 480px)");
  const asked = []; // questions that wait until the frame is ready
  let frame;
  let iframe;
  let waiting; // covers the frame until its page reports that it is ready
  let timer;
  let ready;
  let hidden = [];
  const removal = new MutationObserver(() => host.isConnected || cover()); // a page may take us out while we are open

  function tell(name, detail) {
    host.dispatchEvent(new CustomEvent(name, { detail }));
  }

  function post(message) {
    iframe.contentWindow.postMessage(message, origin);
  }

  // Called when the pointer is on the launcher, so that the page loads before the click.
  function build() {
    if (frame) return;
    const source = new URL("widget", address);
    const { document: only = "", token = "" } = options;
    source.search = new URLSearchParams({ lang: language, theme: theme(), document: only, token, embedded: location.origin });
    iframe = make("iframe", { title, referrerPolicy: "no-referrer", allow: "local-network-access", src: source });
    waiting = make("div", { className: "waiting", lang: language });
    frame = make("div", { className: "frame", role: "dialog", ariaLabel: title, hidden: true }, iframe, waiting);
    root.append(frame);
  }

  // If the page never loads, it cannot offer its own close button: this one is outside it.
  function wait() {
    const leave = make("button", { className: "close", ariaLabel: closeLabel, textContent: "✕", onclick: close });
    const status = make("div", { role: "status", textContent: "…" });
    waiting.replaceChildren(status, leave);
    waiting.hidden = false;
    leave.focus();
    timer = setTimeout(() => {
      // _blank implies rel="noopener"
      status.replaceChildren(make("a", { href: new URL("chat", address), target: "_blank", textContent: stuckLabel }));
    }, PATIENCE);
  }

  function greet() {
    clearTimeout(timer);
    waiting.hidden = true;
    iframe.focus();
    post({ tenkyo: "focus" });
  }

  function isOpen() {
    return frame && !frame.hidden && host.isConnected;
  }

  // On a phone the widget fills the screen; only then, the page under it is made inert.
  function cover() {
    for (const child of hidden) child.inert = false;
    const covers = isOpen() && narrow.matches;
    hidden = covers ? [...document.body.children].filter((child) => child !== host && !child.inert) : [];
    for (const child of hidden) child.inert = true;
    if (frame) frame.ariaModal = covers;
  }

  function open() {
    if (isOpen()) return;
    build();
    frame.hidden = false;
    button.hidden = true;
    cover();
    removal.observe(document.documentElement, { childList: true, subtree: true });
    if (ready) greet();
    else wait();
    tell("opened");
  }

  function hide() {
    clearTimeout(timer);
    removal.disconnect();
    frame.hidden = true;
    button.hidden = false;
    cover();
    tell("closed");
    drop();
  }

  // A page that did not load is requested anew the next time.
  function drop() {
    if (ready || isOpen()) return;
    frame.remove();
    frame = undefined;
  }

  function close() {
    if (!isOpen()) return;
    hide();
    button.focus();
  }

  function ask(question) {
    open();
    asked.push(String(question));
    if (ready) send();
  }

  function send() {
    for (const question of asked.splice(0)) post({ tenkyo: "ask", question });
  }

  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) close();
  });
  addEventListener("message", (event) => {
    if (!frame || event.origin !== origin || event.source !== iframe.contentWindow) return;
    const { tenkyo: name, ...detail } = event.data || {};
    if (name === "close") close();
    if (name === "answered") tell(name, detail);
    if (name === "refused") {
      drop();
      waiting.className = ""; // the page says why; only the close button stays over it
      waiting.firstChild?.remove();
    }
    if (name === "ready") {
      ready = true;
      post({ tenkyo: "options", ...options, color, onColor });
      if (isOpen()) greet();
      send();
    }
  });
  narrow.addEventListener("change", cover); // rotated
  addEventListener("pagehide", () => isOpen() && hide()); // so that a page restored from the cache is usable

  window.tenkyo = {
    open,
    close,
    ask,
    on: (name, listener) => host.addEventListener(name, (event) => listener(event.detail)),
  };
  (document.body || document.documentElement).append(host); // in the head there is no body yet
})();
