"use strict";
// The page works without this: the selects filter by style sheet alone. This adds the search in the text, the
// count of what is shown, and the reader's own language; choices, which hold plain text alone, are in both without it.
{
  const find = (id) => document.getElementById(id);
  if (!navigator.language.startsWith("ja") && find("show-en")) find("show-en").checked = true;
  const language = () => {
    const shown = find("show-en").checked ? "en" : "ja";
    document.documentElement.lang = shown;
    for (const option of document.querySelectorAll("option[data-ja]")) option.text = option.dataset[shown];
  };
  for (const id of ["show-ja", "show-en"]) find(id).addEventListener("change", language);
  language();

  const filters = find("filters");
  if (filters) {
    const questions = [...document.querySelectorAll(".q")];
    const text = find("filter-text");
    const count = find("shown");
    let texts = null;
    const fold = (value) => value.normalize("NFKC").toLowerCase();
    const chosen = () => [...filters.querySelectorAll("select")].map((one) => one.value).filter(Boolean);
    const show = () => {
      const words = fold(text.value).split(/\s+/).filter(Boolean);
      if (words.length) texts ??= questions.map((one) => fold(one.textContent));
      const classes = chosen();
      let shown = 0;
      questions.forEach((one, number) => {
        one.hidden = !words.every((word) => texts[number].includes(word));
        if (!one.hidden && classes.every((name) => one.classList.contains(name))) shown += 1;
      });
      count.textContent = `${shown} / ${questions.length}`;
    };
    let timer = 0;
    text.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 150); });
    filters.addEventListener("change", show);
    for (const one of filters.querySelectorAll("[hidden]")) one.hidden = false;
    show();
  }
}
