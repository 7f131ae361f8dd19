// The widget's script, https://HOST/widget.js. It may be included as a classic script or as a module.
//
// Attributes of the <script> element, all optional:
//   data-lang      ja, en, zh or ko; otherwise the language of the page, then that of the browser
//   data-title     words on the button, and name of the window
//   data-color     #rrggbb, of the button and of what is pressed in the window
//   data-position  right (default) or left
//   data-greeting  a line above the first question
//   data-starters  up to four questions to start with, separated by |
//   data-document  the id of one document (`tenkyo documents`): only it is asked
//   data-theme     auto (default: as the reader's system), light, dark, or host (as the page around it)

export interface Answered {
  question: string;
  /** False where the documents do not hold the answer. */
  found: boolean;
  /** Citations in the answer. */
  citations: number;
}

export interface TenkyoWidget {
  open(): void;
  close(): void;
  /** Opens the widget and asks. At most 500 characters: of a longer question it says that it is not asked. */
  ask(question: string): void;
  on(event: "opened" | "closed", listener: () => void): void;
  on(event: "answered", listener: (answered: Answered) => void): void;
}

declare global {
  interface Window {
    /** There once the script has run. */
    tenkyo?: TenkyoWidget;
  }
}
