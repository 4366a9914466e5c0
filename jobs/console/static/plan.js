// The way from what the candidate who is shown has to a goal, as the topic plans brings it.

import { announce, ask, find, make, number, report, show, text } from "./page.js";

export class PlanView {
  constructor() {
    this.shown = null; // the id of the plan that is shown
    this.candidate = null;
    find("wish").addEventListener("submit", (event) => this.wish(event));
  }

  async wish(event) {
    event.preventDefault();
    if (await ask("/goal", { goal: new FormData(event.target).get("goal") })) report("");
  }

  update(state) {
    const plan = state.plan;
    const same = state.candidate_id === this.candidate;
    if (!same) find("goal").value = state.goal ?? "";
    this.candidate = state.candidate_id;
    show(find("plan-goal"), plan && !isUnusable(plan) && this.title(plan));
    show(find("plan-hint"), this.hint(state));
    const changed = (plan?.plan_id ?? null) !== this.shown;
    if (changed || !same) find("plan").replaceChildren(...(plan ? this.parts(plan) : []));
    find("plan").dataset.plan = plan?.plan_id ?? "";
    this.shown = plan?.plan_id ?? null;
    if (plan && changed && same) {
      announce(text("announce plan", { goal: plan.goal, steps: plan.steps.length }));
    }
  }

  title(plan) {
    return text("plan goal", {
      goal: plan.goal,
      had: plan.had.length,
      all: plan.had.length + plan.missing.length,
      in_reach: number(plan.in_reach),
      postings: number(plan.postings),
    });
  }

  hint({ plan, none_published, candidate_id }) {
    if (!candidate_id) return "";
    if (!plan) return text(none_published ? "no plans" : "no goal");
    if (!plan.trouble) return "";
    return text(`trouble ${plan.trouble}`, { goal: plan.goal, nearest: plan.nearest.join(", ") });
  }

  parts(plan) {
    const steps = plan.steps.map((step) => this.step(step));
    const had = plan.had.map((one) => one.skill + (one.stated ? "" : ` (${text("not stated")})`));
    const missing = plan.missing.map((one) => {
      const line = text("missing skill", { skill: one.skill, postings: number(one.postings) });
      return one.covered ? line : `${line}; ${text("not covered")}`;
    });
    const left = plan.needing_themselves.join(", ");
    return [
      ...section("steps", "ol", steps),
      ...section("skills missing", "ul", missing),
      ...section("skills had", "ul", had),
      ...(left ? [make("p", { class: "dim" }, text("needs itself", { courses: left }))] : []),
    ];
  }

  step(step) {
    if (step.occupation) return make("strong", {}, step.occupation);
    const hours = step.hours === null ? "" : text("hours", { hours: number(step.hours, 1) });
    const about = [step.provider, hours].filter(Boolean).join(", ");
    const name = step.title + (about ? ` (${about})` : "");
    const link = step.link && make("a", this.link(step.link), text("open course"));
    const effects = [
      text("gives", { skills: step.gives.join(", ") }),
      text("more in reach", { more: number(step.more) }),
    ];
    return make("span", {}, `${name}: ${effects.join("; ")} `, link || "");
  }

  link(href) {
    return { href, rel: "noopener noreferrer nofollow", target: "_blank" };
  }
}

const isUnusable = ({ trouble }) => trouble === "unknown_goal" || trouble === "goal_without_skills";

function section(key, tag, entries) {
  if (!entries.length) return [];
  return [make("h3", {}, text(key)), make(tag, {}, ...entries.map((each) => make("li", {}, each)))];
}
