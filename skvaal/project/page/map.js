"use strict";
// Shows the sample that is pointed at or has the focus, beside the map.
(() => {
  const points = JSON.parse(document.getElementById("points").textContent);
  const map = document.querySelector(".map");
  const svg = map.querySelector("svg");
  const ring = document.getElementById("ring");
  const shown = document.getElementById("shown");
  const [picture, name, says, text] = shown.querySelectorAll(".picture, .name, .says, blockquote");
  const marks = [...svg.querySelectorAll("[data-i]")].sort((a, b) => a.dataset.i - b.dataset.i);
  const NEAR = 14; // pixels around the pointer
  const TURN = 2.5; // how much more a step to the side counts than one ahead

  function show(i) {
    const [x, y, itsName, itsSays = "another of the pool", number = null, itsText = ""] = points[i];
    ring.setAttribute("d", `M${x - 14} ${y}a14 14 0 1 0 28 0a14 14 0 1 0 -28 0`);
    picture.className = number === null ? "" : `thumb t${number}`;
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", `Picture of ${itsName}`);
    picture.hidden = number === null;
    name.textContent = itsName;
    says.textContent = itsSays;
    text.textContent = itsText;
    text.hidden = !itsText;
  }

  function focus(i) {
    for (const mark of marks) mark.setAttribute("tabindex", "-1");
    marks[i].setAttribute("tabindex", "0");
    show(i);
  }

  function nearest(x, y, most) {
    let best = -1;
    for (let i = 0; i < points.length; i++) { // of equally near ones the first: a pick
      const distance = Math.hypot(points[i][0] - x, points[i][1] - y);
      if (distance < most) [best, most] = [i, distance];
    }
    return best;
  }

  function step(from, dx, dy) {
    let best = from, least = Infinity;
    for (let i = 0; i < marks.length; i++) {
      const x = points[i][0] - points[from][0], y = points[i][1] - points[from][1];
      const ahead = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
      if (i !== from && ahead > 0 && ahead + TURN * aside < least) [best, least] = [i, ahead + TURN * aside];
    }
    return best;
  }

  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  // Not of the drawing itself: Chromium would let the Tab key stop at it.
  map.addEventListener("keydown", (event) => {
    const mark = event.target.closest("[data-i]");
    if (!mark || !(event.key in STEPS)) return;
    event.preventDefault();
    marks[step(Number(mark.dataset.i), ...STEPS[event.key])].focus();
  });
  map.addEventListener("focusin", (event) => {
    const mark = event.target.closest("[data-i]");
    if (mark) focus(Number(mark.dataset.i));
  });
  function point(event) {
    const matrix = svg.getScreenCTM();
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    const i = nearest(at.x, at.y, NEAR / matrix.a);
    if (i >= 0) show(i);
  }
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  shown.hidden = false;
  document.getElementById("map-help").hidden = false;
  focus(0);
})();
