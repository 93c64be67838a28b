import { execFileSync } from 'node:child_process';

/**
 * Makes sure that a program is there, from the system's package of this name where it is missing and we may install.
 * Returns why there is none; in CI that is an error.
 */
export function ensureServer(name: string, isThere: () => boolean): string | undefined {
  if (isThere()) return undefined;
  const missing = `there is no ${name}; install it, on Debian by apt-get install ${name}`;
  try {
    if (process.getuid?.() !== 0) throw new Error(missing);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    execFileSync('apt-get', ['update', '-q'], { env, stdio: 'pipe' });
    // The packages would start a server of their own on the usual port; the tests start theirs.
    execFileSync('apt-get', ['install', '-qy', '--no-install-recommends', name], {
      env: { ...env, RUNLEVEL: '1' },
      stdio: 'pipe',
    });
    if (!isThere()) throw new Error(missing);
    return undefined;
  } catch (cause) {
    if (process.env['CI']) throw new Error(missing, { cause });
    return missing;
  }
}
