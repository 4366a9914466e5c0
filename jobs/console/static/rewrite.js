// A posting in plain words, as the topic rewrites brings it.

import { find, make, number, text } from "./page.js";

let shown = ""; // an open text keeps its place while the matches beside it move

export function showRewrite(rewrite) {
  find("rewrite").hidden = !rewrite;
  const content = JSON.stringify(rewrite ?? null);
  if (content === shown) return;
  shown = content;
  find("rewrite-text").replaceChildren(...(rewrite ? parts(rewrite) : []));
}

function parts(rewrite) {
  const author = rewrite.author === "rules" ? text("rewritten by rules") : rewrite.author;
  const by = text("rewritten by", { author, facts: number(rewrite.facts) });
  const refused = text("rewrite refused", { reason: rewrite.refused.join("; ") });
  const remarks = rewrite.remarks.map((one) => text(one.replacement ? "replaced" : "kept", one));
  return [
    ...rewrite.sections.flatMap((own) => section(own.heading, own.lines, rewrite.language)),
    make("p", { class: "dim" }, rewrite.sections.length ? by : refused),
    ...(remarks.length ? section(text("remarks"), remarks) : []),
  ];
}

function section(heading, lines, language) {
  const options = language ? { lang: language } : {};
  const items = lines.map((line) => make("li", {}, line));
  return [make("h3", options, heading), make("ul", options, ...items)];
}
