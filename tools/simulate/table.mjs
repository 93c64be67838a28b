const seconds = (ms) => (ms / 1000).toFixed(1);

const COLUMNS = [
  ['answers/min', (figures) => figures.perMinute.toFixed(1)],
  ['of FIFO', (figures, fifo) => (figures.perMinute / fifo.perMinute).toFixed(2)],
  ['loads/100', (figures) => figures.loadsPer100.toFixed(1)],
  ['p50 wait s', (figures) => seconds(figures.p50Ms)],
  ['p99 wait s', (figures) => seconds(figures.p99Ms)],
  ['longest s', (figures) => seconds(figures.longestMs)],
];

/**
 * A Markdown table of scenarios and policies.
 * @param {readonly { scenario: import('./workload.mjs').Scenario & { name: string, ratio: number },
 *   figures: Record<string, object> }[]} rows
 */
export function markdownTable(rows) {
  const head = ['who asks', 'models', 'room', 'load/answer', 'policy', ...COLUMNS.map(([name]) => name)];
  const lines = [`| ${head.join(' | ')} |`, `| --- | ---: | ---: | ---: | --- |${' ---: |'.repeat(COLUMNS.length)}`];
  for (const { scenario, figures } of rows) {
    for (const [policy, figure] of Object.entries(figures)) {
      const { name, models, room, ratio } = scenario;
      const cells = [name, models, room, ratio, policy, ...COLUMNS.map(([, text]) => text(figure, figures.FIFO))];
      lines.push(`| ${cells.join(' | ')} |`);
    }
  }
  return lines.join('\n');
}
