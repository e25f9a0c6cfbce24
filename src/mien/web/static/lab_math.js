// Densities on a line, the best D for each loss, the gradient of G, and distances. Everything in closed form.

export const STEP = 0.025;
export const GRID = Array.from({length: 641}, (_, index) => -8 + index * STEP);

const hill = (x, place, width) => Math.exp(-0.5 * ((x - place) / width) ** 2) / (width * Math.sqrt(2 * Math.PI));

export function densities({real, place, width}) {
  const of = {
    one: x => hill(x, -1, 0.7),
    two: x => 0.5 * hill(x, -3, 0.5) + 0.5 * hill(x, 1, 0.5),
    uniform: x => (x >= -2.5 && x <= 1.5 ? 0.25 : 0),
  }[real];
  return {p: GRID.map(of), q: GRID.map(x => hill(x, place, width))};
}

// log(p / q) far out in the tails, where both underflow, must stay a number.
const logit = (p, q) => Math.log(p + 1e-30) - Math.log(q + 1e-30);

// D at each place of GRID. A probability for minimax and non-saturating; a logit's square target for least squares; ±1 for hinge.
export function bestD(loss, limit, p, q) {
  if (loss === "minimax" || loss === "nonsaturating") return p.map((value, index) => 1 / (1 + Math.exp(-logit(value, q[index])))); // p / (p + q), Goodfellow 2014, proposition 1
  if (loss === "lsgan") return p.map((value, index) => (value + 1e-30) / (value + q[index] + 2e-30)); // targets 1 and 0, Mao 2017, eq. 5
  if (loss === "hinge") return p.map((value, index) => Math.sign(logit(value, q[index]))); // Lim and Ye 2017
  return critic(limit, p, q);
}

// The best critic with slopes up to 1: it climbs where G has more mass to its left than the real points (Kantorovich and
// Rubinstein in one dimension). Clipping allows a straight line alone.
function critic(limit, p, q) {
  let behind = 0, value = 0;
  const ahead = p.map((one, index) => { behind += (q[index] - one) * STEP; return behind; });
  if (limit === "clip") {
    const tilt = Math.sign(p.reduce((sum, one, index) => sum + (one - q[index]) * GRID[index], 0)) || 1;
    return GRID.map(x => tilt * 0.3 * x);
  }
  const found = ahead.map(one => { value += Math.tanh(one * 400) * STEP; return value; });
  const middle = found[found.length >> 1];
  return found.map(one => one - middle);
}

// Where a generated point at each place would move: minus the derivative of G's loss by the point.
export function gradient(loss, d) {
  const slope = d.map((_, index) => (d[Math.min(index + 1, d.length - 1)] - d[Math.max(index - 1, 0)]) / (2 * STEP));
  if (loss === "minimax") return slope.map((value, index) => value / Math.max(1 - d[index], 1e-9)); // of -log(1 - D)
  if (loss === "nonsaturating") return slope.map((value, index) => value / Math.max(d[index], 1e-9)); // of log D
  if (loss === "lsgan") return slope.map((value, index) => 2 * value * (1 - d[index])); // of -(D - 1)^2
  return slope; // hinge and Wasserstein: of D
}

export function distances(p, q) {
  let js = 0, w = 0, behind = 0;
  p.forEach((one, index) => {
    const other = q[index], half = (one + other) / 2;
    if (one > 1e-300) js += 0.5 * one * Math.log(one / half) * STEP;
    if (other > 1e-300) js += 0.5 * other * Math.log(other / half) * STEP;
    behind += (one - other) * STEP;
    w += Math.abs(behind) * STEP;
  });
  return {js: Math.max(0, js), w};
}

export function lesson({loss, limit, real, place}, js, push) {
  const far = js > 0.66;
  if (far && loss === "minimax") return "The two hardly overlap. Jensen–Shannon stays at log 2 wherever G is, and D is sure: minimax gives G almost no gradient. Move G closer, or choose another loss.";
  if (far && loss === "lsgan") return "The two hardly overlap, and D is flat where G’s points lie. Least squares has the same trouble as minimax here.";
  if (far && loss === "hinge") return "The best hinge D is a step. Between the steps it is flat: without a smooth D, G learns nothing. Spectral norm or a penalty is what makes hinge work.";
  if (far && loss === "nonsaturating") return "The non-saturating loss pushes hard here, because the best D is still a function. A real D saturates: its gradient is noisy where it is sure.";
  if (loss === "wasserstein" && limit === "clip") return "Clipped weights allow almost only straight lines. G gets the right direction, but not the shape: with two hills it settles between them or narrows.";
  if (loss === "wasserstein") return "The critic’s slope is 1 wherever mass must move. The gradient does not vanish, however far G is. That is what the gradient penalty keeps.";
  if (real === "two" && push < 0.2) return "G sits on one hill and its gradient is small. It has no reason to look at the other: this is mode collapse in one dimension.";
  if (js < 0.05) return "The two agree. D is 1/2 everywhere that counts, and G stays.";
  return place > -1 ? "The two overlap, so every loss gives a useful gradient: G moves to the left." : "The two overlap, so every loss gives a useful gradient.";
}
