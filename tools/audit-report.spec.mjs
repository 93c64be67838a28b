import { describe, expect, it } from '@jest/globals';
import { judgeAudit } from './audit-report.mjs';

const report = (vulnerabilities) => JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata: {} });
const advisory = { title: 'Reads anything', url: 'https://github.com/advisories/GHSA-x', severity: 'high' };

describe('the verdict on an audit', () => {
  it('is clean when nothing serious is known', () => {
    expect(judgeAudit(report({}))).toEqual({ result: 'clean', lines: [] });
    const low = report({ a: { severity: 'moderate', via: [advisory], range: '<2', fixAvailable: true } });
    expect(judgeAudit(low)).toEqual({ result: 'clean', lines: [expect.stringMatching(/^1 packages .* below high/)] });
  });

  it.each(['high', 'critical'])(
    'names each package with a weakness that is %s, and where to read about it',
    (severity) => {
      const { result, lines } = judgeAudit(
        report({
          a: { severity, via: [advisory], range: '<2', fixAvailable: true },
          b: { severity, via: ['a'], range: '*', fixAvailable: false },
          c: { severity: 'low', via: [advisory], range: '*', fixAvailable: true },
        }),
      );
      expect(result).toBe('vulnerable');
      expect(lines).toEqual([
        `${severity}: a <2: Reads anything (https://github.com/advisories/GHSA-x)`,
        `${severity}: b *: through a; there is no version without it yet`,
        expect.stringContaining('1 packages'),
      ]);
    },
  );

  it.each([
    ['nothing', '', 'npm wrote nothing'],
    ['no JSON', 'npm error code ENOTFOUND', 'npm error code ENOTFOUND'],
    [
      'a registry without an audit',
      JSON.stringify({ message: '405 Method Not Allowed', error: {} }),
      '405 Method Not Allowed',
    ],
    ['no network', JSON.stringify({ error: { code: 'ENOTFOUND', summary: 'no such host' } }), 'no such host'],
    ['an empty object', '{}', '{}'],
  ])('is never clean after %s', (_, text, why) => {
    expect(judgeAudit(text)).toEqual({ result: 'not asked', lines: [why] });
  });
});
