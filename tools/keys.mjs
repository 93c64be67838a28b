/** `npm run keys -- create NAME`: manages the gateway's API keys on its store, as `.env` and the environment say. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { requireNode } from './node-version.mjs';
import { ROOT, runMain } from './repository.mjs';
import { loadEnvFile } from './start-settings.mjs';

await runMain(async () => {
  requireNode();
  await ensureInstalled();
  await ensureBuilt();
  loadEnvFile();
  const file = path.join(ROOT, 'apps', 'gateway', 'dist', 'keys.main.js');
  const { status } = spawnSync(process.execPath, [file, ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' });
  return status ?? 1;
});
