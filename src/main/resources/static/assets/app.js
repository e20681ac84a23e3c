"use strict";

// Keeps the dashboard up to date. Without it the page still works: every button is a form or a link.
(() => {
  const body = document.body;
  document.documentElement.classList.add("js");

  // Live parts

  // Makes an element's children like those of another, and keeps what the reader did: open details, ticked boxes, the
  // focus, a selection, a scroll position. Only what differs is touched.
  function morph(from, to) {
    const wanted = [...to.childNodes];
    for (let i = 0; i < wanted.length; i++) {
      const next = wanted[i];
      let current = from.childNodes[i];
      if (next.id && (!current || current.id !== next.id)) {
        const known = [...from.childNodes].find((node) => node.id === next.id);
        if (known) {
          from.insertBefore(known, current || null);
          current = known;
        }
      }
      if (!current) {
        from.appendChild(next.cloneNode(true));
      } else if (current.nodeType !== next.nodeType || current.nodeName !== next.nodeName || (current.id || "") !== (next.id || "")) {
        // What is not wanted here may be wanted further down; whatever is left over goes at the end.
        from.insertBefore(next.cloneNode(true), current);
      } else if (current.nodeType === Node.TEXT_NODE) {
        if (current.data !== next.data) {
          current.data = next.data;
        }
      } else if (current.nodeType === Node.ELEMENT_NODE && !current.isEqualNode(next)) {
        attributes(current, next);
        morph(current, next);
      }
    }
    while (from.childNodes.length > wanted.length) {
      from.lastChild.remove();
    }
  }

  function attributes(current, next) {
    const kept = current.nodeName === "DETAILS" ? ["open"] : [];
    for (const { name } of [...current.attributes]) {
      if (!next.hasAttribute(name) && !kept.includes(name)) {
        current.removeAttribute(name);
      }
    }
    for (const { name, value } of [...next.attributes]) {
      if (!kept.includes(name) && current.getAttribute(name) !== value) {
        current.setAttribute(name, value);
      }
    }
  }

  function update(name, html) {
    for (const element of document.querySelectorAll(`[data-live="${name}"]`)) {
      if (element.nodeName === "TITLE") {
        const text = document.createElement("textarea");
        text.innerHTML = html;
        document.title = text.value;
        continue;
      }
      const template = document.createElement("template");
      template.innerHTML = html;
      morph(element, template.content);
    }
  }

  const connection = document.getElementById("connection");

  function connected(state, word) {
    connection.hidden = false;
    connection.className = "connection " + state;
    connection.querySelector(".word").textContent = word;
  }

  function listen(version) {
    const source = new EventSource("/events?since=" + version);
    let last = version;
    source.addEventListener("open", () => connected("good", "Live"));
    source.addEventListener("live", (event) => {
      last = event.lastEventId || last;
      const message = JSON.parse(event.data);
      for (const [name, html] of Object.entries(message.parts)) {
        update(name, html);
      }
      showChart(message.chart);
      if (message.sample) {
        point(message.sample);
      }
      body.dataset.version = last;
    });
    source.addEventListener("error", () => {
      connected("attention", "Reconnecting");
      if (source.readyState === EventSource.CLOSED) {
        // Refused: the session may be over, or Ferry is restarting.
        source.close();
        setTimeout(() => again(last), 3000);
      }
    });
    window.addEventListener("pagehide", () => source.close(), { once: true });
  }

  async function again(version) {
    try {
      const answer = await fetch("/history", { headers: { Accept: "application/json" } });
      if (answer.status === 401) {
        location.assign("/login?expired");
        return;
      }
    } catch {
      // Not there yet; the stream will say so again.
    }
    listen(version);
  }

  // Chart

  const points = [[], [], []];
  const charts = [];
  const kept = 1800;

  function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function plot(id, label, series, stroke, values) {
    const element = document.getElementById(id);
    const axis = {
      stroke: color("--muted"),
      grid: { stroke: color("--line"), width: 1 },
      ticks: { show: false },
      font: "12px system-ui, sans-serif",
    };
    const chart = new uPlot(
      {
        width: Math.max(240, element.clientWidth),
        height: 170,
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, points: { size: 7 } },
        padding: [8, 22, 0, 0],
        scales: { x: { range: (self, least, most) => [Math.min(least, most - 300), most] }, y: { range: (self, least, most) => [0, Math.max(1, (most || 0) * 1.15)] } },
        axes: [
          { ...axis, values: (self, splits) => splits.map((at) => new Date(at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })), incrs: [60, 120, 300, 600, 900, 1800], space: 50, size: 30 },
          { ...axis, size: 52, values },
        ],
        series: [{}, { label, stroke, width: 2, fill: color("--chart-fill"), points: { show: false }, spanGaps: false }],
      },
      [points[0], points[series]],
      element,
    );
    charts.push({ chart, element, series });
  }

  function draw() {
    for (const { chart } of charts.splice(0)) {
      chart.destroy();
    }
    const sync = document.getElementById("sync");
    if (!sync || sync.hidden || typeof uPlot === "undefined") {
      return;
    }
    plot("chart-lag", "Lag", 1, color("--accent"), (self, splits) => splits.map((value) => (value < 10 ? +value.toFixed(2) : Math.round(value))));
    plot("chart-pending", "Changes waiting", 2, color("--accent"), (self, splits) =>
      splits.map((value) => (value >= 1e6 ? value / 1e6 + " M" : value >= 1e3 ? value / 1e3 + " k" : Number.isInteger(value) ? value : "")),
    );
  }

  function point([at, lag, pending]) {
    const times = points[0];
    if (times.length && times[times.length - 1] >= at) {
      return;
    }
    times.push(at);
    points[1].push(lag);
    points[2].push(pending);
    while (times.length > kept) {
      points.forEach((list) => list.shift());
    }
    for (const { chart, series } of charts) {
      chart.setData([points[0], points[series]]);
    }
  }

  function showChart(shown) {
    const sync = document.getElementById("sync");
    if (sync && sync.hidden === shown) {
      sync.hidden = !shown;
      draw();
    }
  }

  async function startChart() {
    try {
      const answer = await fetch("/history", { headers: { Accept: "application/json" } });
      if (answer.ok) {
        for (const sample of await answer.json()) {
          point(sample);
        }
      }
    } catch {
      // The chart then begins with the next point.
    }
    draw();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    let waiting;
    window.addEventListener("resize", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => charts.forEach(({ chart, element }) => chart.setSize({ width: Math.max(240, element.clientWidth), height: 170 })), 100);
    });
  }

  // Confirmations

  const dialog = document.getElementById("confirm");

  async function ask(link) {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) {
      location.assign(link.href);
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    dialog.replaceChildren(document.importNode(page.getElementById("confirmation"), true));
    dialog.showModal();
    dialog.querySelector("h2").focus();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-confirm]");
    if (link && dialog && dialog.showModal && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      ask(link).catch(() => location.assign(link.href));
      return;
    }
    const close = event.target.closest("[data-close]");
    if (close && close.closest("dialog")) {
      event.preventDefault();
      dialog.close();
      return;
    }
    if (event.target === dialog) {
      dialog.close();
      return;
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const text = copy.parentElement.querySelector("pre").textContent;
      navigator.clipboard.writeText(text).then(
        () => said(copy, "Copied"),
        () => said(copy, "Select and copy"),
      );
    }
  });

  function said(button, word) {
    button.textContent = word;
    setTimeout(() => (button.textContent = "Copy"), 1500);
  }

  // A second press while the first is on its way would only be refused.
  document.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.formMethod === "dialog") {
      return;
    }
    if (body.classList.contains("busy")) {
      event.preventDefault();
      return;
    }
    body.classList.add("busy");
    if (event.submitter) {
      event.submitter.setAttribute("aria-busy", "true");
    }
  });
  window.addEventListener("pageshow", () => body.classList.remove("busy"));

  if (body.dataset.version) {
    listen(body.dataset.version);
    startChart();
  }
})();
