// Starts the page: meets the server, signs in, listens to its events, and shows what was chosen.

import { History, showTiers, summary } from "./collection.js";
import { Documents, showSearch } from "./documents.js";
import { showExplain } from "./explain.js";
import { nameOf, showCollections, showLatency, showTiles } from "./overview.js";
import { announce, byID, setText, startTheme } from "./page.js";
import { Server, ServerError } from "./server.js";

const tabs = ["tiers", "search", "explain", "documents"];
const server = new Server();
const state = { snapshot: null, before: null, chosen: null, tab: "tiers", shown: null, history: null, watching: null };

function say(kind, text) {
  byID("live").dataset.state = kind;
  setText(byID("live-text"), text);
}

const pathOf = (name) => ["v1", "collections", ...name.split("/")];
const find = (name) => state.snapshot?.collections.find((one) => nameOf(one) === name);

/** The place is in the address, so that a reload and a link find it. */
function place() {
  const [bucket, index, tab] = location.hash.replace(/^#\/?/, "").split("/");
  return { name: bucket && index ? `${bucket}/${index}` : null, tab: tabs.includes(tab) ? tab : "tiers" };
}

function go(name, tab) {
  history.replaceState(null, "", `#/${name}/${tab}`);
}

/** Opens it, where it is not: only then are there numbers. */
async function choose(name, moves = true) {
  state.chosen = name;
  setText(byID("problem"), "");
  go(name, state.tab);
  if (state.snapshot) showCollections(state.snapshot, name, choose);
  try {
    const told = await server.ask("GET", pathOf(name));
    if (state.chosen !== name) return;
    state.history = new History(told.history);
    state.history.add(told.time, told.traffic);
    state.shown = null;
    const section = byID("collection");
    section.hidden = false;
    setText(byID("collection-title"), name);
    showChosen(told);
    if (moves) byID("collection-title").focus();
  } catch (error) {
    byID("collection").hidden = true;
    announce(error.message);
    if (!(error instanceof ServerError)) throw error;
    // Once it answers again, it is asked again.
    if (error.status === 0) state.chosen = null;
  }
}

/** Numbers are shown anew at every event, forms and lists once: somebody may be writing in them. */
function showChosen(collection) {
  setText(byID("collection-summary"), summary(collection));
  for (const tab of tabs) {
    const isChosen = tab === state.tab, button = byID(`tab-${tab}`);
    button.setAttribute("aria-selected", String(isChosen));
    button.tabIndex = isChosen ? 0 : -1;
    byID(`panel-${tab}`).hidden = !isChosen;
  }
  if (state.tab === "tiers") showTiers(byID("panel-tiers"), collection, state.history);
  const what = `${state.chosen}/${state.tab}/${state.snapshot?.rights.write}`;
  if (state.shown === what) return;
  state.shown = what;
  const panel = byID(`panel-${state.tab}`), path = pathOf(state.chosen);
  const rights = state.snapshot?.rights ?? { keys: false, write: false };
  if (state.tab === "search") showSearch(panel, server, path, collection);
  if (state.tab === "explain") showExplain(panel, server, path, collection);
  if (state.tab === "documents") new Documents(panel, server, path, rights).show(collection.texts);
}

function chooseTab(tab, moves) {
  state.tab = tab;
  setText(byID("problem"), "");
  if (state.chosen) go(state.chosen, tab);
  const collection = find(state.chosen);
  if (collection?.open) showChosen(collection);
  if (moves) byID(`tab-${tab}`).focus();
}

function startTabs() {
  for (const [position, tab] of tabs.entries()) {
    byID(`tab-${tab}`).addEventListener("click", () => chooseTab(tab, false));
    byID(`tab-${tab}`).addEventListener("keydown", (event) => {
      const steps = { ArrowRight: position + 1, ArrowLeft: position - 1 + tabs.length, Home: 0, End: tabs.length - 1 };
      if (!(event.key in steps)) return;
      event.preventDefault();
      chooseTab(tabs[steps[event.key] % tabs.length], true);
    });
  }
}

function rate(snapshot) {
  const sum = (one) => Object.values(one.answers).reduce((all, number) => all + number, 0);
  const before = state.before;
  state.before = snapshot;
  if (!before || snapshot.time <= before.time) return null;
  return Math.max(0, (sum(snapshot) - sum(before)) / (snapshot.time - before.time));
}

function show(snapshot) {
  state.snapshot = snapshot;
  byID("signed-in").hidden = false;
  byID("sign-in").hidden = true;
  say("live", "Live");
  const { rights } = snapshot;
  setText(byID("who"), rights.keys ? `${rights.accessKey}${rights.write ? "" : ", may read only"}` : "read-only");
  byID("sign-out").hidden = !rights.keys;
  showTiles(snapshot, rate(snapshot));
  showCollections(snapshot, state.chosen, choose);
  showLatency(snapshot);
  const collection = find(state.chosen);
  if (collection?.open && state.history && !byID("collection").hidden) {
    state.history.add(snapshot.time, collection.traffic);
    showChosen(collection);
  } else if (state.chosen && !collection) {
    byID("collection").hidden = true;
    state.chosen = null;
  }
  if (!state.chosen && snapshot.collections.length) {
    const wanted = place();
    state.tab = wanted.tab;
    choose(wanted.name && find(wanted.name) ? wanted.name : nameOf(snapshot.collections[0]), false);
  }
}

function showSignIn(text = "") {
  state.watching?.abort();
  server.signOut();
  Object.assign(state, { snapshot: null, before: null, chosen: null, shown: null, history: null });
  byID("signed-in").hidden = true;
  byID("collection").hidden = true;
  byID("sign-out").hidden = true;
  setText(byID("who"), "");
  say("waiting", "Signed out");
  byID("sign-in").hidden = false;
  setText(byID("sign-in-error"), text);
  const first = byID("sign-in-form").elements.accessKey;
  first.focus();
}

/** Listens until the page is left or the keys are refused. Streams end by themselves now and then. */
async function watch() {
  const control = new AbortController();
  state.watching = control;
  let pause = 500;
  while (!control.signal.aborted) {
    try {
      await server.watch((snapshot) => {
        pause = 500;
        show(snapshot);
      }, control.signal);
    } catch (error) {
      if (control.signal.aborted) return;
      if (error instanceof ServerError && (error.status === 401 || error.status === 403) && server.needsKeys) {
        showSignIn(server.hasKeys ? error.message : "");
        return;
      }
      say("lost", error instanceof ServerError ? error.message : "The server does not answer; trying again");
      pause = Math.min(15_000, 2 * pause);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

byID("sign-in-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.currentTarget, text = (name) => form.elements[name].value.trim();
  if (!server.canSign) {
    setText(byID("sign-in-error"), "Browsers sign on https, or on this machine: use https, or a tunnel to localhost.");
    return;
  }
  server.signIn({ accessKey: text("accessKey"), secretKey: text("secretKey"), sessionToken: text("sessionToken") });
  form.reset();
  setText(byID("sign-in-error"), "");
  watch();
});
byID("sign-out").addEventListener("click", () => showSignIn());
addEventListener("hashchange", () => {
  const wanted = place();
  state.tab = wanted.tab;
  if (wanted.name && find(wanted.name)) choose(wanted.name);
});

async function start() {
  startTheme();
  startTabs();
  for (;;) {
    try {
      await server.meet();
      break;
    } catch {
      say("lost", "The server does not answer; trying again");
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
  if (server.needsKeys) showSignIn();
  else watch();
}

start();
