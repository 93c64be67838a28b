import type { TokenLogprob } from '@local-llm-agent/contracts';

/** How likely the categories are, as far as one constrained answer tells. */
export interface CategoryScores {
  /** Index of the category that was written; undefined when the answer is none of them. */
  readonly chosen: number | undefined;
  /**
   * Probability that the model itself writes this category, given the part that all categories share. Undefined: its
   * tokens were not among the likeliest ones that the runtime tells.
   */
  readonly masses: readonly (number | undefined)[];
  /** A category without a mass has at most this one. */
  readonly unseenMass: number;
}

const SPACE = /[ \t\r\n]/;

/** JSON without the space between its tokens: runtimes differ in what their grammar lets through. */
function withoutSpace(json: string): string {
  let text = '';
  let inString = false;
  for (let index = 0; index < json.length; index += 1) {
    const letter = json.charAt(index);
    if (inString && letter === '\\') {
      text += json.slice(index, index + 2);
      index += 1;
      continue;
    }
    if (letter === '"') inString = !inString;
    if (inString || !SPACE.test(letter)) text += letter;
  }
  return text;
}

/** Bytes as a text with one letter each: a token may end in the middle of a character. */
function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

interface Option {
  /** As {@link toBytes} gives it. */
  readonly bytes: string;
  readonly probability: number;
}

/** The tokens that could stand at a place, the chosen one first. */
function optionsAt(place: TokenLogprob): Option[] {
  const others = place.top_logprobs.filter((option) => option.token !== place.token);
  return [place, ...others].map(({ token, bytes, logprob }) => ({
    bytes: bytes ? Buffer.from(bytes).toString('latin1') : toBytes(token),
    probability: Math.exp(logprob),
  }));
}

/** What a token that was not told has at most: no more than the last one told, and no more than is left over. */
function mostUntold(options: readonly Option[]): number {
  const told = options.map(({ probability }) => probability);
  const rest = 1 - told.reduce((sum, probability) => sum + probability, 0);
  return Math.max(0, Math.min(...told, rest));
}

/**
 * Reads the probabilities of the categories from the tokens of an answer that could only be one of them.
 * `answers` are the whole answers, one for each category, as JSON without space.
 *
 * The tokens are walked with the set of answers that are still possible. At a place where the written token leaves
 * fewer of them, the probabilities of the tokens that were possible there are shared out among the categories they
 * lead to; a token that leads to several is split evenly. Places where nothing is decided count nothing.
 */
export function scoreCategories(tokens: readonly TokenLogprob[], answers: readonly string[]): CategoryScores {
  const targets = answers.map(toBytes);
  const masses: (number | undefined)[] = answers.map(() => undefined);
  let possible = answers.map((_, index) => index);
  let written = '';
  let path = 1;
  let unseenMass = 0;
  for (const place of tokens) {
    if (possible.length <= 1) break;
    const leadsTo = ({ bytes }: Option): number[] => {
      const text = withoutSpace(written + bytes);
      return possible.filter((index) => targets[index]?.startsWith(text));
    };
    const options = optionsAt(place).map((option) => ({ ...option, to: leadsTo(option) }));
    const [chosen, ...others] = options;
    if (!chosen || chosen.to.length === 0) return { chosen: undefined, masses, unseenMass };
    written += chosen.bytes;
    if (chosen.to.length === possible.length) continue;
    let stay = chosen.probability;
    for (const { to, probability } of others) {
      if (to.length === possible.length) continue;
      for (const index of to) {
        const share = probability / to.length;
        if (chosen.to.includes(index)) stay += share;
        else masses[index] = (masses[index] ?? 0) + path * share;
      }
    }
    unseenMass = Math.max(unseenMass, path * mostUntold(options));
    path *= stay;
    possible = chosen.to;
  }
  const [chosen] = possible;
  if (possible.length !== 1 || chosen === undefined) return { chosen: undefined, masses, unseenMass };
  masses[chosen] = path;
  return { chosen, masses, unseenMass };
}

/** Masses as probabilities that sum to 1. */
export function normalised(masses: readonly number[]): number[] {
  const sum = masses.reduce((total, mass) => total + mass, 0);
  return masses.map((mass) => (sum > 0 ? mass / sum : 1 / masses.length));
}

/** The mean of several distributions over the same categories. */
export function meanOf(distributions: readonly (readonly number[])[]): number[] {
  const [first = []] = distributions;
  return first.map(
    (_, index) => distributions.reduce((sum, masses) => sum + (masses[index] ?? 0), 0) / distributions.length,
  );
}
