// What all pages of the console use. Every text of others reaches a page through textContent.

const texts = JSON.parse(document.body.dataset.texts);
export const find = (id) => document.getElementById(id);

/** Return a text of the catalogue with its {names} filled in. */
export function text(key, values = {}) {
  return texts[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Make an element; children are elements or strings, which are shown as they are. */
export function make(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "class") element.className = value;
    else if (name === "on") element.addEventListener("click", value);
    else if (name === "data") Object.assign(element.dataset, value);
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

export function show(element, content) {
  element.hidden = !content;
  if (content && element.textContent !== content) element.textContent = content;
}

/** Send JSON; return the answer, or show in one line why there is none. */
export async function ask(path, body) {
  const options = body && {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  try {
    const response = await fetch(path, options);
    if (response.status === 403) return sessionEnded();
    const answer = await response.json();
    if (response.ok) return answer;
    report(answer.error);
  } catch {
    report(text("lost"));
  }
  return null;
}

export const report = (line) => show(find("trouble"), line && `${text("failed")}: ${line}`);

function sessionEnded() {
  show(find("trouble"), text("ended"));
  return null;
}

export function announce(line) {
  find("announcer").textContent = line;
}

export const moment = (time) => time.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");
export const number = (value, digits = 0) =>
  value === null || value === undefined
    ? "-"
    : value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits });
export const seconds = (value) => (value === null || value === undefined ? "-" : `${value.toFixed(2)} s`);
