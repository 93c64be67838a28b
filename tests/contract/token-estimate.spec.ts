import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { estimateTextTokens } from '../../apps/gateway/src/admission/token.estimate.js';

const FOLDER = new URL('token-counts/', import.meta.url);
const PAGE = new URL('../../docs/limits.md', import.meta.url);

/** Text -> tokenizer -> tokens, as `tools/record-token-counts.mjs` counted them. */
const COUNTS = JSON.parse(readFileSync(new URL('counts.json', FOLDER), 'utf8')) as Record<
  string,
  Record<string, number>
>;
const NAMES = Object.keys(COUNTS);
const MOST_BELOW = -0.15;
/** Tokenizers of the same text differ by a factor of up to 4.4; the estimate has to be enough for the greediest one. */
const MOST_ABOVE_THE_GREEDIEST = 0.3;
const MOST_TIMES_THE_LEANEST = 4;

const textOf = (name: string): string => readFileSync(new URL(`texts/${name}.txt`, FOLDER), 'utf8');

function errorsOf(name: string): Record<string, number> {
  const estimate = estimateTextTokens(textOf(name));
  return Object.fromEntries(
    Object.entries(COUNTS[name]!).map(([tokenizer, tokens]) => [tokenizer, estimate / tokens - 1]),
  );
}

const signed = (percent: number): string => (percent > 0 ? `+${percent}` : String(percent));

describe('the estimate of tokens beside real tokenizers', () => {
  it('was compared on every text, in ten languages, code and data', () => {
    expect(NAMES.map((name) => `${name}.txt`)).toEqual(readdirSync(new URL('texts/', FOLDER)).sort());
    expect(NAMES).toEqual(
      expect.arrayContaining(['english', 'spanish', 'german', 'french', 'russian', 'chinese', 'japanese', 'korean']),
    );
    expect(NAMES).toEqual(expect.arrayContaining(['arabic', 'hindi', 'code-c', 'code-python', 'code-typescript']));
  });

  it.each(NAMES)('is not more than 15 %% too low for %s, with any of them', (name) => {
    for (const error of Object.values(errorsOf(name))) expect(error).toBeGreaterThanOrEqual(MOST_BELOW);
  });

  it.each(NAMES)('is not absurdly high for %s', (name) => {
    const errors = Object.values(errorsOf(name));
    expect(Math.min(...errors)).toBeLessThanOrEqual(MOST_ABOVE_THE_GREEDIEST);
    expect(Math.max(...errors) + 1).toBeLessThanOrEqual(MOST_TIMES_THE_LEANEST);
  });

  it('has its errors told in the documents', () => {
    const rows = NAMES.map((name) => {
      const errors = Object.values(errorsOf(name)).map((error) => signed(Math.round(error * 100)));
      return [name, ...errors].join(' ');
    });
    const table = readFileSync(PAGE, 'utf8')
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map((cells) => cells.slice(1, -1).join(' '));
    expect(table).toEqual(expect.arrayContaining(rows));
  });
});
