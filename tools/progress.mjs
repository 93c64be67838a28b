const LINE_EVERY_MS = 5_000;
const BAR_EVERY_MS = 100;
const BAR_WIDTH = 30;

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/**
 * Shows how far a download is: a bar on a terminal, else a line every few seconds.
 * @param {string} label
 * @param {number} total bytes
 * @param {(line: string) => void} say
 * @param {{ isTTY?: boolean, write(text: string): unknown }} [out] the terminal
 * @returns {{ at(bytes: number): void, end(): void }}
 */
export function progressBar(label, total, say, out = process.stderr) {
  let shownAt = Date.now();
  let drawn = false;
  const draw = (bytes) => {
    const share = Math.min(1, bytes / total);
    const percent = `${Math.floor(share * 100)} %`;
    if (!out.isTTY) {
      say(`${label}: ${percent} (${megabytes(bytes)} of ${megabytes(total)})`);
      return;
    }
    const full = Math.round(share * BAR_WIDTH);
    const bar = '#'.repeat(full) + '-'.repeat(BAR_WIDTH - full);
    out.write(`\r${label} [${bar}] ${percent.padStart(5)} of ${megabytes(total)}`);
    drawn = true;
  };
  return {
    at(bytes) {
      const pause = out.isTTY ? BAR_EVERY_MS : LINE_EVERY_MS;
      if (Date.now() - shownAt < pause && bytes < total) return;
      shownAt = Date.now();
      draw(bytes);
    },
    end() {
      if (drawn) out.write('\n');
    },
  };
}
