// Print works in citation styles, with the bounds and the name of each field marked.
//
//   node render.js CITEPROC LOCALES WORKS.json LISTS.jsonl > ENTRIES.jsonl
//
// A list is {style, locale, works: [indexes]}; an entry is {list, work, html}. A field is U+E000 name U+E001 words U+E002.
const fs = require("fs");
const path = require("path");
const [citeproc, locales, worksFile, listsFile] = process.argv.slice(2);
const CSL = require(citeproc);
const works = JSON.parse(fs.readFileSync(worksFile, "utf8"));
const lists = fs.readFileSync(listsFile, "utf8").trim().split("\n").map((line) => JSON.parse(line));

function localeOf(language) {
  const file = path.join(locales, `locales-${language}.xml`);
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : null;
}

const system = {
  retrieveLocale: (language) => localeOf(language) || localeOf("en-US"),
  retrieveItem: (id) => ({ ...works[Number(id)], id }),
  variableWrapper: (field, before, words, after) =>
    `${before}\uE000${field.variableNames[0]}\uE001${words}\uE002${after}`,
};

lists.forEach((list, index) => {
  try {
    const engine = new CSL.Engine(system, fs.readFileSync(list.style, "utf8"), list.locale, Boolean(list.locale));
    engine.updateItems(list.works.map(String));
    const printed = engine.makeBibliography();
    if (!printed) return; // a style of notes without a bibliography
    printed[1].forEach((html, place) => {
      console.log(JSON.stringify({ list: index, work: Number(printed[0].entry_ids[place][0]), html }));
    });
  } catch (error) {
    console.error(`${list.style}: ${error}`);
  }
});
