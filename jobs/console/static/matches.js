// The employer's view: the candidates for a posting. It knows of them what the match says, no more.

import { announce, ask, find, make, moment, number, report, show, text } from "./page.js";
import { showRewrite } from "./rewrite.js";

const percent = (share) => number(100 * share, 1);

export class MatchesView {
  constructor() {
    this.shown = null; // the id of the match that is shown
    this.posting = null;
    find("choose-posting").addEventListener("submit", (event) => {
      event.preventDefault();
      this.choose(new FormData(event.target).get("posting_id"));
    });
  }

  async choose(postingId) {
    if (await ask("/posting", { posting_id: postingId })) report("");
  }

  update(state) {
    const match = state?.match;
    show(find("matches-posting"), state ? this.title(state) : text("no posting"));
    show(find("matches-hint"), this.hint(state));
    showRewrite(state?.rewrite);
    show(find("matches-versions"), match && this.versions(match));
    const before = this.candidates ?? new Set();
    const same = state?.posting_id === this.posting;
    this.candidates = new Set(match?.candidates.map((one) => one.candidate));
    const items = match?.candidates.map((one) => this.item(one, same && !before.has(one.candidate)));
    find("matches").replaceChildren(...(items ?? []));
    find("matches").dataset.match = match?.match_id ?? "";
    const changed = state && (!same || (match?.match_id ?? null) !== this.shown);
    this.posting = state?.posting_id;
    this.shown = match?.match_id ?? null;
    if (changed) {
      const count = match?.candidates.length ?? 0;
      announce(text("announce matches", { title: this.title(state), count }));
    }
  }

  title({ posting, posting_id }) {
    if (!posting.known) return text("unknown posting", { id: posting_id });
    return [posting.title, posting.employer].filter(Boolean).join(", ");
  }

  hint(state) {
    if (!state || state.match?.candidates.length) return "";
    return text(state.none_published ? "no matches" : "nobody fits");
  }

  versions(match) {
    return text("match versions", {
      model: `${match.model_name} ${match.model_version}`,
      catalogue: match.catalogue_version,
      as_of: moment(match.as_of),
    });
  }

  item(one, isNew) {
    const halves = {
      probability: percent(one.probability),
      requirement: number(100 * one.requirement),
    };
    return make(
      "li",
      { class: isNew ? "moved" : "" },
      make(
        "div",
        { class: "line" },
        make("span", { class: "rank" }, `${one.rank}.`),
        make("h3", { class: "id" }, one.candidate),
        one.disclosed ? make("span", { class: "badge" }, text("disclosed")) : "",
        isNew ? make("span", { class: "badge" }, text("new")) : "",
      ),
      make("p", { class: "dim" }, text("halves", halves).replaceAll(" %", "\u00a0%")),
      make(
        "ul",
        { class: "reasons", "aria-label": text("why candidate") },
        ...one.reasons.map((reason) => make("li", {}, reason)),
      ),
    );
  }
}
