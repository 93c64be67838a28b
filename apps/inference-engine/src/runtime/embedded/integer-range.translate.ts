/** Most digits of a number without a bound: all numbers of so many digits are exact. */
const MOST_DIGITS = 15;

/** An expression for the whole numbers from `least` to `most`; either may be infinite. */
export function integerBetween(least: number, most: number): string {
  const parts: string[] = [];
  if (least < 0) {
    const nearest = Math.max(1, -most);
    parts.push(...magnitudes(nearest, -least).map((part) => `"-" ${part}`));
  }
  if (most >= 0) parts.push(...magnitudes(Math.max(0, least), most));
  return parts.join(' | ');
}

/** Expressions for the numbers from `least` to `most`, both from 0: one or more for each number of digits. */
function magnitudes(least: number, most: number): string[] {
  const from = String(least);
  const to = most === Infinity ? '9'.repeat(Math.max(MOST_DIGITS, from.length)) : String(most);
  const parts: string[] = [];
  for (let digits = from.length; digits <= to.length; digits++) {
    const low = digits === from.length ? from : `1${'0'.repeat(digits - 1)}`;
    const high = digits === to.length ? to : '9'.repeat(digits);
    parts.push(digitsBetween(low, high));
  }
  return parts;
}

/** An expression for the texts of digits from `low` to `high`, which are equally long. */
function digitsBetween(low: string, high: string): string {
  const [first = '', last = ''] = [low.charAt(0), high.charAt(0)];
  const [lowRest, highRest] = [low.slice(1), high.slice(1)];
  if (lowRest === '') return digit(first, last);
  if (first === last) return `${digit(first, last)} (${digitsBetween(lowRest, highRest)})`;
  const parts: string[] = [];
  let [from, to] = [Number(first), Number(last)];
  if (/[^0]/u.test(lowRest)) {
    parts.push(`${digit(first, first)} (${digitsBetween(lowRest, '9'.repeat(lowRest.length))})`);
    from++;
  }
  if (/[^9]/u.test(highRest)) to--;
  if (from <= to) parts.push(`${digit(String(from), String(to))} [0-9]{${lowRest.length}}`);
  if (to < Number(last)) parts.push(`${digit(last, last)} (${digitsBetween('0'.repeat(highRest.length), highRest)})`);
  return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' | ')})`;
}

function digit(from: string, to: string): string {
  return from === to ? `"${from}"` : `[${from}-${to}]`;
}
