// Both pages of the console.

import { announce, ask, find, make, moment, number, report, seconds, show, text } from "./page.js";
import { ConversationView } from "./conversation.js";
import { MatchesView } from "./matches.js";
import { PlanView } from "./plan.js";

for (const name of ["language", "theme"]) {
  find(name).addEventListener("change", async (event) => {
    if (await ask("/preferences", { [name]: event.target.value })) location.reload();
  });
}
// The token has opened the session. It should not stay in the address.
if (location.search) history.replaceState(null, "", location.pathname);

// --- A candidate's page ----------------------------------------------------------------------------

const PATIENCE_SECONDS = 20;
const MOST_REMEMBERED = 100;
const KEYS = { v: "view", s: "save", d: "dismiss" };

class CandidatePage {
  constructor() {
    this.list = null;
    this.candidate = null;
    this.clicks = new Map(); // event id → time of the click, until a list answers it
    this.answers = new Map(); // event id → time at which its list was shown
    this.latencies = [];
    this.matches = new MatchesView();
    this.conversation = new ConversationView();
    this.plan = new PlanView();
    find("choose").addEventListener("submit", (event) => this.choose(event));
    find("stated").addEventListener("submit", (event) => this.makeUp(event));
    document.addEventListener("keydown", (event) => this.key(event));
    setInterval(() => this.checkPatience(), 1000);
    this.connect();
  }

  connect() {
    const source = new EventSource("/stream");
    source.addEventListener("open", () => this.connected(text("live"), ""));
    source.addEventListener("state", (event) => this.update(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      const ended = source.readyState === EventSource.CLOSED;
      this.connected(text("connecting"), text(ended ? "ended" : "lost"));
    });
  }

  connected(state, trouble) {
    find("connection").textContent = state;
    show(find("trouble"), trouble);
  }

  update(state) {
    if (state.candidate) this.showCandidate(state.candidate);
    if (state.status) this.showStatus(state.status);
    if ("profile" in state) this.showProfile(state.profile);
    if ("list" in state) this.showList(state.list);
    if (state.conversation) this.conversation.update(state.conversation);
    if (state.plan) this.plan.update(state.plan);
    if ("matches" in state) this.matches.update(state.matches);
    const shownAt = performance.now();
    for (const id of state.answered) {
      if (!this.answers.has(id)) remember(this.answers, id, shownAt);
    }
    this.measure();
  }

  showCandidate({ id, recent }) {
    if (id !== this.candidate) {
      this.candidate = id;
      this.list = null;
      this.clicks.clear();
    }
    find("chosen").textContent = id ? text("shown", { id }) : text("nobody");
    find("recent").replaceChildren(...recent.map((each) => make("option", { value: each })));
    find("recent-line").hidden = !recent.length;
    find("recent-buttons").replaceChildren(
      ...recent.map((each) =>
        make("button", { type: "button", on: () => ask("/candidate", { candidate_id: each }) }, each),
      ),
    );
  }

  showStatus(status) {
    this.status = status;
    show(find("trouble"), status.trouble);
    this.showHint();
  }

  showHint() {
    const status = this.status ?? {};
    let hint = "";
    if (status.behind) hint = text("catching up", { count: number(status.behind) });
    else if (status.no_lists) hint = text("no lists");
    else if (this.late) hint = text("no answer", { seconds: PATIENCE_SECONDS });
    else if (this.candidate && !this.list) hint = text("waiting");
    else if (this.list && !this.list.items.length) hint = text("empty");
    show(find("hint"), hint);
  }

  showList(list) {
    const before = this.list;
    this.list = list;
    this.showHint();
    const places = new Map((before?.items ?? []).map((item) => [item.posting_id, item.rank]));
    const focused = this.focusedIndex();
    const focusedId = focused < 0 ? null : before?.items[focused]?.posting_id;
    const items = (list?.items ?? []).map((item) => this.listItem(item, before && places));
    find("list").replaceChildren(...items);
    find("list").dataset.recommendation = list?.recommendation_id ?? "";
    if (focused >= 0 && items.length) {
      const same = items.find((item) => item.dataset.posting === focusedId);
      (same ?? items[Math.min(focused, items.length - 1)]).focus({ preventScroll: Boolean(same) });
    }
    if (!list) return show(find("versions"), "");
    show(
      find("versions"),
      text("versions", {
        profile: list.profile_version,
        model: `${list.model_name} ${list.model_version}`,
        catalogue: list.catalogue_version,
        as_of: moment(list.as_of),
      }),
    );
    if (before && before.recommendation_id !== list.recommendation_id) {
      this.announceChange(list, places);
    }
  }

  announceChange(list, places) {
    const added = list.items.filter((item) => !places.has(item.posting_id)).length;
    const moved = list.items.filter(
      (item) => places.has(item.posting_id) && places.get(item.posting_id) !== item.rank,
    ).length;
    const first = list.items[0] ? this.title(list.items[0]) : "-";
    const changed = added || moved;
    announce(changed ? text("announce", { new: added, moved, first }) : text("announce same"));
  }

  title(item) {
    return item.known ? item.title : text("unknown posting", { id: item.posting_id });
  }

  listItem(item, places) {
    const badge = places ? this.badge(item, places.get(item.posting_id)) : "";
    const title = this.title(item);
    const link = item.link && {
      href: item.link,
      rel: "noopener noreferrer nofollow",
      target: "_blank",
      title: text("open link"),
    };
    const facts = [item.employer, item.place, item.salary];
    if (item.probability !== null) {
      facts.push(text("probability", { share: number(100 * item.probability, 1) }));
    }
    const buttons = Object.values(KEYS).map((kind) =>
      make(
        "button",
        {
          type: "button",
          "aria-label": text("action on", { action: text(kind), title }),
          data: { kind },
          on: () => this.act(kind, item),
        },
        text(kind),
      ),
    );
    buttons.push(
      make(
        "button",
        {
          type: "button",
          "aria-label": text("action on", { action: text("matches"), title }),
          data: { kind: "matches" },
          on: () => this.matches.choose(item.posting_id),
        },
        text("matches"),
      ),
    );
    return make(
      "li",
      { tabindex: "-1", class: badge ? "moved" : "", data: { posting: item.posting_id } },
      make(
        "div",
        { class: "line" },
        make("span", { class: "rank" }, `${item.rank}.`),
        make("h3", {}, link ? make("a", link, title) : title),
        badge && make("span", { class: "badge" }, badge),
      ),
      make("p", { class: "dim" }, facts.filter(Boolean).join(" · ").replace(/ %/, "\u00a0%")),
      make(
        "ul",
        { class: "reasons", "aria-label": text("why") },
        ...item.reasons.map((reason) => make("li", {}, reason)),
      ),
      make("div", { class: "buttons" }, ...buttons),
    );
  }

  badge(item, before) {
    if (before === undefined) return text("new");
    if (before === item.rank) return "";
    const places = Math.abs(before - item.rank);
    return text(before > item.rank ? "up" : "down", { places });
  }

  showProfile(profile) {
    const place = find("profile");
    if (!profile) return place.replaceChildren(make("p", { class: "dim" }, text("no profile")));
    const before = this.profileEvents ?? new Set();
    this.profileEvents = new Set(profile.events.map((event) => event.event_id));
    const stated = Object.entries(profile.stated).flatMap(([name, value]) => [
      make("dt", {}, text(`stated ${name}`)),
      make("dd", {}, Array.isArray(value) ? value.join(", ") : value),
    ]);
    const held = profile.experience.map((each) =>
      make("li", {}, [each.title, each.employer].filter(Boolean).join(", ")),
    );
    const events = profile.events.map((event) =>
      make(
        "li",
        { class: before.size && !before.has(event.event_id) ? "fresh" : "" },
        `${text(event.kind)}: `,
        event.title ?? text("unknown posting", { id: event.posting_id }),
        make("div", { class: "dim" }, moment(event.at)),
      ),
    );
    const version = { version: profile.version, as_of: moment(profile.as_of) };
    place.replaceChildren(
      make("p", {}, text("profile version", version)),
      make("p", { class: "dim" }, text("marked", profile)),
      ...(stated.length ? [make("h3", {}, text("stated")), make("dl", {}, ...stated)] : []),
      ...(held.length ? [make("h3", {}, text("experience")), make("ul", {}, ...held)] : []),
      make("h3", {}, text("events")),
      events.length ? make("ul", {}, ...events) : make("p", { class: "dim" }, text("no events")),
      profile.more_events
        ? make("p", { class: "dim" }, text("more events", { count: profile.more_events }))
        : "",
    );
  }

  async act(kind, item) {
    const clickedAt = performance.now();
    const sent = { action: text(kind), title: this.title(item) };
    const answer = await ask("/events", {
      kind,
      posting_id: item.posting_id,
      recommendation_id: this.list.recommendation_id,
    });
    if (!answer) return;
    report("");
    announce(text("sent", sent));
    remember(this.clicks, answer.event_id, clickedAt);
    this.measure();
  }

  /** Show the time from a click until the page showed the list that answers it. */
  measure() {
    for (const [id, clickedAt] of this.clicks) {
      const shownAt = this.answers.get(id);
      if (shownAt === undefined) continue;
      this.clicks.delete(id);
      this.late = false;
      this.latencies = [...this.latencies.slice(1 - MOST_REMEMBERED), shownAt - clickedAt];
      const line = find("latency");
      const sorted = [...this.latencies].sort((a, b) => a - b);
      const median = { count: sorted.length, ms: Math.round(sorted[sorted.length >> 1]) };
      const newest = Math.round(shownAt - clickedAt);
      line.textContent = `${text("latency", { ms: newest })} (${text("latency median", median)})`;
      line.dataset.event = id;
      line.dataset.ms = newest;
      this.showHint();
    }
  }

  checkPatience() {
    const oldest = Math.min(...this.clicks.values());
    this.late = performance.now() - oldest > PATIENCE_SECONDS * 1000;
    this.showHint();
  }

  async choose(event) {
    event.preventDefault();
    const given = new FormData(event.target).get("candidate_id");
    if (await ask("/candidate", { candidate_id: given })) report("");
  }

  async makeUp(event) {
    event.preventDefault();
    if (await ask("/candidate/new", Object.fromEntries(new FormData(event.target)))) {
      report("");
      event.target.reset();
      find("make-up").open = false;
      find("chosen").scrollIntoView({ block: "nearest" });
    }
  }

  focusedIndex() {
    const item = document.activeElement?.closest("#list > li");
    return item ? [...find("list").children].indexOf(item) : -1;
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest("input, textarea, select")) return;
    const items = find("list").children;
    const index = this.focusedIndex();
    if (event.key === "j" || event.key === "k") {
      const next = index < 0 ? 0 : index + (event.key === "j" ? 1 : -1);
      items[Math.max(0, Math.min(next, items.length - 1))]?.focus();
    } else if (event.key === "m" && index >= 0) {
      this.matches.choose(this.list.items[index].posting_id);
    } else if (KEYS[event.key] && index >= 0) {
      this.act(KEYS[event.key], this.list.items[index]);
    } else return;
    event.preventDefault();
  }
}

/** Keep a value in a map that forgets the oldest ones. */
function remember(map, key, value) {
  map.set(key, value);
  if (map.size > MOST_REMEMBERED) map.delete(map.keys().next().value);
}

// --- The operator's page ---------------------------------------------------------------------------

const REPORT_MS = 2000;
const MODELS_MS = 30000;

/** Make a table; a row is a list of cells, of which the first is its header. */
function table(headers, rows) {
  const cells = (row) => row.map((cell, n) => make(n ? "td" : "th", n ? {} : { scope: "row" }, cell));
  return make(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": headers[0] },
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, ...headers.map((each) => make("th", { scope: "col" }, each)))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...cells(row)))),
    ),
  );
}

const dim = (line) => make("p", { class: "dim" }, line);

class OperatorPage {
  constructor() {
    find("read-letters").addEventListener("click", () => this.readLetters());
    find("replay-all").addEventListener("click", () => this.replay(this.keys));
    this.keys = [];
    this.repeat(REPORT_MS, () => this.readReport());
    this.repeat(MODELS_MS, () => this.readModels());
    this.readLetters();
  }

  async repeat(pause, read) {
    for (;;) {
      if (!document.hidden) await read();
      await new Promise((resume) => setTimeout(resume, pause));
    }
  }

  async readReport() {
    const answer = await ask("/operator/report");
    find("connection").textContent = text(answer ? "live" : "connecting");
    if (!answer) return;
    show(find("trouble"), answer.broker === "ok" ? "" : answer.broker);
    this.showJobs(answer.jobs);
    this.showQueries(answer.queries);
    const topics = answer.topics.map((each) => [each.topic, number(each.messages)]);
    const headers = [text("topic"), text("messages")];
    find("topics").replaceChildren(topics.length ? table(headers, topics) : dim("-"));
  }

  showJobs(jobs) {
    const headers = ["job", "health", "lists made", "p50", "p99", "since"].map((key) => text(key));
    const rows = jobs.map((job) => [
      job.job,
      make("span", { class: job.healthy ? "good" : "bad" }, job.healthy ? text("ok") : job.trouble),
      number(job.recommendations),
      seconds(job.latency_p50_seconds),
      seconds(job.latency_p99_seconds),
      job.started_at ? moment(job.started_at) : "-",
    ]);
    find("jobs").replaceChildren(rows.length ? table(headers, rows) : dim(text("no jobs")));
  }

  showQueries(queries) {
    const keys = ["query", "lag", "batch", "in a second", "batch time", "state rows", "seen"];
    const rows = queries.map((query) => [
      query.query,
      Object.entries(query.lag)
        .map(([topic, messages]) => `${topic} ${number(messages)}`)
        .join(", ") || "-",
      number(query.batch_id),
      number(query.input_rows_per_second),
      seconds(query.mean_batch_seconds),
      number(query.state_rows),
      seconds(query.seen_seconds_ago),
    ]);
    const headers = keys.map((key) => text(key));
    find("queries").replaceChildren(rows.length ? table(headers, rows) : dim("-"));
  }

  async readLetters() {
    const answer = await ask("/operator/dead-letters");
    if (!answer) return;
    this.keys = answer.newest.map((letter) => letter.key);
    find("replay-all").hidden = !this.keys.length;
    if (!answer.letters) return find("letters").replaceChildren(dim(text("no letters")));
    const counts = answer.counts.map((row) => [row.reason, row.topic, row.job, number(row.letters)]);
    const newest = answer.newest.map((letter) => [
      letter.key,
      letter.reason,
      letter.text,
      moment(letter.at),
      make(
        "button",
        {
          type: "button",
          "aria-label": text("replay letter", { key: letter.key }),
          on: () => this.replay([letter.key]),
        },
        text("replay"),
      ),
    ]);
    const countHeaders = ["reason", "topic", "job", "letters"].map((key) => text(key));
    const headers = ["key", "reason", "text", "at", "replay"].map((key) => text(key));
    find("letters").replaceChildren(
      dim(text("letters in all", { count: number(answer.letters) })),
      table(countHeaders, counts),
      table(headers, newest),
    );
  }

  async replay(keys) {
    const answer = await ask("/operator/replay", { keys });
    if (!answer) return;
    report("");
    const outcomes = Object.entries(answer.outcomes).filter(([, count]) => count);
    const line = outcomes.map(([outcome, count]) => `${outcome} ${count}`).join(", ");
    find("replayed").textContent = text("replayed", { outcomes: line });
    await this.readLetters();
  }

  async readModels() {
    const answer = await ask("/operator/models");
    if (!answer) return;
    if (!answer.versions.length) return find("models").replaceChildren(dim(text("no models")));
    const names = Object.entries(answer.aliases);
    const headers = ["version", "alias", "kind", "cut"].map((key) => text(key));
    const rows = answer.versions.map((each) => [
      each.version,
      names.flatMap(([alias, version]) => (version === each.version ? [alias] : [])).join(", ") || "-",
      each.kind,
      each.cut ? moment(each.cut) : "-",
    ]);
    const past = answer.champions.map((entry) =>
      make("li", {}, `${moment(entry.time)}: ${text("version")} ${entry.version}. ${entry.reason}`),
    );
    find("models").replaceChildren(
      table(headers, rows),
      ...this.gate(answer.gate),
      make("h3", {}, text("past champions")),
      make("ul", {}, ...past),
    );
  }

  gate(gate) {
    if (!gate) return [dim(text("no gate"))];
    const verdict = text(gate.passed ? "passed" : gate.forced ? "forced" : "refused");
    const headers = [text("segment"), text("number"), ...gate.segments[0]?.models.map((m) => m.model) ?? []];
    const signed = (value) => (value >= 0 ? "+" : "") + value.toFixed(4);
    const rows = gate.segments.map((segment) => [
      segment.segment,
      `${number(segment.turns)} / ${number(segment.candidates)}`,
      ...segment.models.map(({ quality, lead }) => {
        if (!lead) return quality.toFixed(4);
        const [middle, low, high] = lead.map(signed);
        const mark = lead[1] > 0 ? "good" : lead[2] < 0 ? "bad" : "";
        const line = text("lead", { lead: middle, low, high });
        return make("span", {}, `${quality.toFixed(4)}, `, make("span", { class: mark }, line));
      }),
    ]);
    return [
      make("h3", {}, text("gate", { version: gate.version })),
      make("p", { class: gate.passed ? "good" : "bad" }, verdict),
      make("p", {}, gate.text),
      rows.length ? table(headers, rows) : "",
    ];
  }
}

if (document.body.dataset.page === "candidate") new CandidatePage();
else new OperatorPage();
