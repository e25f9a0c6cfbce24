"use strict";
// Reads a chart's values off under the pointer. The page is complete without it.
for (const plot of document.querySelectorAll(".plot")) {
  const [x0, x1] = plot.dataset.x.split(" ").map(Number);
  const [y0, y1] = plot.dataset.y.split(" ").map(Number);
  const box = plot.querySelector("svg").viewBox.baseVal;
  const lines = [...plot.querySelectorAll("polyline[data-name]")].map((line) => ({
    name: line.dataset.name,
    look: line.getAttribute("class").replace("raw", ""),
    points: [...line.points].map((point) => [point.x, point.y]),
  }));
  const cursor = plot.appendChild(document.createElement("div"));
  const tip = plot.appendChild(document.createElement("div"));
  cursor.className = "cursor";
  tip.className = "tip";
  cursor.hidden = tip.hidden = true;

  const value = (number) => (Math.abs(number) >= 100 ? number.toFixed(1) : String(Number(number.toPrecision(4))));
  const height = (y) => {
    const share = 1 - y / box.height;
    return plot.dataset.scale === "log" ? y0 * (y1 / y0) ** share : y0 + share * (y1 - y0);
  };
  const names = JSON.parse(plot.dataset.names ?? "[]");
  const place = (x) => {
    const at = x0 + (x / box.width) * (x1 - x0);
    return names[Math.round(at) - 1] ?? `${Number(at.toPrecision(4)).toLocaleString("en")} ${plot.dataset.unit}`;
  };
  const nearest = (points, x) => points.reduce((a, b) => (Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a));

  plot.addEventListener("pointermove", (event) => {
    const area = plot.querySelector("svg").getBoundingClientRect();
    const under = Math.min(1, Math.max(0, (event.clientX - area.left) / area.width)) * box.width;
    const found = lines.map((line) => ({ ...line, at: nearest(line.points, under) }));
    const x = nearest(found.map((line) => line.at), under)[0];
    tip.replaceChildren();
    tip.append(place(x));
    for (const line of found) {
      const row = tip.appendChild(document.createElement("span"));
      const swatch = row.appendChild(document.createElement("i"));
      swatch.className = line.look;
      row.append(` ${line.name} `);
      row.appendChild(document.createElement("b")).textContent = value(height(line.at[1]));
    }
    cursor.hidden = tip.hidden = false;
    cursor.style.left = `${(100 * x) / box.width}%`;
    tip.style.left = `${(100 * x) / box.width}%`;
    tip.classList.toggle("leftwards", x > box.width / 2);
  });
  plot.addEventListener("pointerleave", () => {
    cursor.hidden = tip.hidden = true;
  });
}
