/* SPDX-License-Identifier: Apache-2.0 */
/* Refreshes the status page: it fetches the same page and replaces what it shows. All texts come escaped from the
   worker; without this script the page is complete, and the browser's reload does the same. */
"use strict";
(() => {
  const EVERY_MS = 10000, TYPING_MS = 300;
  const $ = (id) => document.getElementById(id);
  const hold = $("hold"), say = $("say"), stale = $("stale"), field = $("customer");
  let held = false, timer = 0, typing = 0, answered = new Date(), running = null;

  const PARTS = ["facts", "answer", "filters", "live", "clock"];

  const show = (text) => {
    const next = new DOMParser().parseFromString(text, "text/html"), focus = document.activeElement.id;
    if (PARTS.some((id) => !next.getElementById(id))) {
      throw new Error("not the page");
    }
    const before = $("verdict").textContent;
    PARTS.forEach((id) => $(id).replaceWith(document.adoptNode(next.getElementById(id))));
    document.title = next.title;
    if (focus && $(focus) && document.activeElement !== $(focus)) {
      $(focus).focus({ preventScroll: true });
    }
    if ($("verdict").textContent !== before) {
      say.textContent = $("verdict").textContent;
    }
    answered = new Date();
    stale.hidden = true;
  };

  const refresh = async () => {
    clearTimeout(timer);
    if (running) {
      running.abort();
    }
    const mine = running = new AbortController();
    const late = setTimeout(() => mine.abort(), EVERY_MS);
    try {
      const answer = await fetch(location.href, { cache: "no-store", credentials: "same-origin", signal: mine.signal });
      if (!answer.ok) {
        throw new Error(String(answer.status));
      }
      const text = await answer.text();
      if (mine === running) {
        show(text);
      }
    } catch (e) {
      if (mine === running) {
        stale.textContent = "The worker does not answer. What you see is of " + answered.toLocaleTimeString() + ".";
        stale.hidden = false;
      }
    }
    clearTimeout(late);
    if (mine === running) {
      running = null;
      plan();
    }
  };

  const plan = () => {
    clearTimeout(timer);
    if (!held && document.visibilityState === "visible") {
      timer = setTimeout(refresh, EVERY_MS);
    }
  };

  hold.hidden = false;
  hold.addEventListener("click", () => {
    held = !held;
    hold.setAttribute("aria-pressed", String(held));
    hold.textContent = held ? "Refresh is off" : "Refreshes every 10 s";
    if (held) {
      clearTimeout(timer);
    } else {
      refresh();
    }
  });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && !held ? refresh() : plan());
  field.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      const to = new URL(location.href);
      to.searchParams.delete("offset");
      if (field.value) {
        to.searchParams.set("customer", field.value);
      } else {
        to.searchParams.delete("customer");
      }
      history.replaceState(null, "", to);
      refresh();
    }, TYPING_MS);
  });
  plan();
})();
