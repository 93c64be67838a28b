import { describe, expect, it } from '@jest/globals';
import { integerBetween } from './integer-range.translate.js';

function toPattern(expression: string): RegExp {
  return new RegExp(`^(?:${expression.replaceAll(/[" ]/gu, '')})$`, 'u');
}

describe('integerBetween', () => {
  it.each([
    [0, 0],
    [0, 9],
    [7, 12],
    [10, 99],
    [99, 101],
    [123, 987],
    [-5, 5],
    [-120, -7],
    [-1, 0],
    [1, 1000],
    [-999, 1100],
    [305, 311],
    [1000, 1000],
  ])('has the numbers from %i to %i and no others', (least, most) => {
    const pattern = toPattern(integerBetween(least, most));
    const wrong = Array.from({ length: 2600 }, (_, index) => index - 1300).filter(
      (number) => pattern.test(String(number)) !== (number >= least && number <= most),
    );
    expect(wrong).toEqual([]);
    expect(['-0', '00', '01', '-', ''].some((text) => pattern.test(text))).toBe(false);
  });

  it('goes on for ever on one side, in numbers that stay exact', () => {
    const up = toPattern(integerBetween(15, Infinity));
    expect(['15', '99', '100', '999999999999999'].every((text) => up.test(text))).toBe(true);
    expect(['14', '-20', '9', '9999999999999999'].some((text) => up.test(text))).toBe(false);
    const down = toPattern(integerBetween(-Infinity, -15));
    expect(['-15', '-100'].every((text) => down.test(text))).toBe(true);
    expect(['-14', '0', '15'].some((text) => down.test(text))).toBe(false);
  });
});
