(function () {
  "use strict";
  // Every stepper on the page that no script has taken yet; two of the same make do not meet: nothing here is global.
  document.querySelectorAll(".adkit-stepper:not([data-ready])").forEach(function (root) {
    root.setAttribute("data-ready", "");
    const told = JSON.parse(root.getAttribute("data-steps"));
    const find = (name) => root.querySelector(".as-" + name);
    const calm = window.matchMedia && window.matchMedia("(prefers-reduced-motion: reduce)").matches;

    function make(tag, name, text) {
      const made = document.createElement(tag);
      if (name) made.className = "as-" + name;
      if (text !== undefined) made.textContent = text;
      return made;
    }

    // The picture was an image, for pages without scripts; from now on it is drawn in place.
    const figure = find("figure");
    const coded = figure.querySelector("img").getAttribute("src").split(",")[1];
    const bytes = Uint8Array.from(atob(coded), (c) => c.charCodeAt(0));
    const parsed = new DOMParser().parseFromString(new TextDecoder().decode(bytes), "image/svg+xml");
    const svg = document.importNode(parsed.documentElement, true);
    figure.replaceChildren(svg);
    const cards = {}, arrows = {};
    svg.querySelectorAll("g[data-key]").forEach(function (card) {
      const texts = {};
      ["value", "forward", "reverse"].forEach((kind) => { texts[kind] = card.querySelector("text.k-" + kind); });
      cards[card.getAttribute("data-key")] = { card: card, texts: texts };
    });
    svg.querySelectorAll("g[data-arrow]").forEach(function (arrow) { arrows[arrow.getAttribute("data-arrow")] = arrow; });

    // The controls.
    const bar = make("div", "bar");
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", "Steps");
    const modes = told.modes.map(function (mode, at) {
      const button = make("button", "mode", mode.title);
      button.type = "button";
      button.addEventListener("click", () => choose(at));
      bar.append(button);
      return button;
    });
    function control(name, label, act) {
      const button = make("button", name, label);
      button.type = "button";
      button.addEventListener("click", act);
      bar.append(button);
      return button;
    }
    const first = control("first", "First", () => go(0));
    const back = control("back", "\u25c0 Back", () => go(at - 1));
    const next = control("next", "Next \u25b6", () => go(at + 1));
    const last = control("last", "Last", () => go(steps().length - 1));
    const slider = make("input", "slider");
    slider.type = "range";
    slider.min = "1";
    slider.setAttribute("aria-label", "Step");
    slider.addEventListener("input", () => go(Number(slider.value) - 1));
    const count = make("span", "count");
    bar.append(slider, count);

    const said = make("p", "said");
    said.setAttribute("role", "status");
    said.setAttribute("aria-live", "polite");
    const why = make("div", "why");
    const hint = make("p", "hint", "Keys: \u2190 and \u2192 step, Home and End go to the ends, f and r choose the mode. Or swipe.");
    find("panel").replaceChildren(said, why, hint);
    root.insertBefore(bar, find("both"));

    let mode = 0, at = 0;
    const steps = () => told.modes[mode].steps;

    function choose(which) {
      mode = which;
      go(0);
    }

    function go(to) {
      at = Math.max(0, Math.min(steps().length - 1, to));
      show();
    }

    // What stands on the cards is what the steps so far have computed: it is said again from the start, so going back is the same.
    function show() {
      const now = told.modes[mode], step = now.steps[at];
      const state = {};
      const put = (key, kind, text) => { (state[key] = state[key] || {})[kind] = text; };
      if (now.recorded) Object.keys(told.values).forEach((key) => put(key, "value", told.values[key]));
      for (let k = 0; k <= at; k += 1) now.steps[k].set.forEach((s) => put(s[0], s[1], s[2]));
      Object.keys(cards).forEach(function (key) {
        const its = cards[key];
        ["value", "forward", "reverse"].forEach(function (kind) {
          if (!its.texts[kind]) return;
          const known = state[key] && state[key][kind];
          const sign = kind === "forward" ? "\u2192 " : kind === "reverse" ? "\u2190 " : "";
          its.texts[kind].textContent = sign + (known === undefined ? "not computed" : known);
          its.texts[kind].style.fontStyle = known === undefined ? "italic" : "normal";
          its.texts[kind].style.fontSize = known === undefined ? "11.5px" : "13px";
        });
        its.card.classList.toggle("k-now", key === step.key);
      });
      Object.keys(arrows).forEach((name) => arrows[name].classList.toggle("k-lit", step.arrows.includes(name)));
      modes.forEach((button, k) => button.setAttribute("aria-pressed", String(k === mode)));
      first.disabled = back.disabled = at === 0;
      next.disabled = last.disabled = at === now.steps.length - 1;
      slider.max = String(now.steps.length);
      slider.value = String(at + 1);
      slider.setAttribute("aria-valuetext", "step " + (at + 1) + " of " + now.steps.length + ", " + step.name);
      count.textContent = (at + 1) + " / " + now.steps.length;
      said.textContent = step.say;
      why.replaceChildren();
      if (step.rows.length) {
        const table = make("table");
        const head = make("tr");
        now.heads.forEach((text) => { const th = make("th", "", text); th.scope = "col"; head.append(th); });
        table.append(head);
        step.rows.forEach(function (row) {
          const line = make("tr");
          row.forEach((text) => line.append(make("td", "", text)));
          table.append(line);
        });
        why.append(table);
      }
      if (step.sum) why.append(make("p", "sum", step.sum));
      reveal(cards[step.key]);
    }

    // The current card is scrolled to inside its frame; the page itself stays where it is.
    function reveal(its) {
      if (!its || !figure.scrollTo) return;
      const box = its.card.getBoundingClientRect(), frame = figure.getBoundingClientRect();
      if (box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom) return;
      figure.scrollTo({
        left: figure.scrollLeft + box.left - frame.left - (frame.width - box.width) / 2,
        top: figure.scrollTop + box.top - frame.top - (frame.height - box.height) / 2,
        behavior: calm ? "auto" : "smooth",
      });
    }

    root.addEventListener("keydown", function (event) {
      if (event.altKey || event.ctrlKey || event.metaKey || event.target === slider) return;
      const acts = {
        ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1), Home: () => go(0), End: () => go(steps().length - 1),
        f: () => choose(0), r: () => choose(Math.min(1, told.modes.length - 1)),
      };
      if (!acts[event.key]) return;
      acts[event.key]();
      event.preventDefault();
      event.stopPropagation();
    });

    let touched = null;
    find("both").addEventListener("touchstart", function (event) {
      const t = event.changedTouches[0];
      // Where the picture itself can be moved sideways, a finger on it does that.
      const moves = figure.contains(event.target) && figure.scrollWidth > figure.clientWidth + 1;
      touched = event.touches.length === 1 && !moves ? [t.clientX, t.clientY] : null;
    }, { passive: true });
    find("both").addEventListener("touchend", function (event) {
      if (!touched) return;
      const t = event.changedTouches[0], dx = t.clientX - touched[0], dy = t.clientY - touched[1];
      touched = null;
      if (Math.abs(dx) > 40 && Math.abs(dx) > 2 * Math.abs(dy)) go(at + (dx < 0 ? 1 : -1));
    }, { passive: true });

    choose(0);
  });
})();
