const WIDTH = 270;
const HEIGHT = 190;
const GAP = { left: 58, right: 14, top: 34, bottom: 34 };
const LEGEND = 64;

const COLOURS = {
  FIFO: '#6b7280',
  Ollama: '#d97706',
  'llama-swap': '#7c3aed',
  'plain grouping': '#059669',
  'this engine': '#dc2626',
};
const DASHES = { 'plain grouping': '5 4' };

/** What is drawn against the load time; all axes are logarithmic, because the figures differ by orders of magnitude. */
const PANELS = [
  ['throughput, times FIFO', (figures) => (figure) => figure.perMinute / figures.FIFO.perMinute],
  ['loads for 100 answers', () => (figure) => figure.loadsPer100],
  ['p50 wait, s', () => (figure) => figure.p50Ms / 1000],
  ['p99 wait, s', () => (figure) => figure.p99Ms / 1000],
];

const escapeText = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const label = (x, y, text, attributes = '') => `<text x="${x}" y="${y}" ${attributes}>${escapeText(text)}</text>`;
const round = (value) => Math.round(value * 10) / 10;

/** Ticks for each power of ten, from few to many. */
const DIGITS = [[1], [1, 2, 5], [1, 1.2, 1.5, 2, 3, 5, 7]];

/** A logarithmic scale from values to pixels, with as many ticks as can be read. */
function scale(values, from, to) {
  const low = Math.log10(Math.min(...values)) - 0.05;
  const high = Math.max(Math.log10(Math.max(...values)) + 0.05, low + 0.2);
  const at = (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
  const powers = Array.from({ length: Math.ceil(high - low) + 1 }, (_, index) => 10 ** (Math.floor(low) + index));
  const choices = DIGITS.map((digits) =>
    powers
      .flatMap((power) => digits.map((digit) => digit * power))
      .filter((tick) => Math.log10(tick) >= low && Math.log10(tick) <= high),
  );
  return { at, ticks: choices.find(({ length }) => length > 2) ?? choices.at(-1) };
}

function drawPanel({ title, rows, value }, left, top) {
  const names = Object.keys(COLOURS).filter((name) => rows.some(({ figures }) => figures[name]));
  const points = names.map((name) =>
    rows
      .filter(({ figures }) => figures[name])
      // A wait of nothing has no place on a logarithmic axis.
      .map(({ scenario, figures }) => [scenario.ratio, Math.max(1e-3, value(figures)(figures[name]))]),
  );
  const box = {
    left: left + GAP.left,
    right: left + WIDTH - GAP.right,
    top: top + GAP.top,
    bottom: top + HEIGHT - GAP.bottom,
  };
  const x = scale(
    rows.map(({ scenario }) => scenario.ratio),
    box.left,
    box.right,
  );
  const y = scale(
    points.flat().map(([, figure]) => figure),
    box.bottom,
    box.top,
  );
  const parts = [label(box.left, box.top - 10, title, 'class="title"')];
  for (const tick of y.ticks) {
    const height = round(y.at(tick));
    parts.push(`<line x1="${box.left}" x2="${box.right}" y1="${height}" y2="${height}" class="grid"/>`);
    parts.push(label(box.left - 6, height + 4, String(Number(tick.toPrecision(2))), 'text-anchor="end"'));
  }
  for (const { scenario } of rows) {
    parts.push(label(round(x.at(scenario.ratio)), box.bottom + 16, String(scenario.ratio), 'text-anchor="middle"'));
  }
  names.forEach((name, index) => {
    const path = points[index].map(([ratio, figure]) => `${round(x.at(ratio))},${round(y.at(figure))}`);
    const style = `stroke="${COLOURS[name]}" stroke-dasharray="${DASHES[name] ?? 'none'}"`;
    parts.push(`<polyline points="${path.join(' ')}" class="line" ${style}/>`);
    for (const point of path) {
      const [cx, cy] = point.split(',');
      parts.push(`<circle cx="${cx}" cy="${cy}" r="2.4" fill="${COLOURS[name]}"/>`);
    }
  });
  return parts.join('\n');
}

function drawLegend(names, width) {
  const parts = [label(16, 24, 'Load time of a model, in answers (x) against what comes of it (y)', 'class="head"')];
  names.forEach((name, index) => {
    const left = 16 + index * 150;
    const style = `stroke="${COLOURS[name]}" stroke-dasharray="${DASHES[name] ?? 'none'}"`;
    parts.push(`<line x1="${left}" x2="${left + 26}" y1="46" y2="46" class="line" ${style}/>`);
    parts.push(label(left + 32, 50, name));
  });
  return `<rect width="${width}" height="100%" fill="#ffffff"/>\n${parts.join('\n')}`;
}

/**
 * An SVG drawing: a row of panels for each group of rows, a line for each policy.
 * @param {readonly { title: string, rows: readonly { scenario: { ratio: number }, figures: Record<string, object> }[] }[]} groups
 */
export function svgPlot(groups) {
  const width = PANELS.length * WIDTH;
  const height = LEGEND + groups.length * (HEIGHT + 22);
  const names = Object.keys(COLOURS).filter((name) => groups.some(({ rows }) => rows.some((row) => row.figures[name])));
  const panels = groups.flatMap(({ title, rows }, line) => {
    const top = LEGEND + line * (HEIGHT + 22);
    const drawn = PANELS.map(([name, value], column) =>
      drawPanel({ title: name, rows, value }, column * WIDTH, top + 14),
    );
    return [label(16, top + 14, title, 'class="head"'), ...drawn];
  });
  const style =
    'text{font:11px sans-serif;fill:#374151}.head{font-weight:bold;font-size:13px}.title{font-weight:bold}.grid{stroke:#e5e7eb}.line{fill:none;stroke-width:2}';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>${style}</style>
${drawLegend(names, width)}
${panels.join('\n')}
</svg>
`;
}
