"use strict";
// The page works without this: the selects filter by style sheet alone. This adds the search in the text, the
// count of what is shown, and the language: that of ?lang=, else the browser's.
{
  const find = (id) => document.getElementById(id);
  const choices = [...document.querySelectorAll("[name=show]")];
  const asked = new URLSearchParams(location.search).get("lang") || navigator.language.slice(0, 2);
  (find(`show-${asked}`) || find("show-en")).checked = true;
  const language = () => {
    const shown = choices.find((choice) => choice.checked).id.slice("show-".length);
    document.documentElement.lang = shown;
    document.title = document.querySelector("title").dataset[shown];
    for (const select of document.querySelectorAll("#filters select")) {
      // the same choice in the other language
      const { value } = select;
      [...select.options].find((option) => option.lang === shown && option.value === value).selected = true;
    }
  };
  for (const choice of choices) choice.addEventListener("change", language);
  language();

  const filters = find("filters");
  if (filters) {
    const questions = [...document.querySelectorAll(".q")];
    const text = find("filter-text");
    const count = find("shown");
    let texts = null;
    const fold = (value) => value.normalize("NFKC").toLowerCase();
    const chosen = () => [...filters.querySelectorAll("select")].map((select) => select.value).filter(Boolean);
    const show = () => {
      const words = fold(text.value).split(/\s+/).filter(Boolean);
      if (words.length) texts ??= questions.map((question) => fold(question.textContent));
      const classes = chosen();
      let shown = 0;
      questions.forEach((question, number) => {
        question.hidden = !words.every((word) => texts[number].includes(word));
        if (!question.hidden && classes.every((name) => question.classList.contains(name))) shown += 1;
      });
      count.textContent = `${shown} / ${questions.length}`;
    };
    let timer = 0;
    text.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 150); });
    filters.addEventListener("change", show);
    for (const label of filters.querySelectorAll("[hidden]")) label.hidden = false;
    show();
  }
}
