/** Severities that a shipped package must not have. */
const SERIOUS = ['high', 'critical'];

/** @typedef {{ result: 'clean' | 'vulnerable' | 'not asked', lines: readonly string[] }} Verdict */

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    // Whatever it is, it is no report: the caller says so.
    return undefined;
  }
}

function describe([name, { severity, via = [], range, fixAvailable }]) {
  const advisories = via.filter((each) => typeof each === 'object').map(({ title, url }) => `${title} (${url})`);
  const causes = advisories.length > 0 ? advisories : [`through ${via.join(', ')}`];
  return `${severity}: ${name} ${range}: ${causes.join('; ')}${fixAvailable ? '' : '; there is no version without it yet'}`;
}

/**
 * What `npm audit --json` found in the packages. A registry that was not reached, or that has no audit, is no pass.
 * @param {string} text what npm wrote
 * @returns {Verdict}
 */
export function judgeAudit(text) {
  const report = parse(text);
  if (report?.auditReportVersion === undefined || typeof report.vulnerabilities !== 'object') {
    const why = report?.message ?? report?.error?.summary ?? (text.trim().slice(0, 300) || 'npm wrote nothing');
    return { result: 'not asked', lines: [String(why)] };
  }
  const found = Object.entries(report.vulnerabilities);
  const serious = found.filter(([, { severity }]) => SERIOUS.includes(severity));
  const others = found.length - serious.length;
  const note = others > 0 ? [`${others} packages have weaknesses below high, which do not count here`] : [];
  return { result: serious.length > 0 ? 'vulnerable' : 'clean', lines: [...serious.map(describe), ...note] };
}
