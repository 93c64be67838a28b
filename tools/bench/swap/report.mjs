/** Parts of Ollama's own figures that may not be exceeded: clients -> loads, seconds. */
const TARGETS = new Map([
  [2, { loads: 0.75, seconds: 1 }],
  [8, { loads: 1 / 3, seconds: 0.7 }],
  [32, { loads: 0.25, seconds: 0.75 }],
]);
const FIGURES = [
  ['seconds', 'total s', 1],
  ['loads', 'loads', 0],
  ['p50', 'p50 s', 2],
  ['p99', 'p99 s', 2],
  ['tokens', 'tokens', 0],
];

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function row(clients, [figure, title, digits], [theirs, ours]) {
  const ratio = median(ours.map((run, round) => run[figure] / theirs[round][figure]));
  const target = TARGETS.get(clients)?.[figure];
  const cells = [
    clients,
    title,
    ...[theirs, ours].map((runs) => median(runs.map((run) => run[figure])).toFixed(digits)),
    ratio.toFixed(2),
    target === undefined ? '' : `<= ${target.toFixed(2)}: ${ratio <= target ? 'met' : 'missed'}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/**
 * A Markdown table: medians of the rounds, and the median of the ratios within each round, with the targets beside.
 * @param {Map<number, [object[], object[]]>} results clients -> the rounds of both subjects
 * @param {readonly string[]} names of the subjects
 */
export function reportTable(results, names) {
  const lines = [
    `| clients | figure | ${names.join(' | ')} | ratio | target |`,
    '| ---: | --- | ---: | ---: | ---: | --- |',
  ];
  for (const [clients, runs] of results) for (const figure of FIGURES) lines.push(row(clients, figure, runs));
  return lines.join('\n');
}
