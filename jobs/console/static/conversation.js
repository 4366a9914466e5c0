// The conversation of the candidate who is shown, with the job converse.

import { ask, find, make, report, show, text } from "./page.js";

const PATIENCE_SECONDS = 20;

export class ConversationView {
  constructor() {
    this.candidate = null;
    this.waitingSince = null;
    find("say").addEventListener("submit", (event) => this.say(event));
    setInterval(() => this.showHint(), 1000);
  }

  async say(event) {
    event.preventDefault();
    const form = event.target;
    const said = new FormData(form).get("text");
    this.waitingSince = performance.now();
    const sent = await ask("/say", { text: said });
    if (!sent) {
      this.waitingSince = null;
      return;
    }
    report("");
    form.reset();
  }

  update(state) {
    if (state.candidate_id !== this.candidate) {
      this.candidate = state.candidate_id;
      this.waitingSince = null;
      find("turns").replaceChildren();
    }
    const last = state.turns.at(-1);
    if (last?.speaker === "careerstream") this.waitingSince = null;
    const known = new Set([...find("turns").children].map((item) => item.dataset.turn));
    // Only new turns are added, so that a screen reader reads these alone.
    const added = state.turns.filter((turn) => !known.has(turn.turn_id)).map((turn) => this.turn(turn));
    find("turns").append(...added);
    if (added.length) find("turns").scrollTop = find("turns").scrollHeight;
    this.showHint();
  }

  turn(turn) {
    const speaker = text(`speaker ${turn.speaker}`);
    return make(
      "li",
      { class: turn.speaker, data: { turn: turn.turn_id } },
      make("strong", {}, `${speaker}: `),
      make("span", {}, turn.text),
    );
  }

  showHint() {
    const seconds = this.waitingSince === null ? 0 : (performance.now() - this.waitingSince) / 1000;
    const late = seconds > PATIENCE_SECONDS;
    show(find("say-hint"), late ? text("nobody answers", { seconds: PATIENCE_SECONDS }) : "");
  }
}
