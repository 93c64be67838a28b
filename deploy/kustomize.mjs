import fs from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../tools/cache-folder.mjs';
import { withLock } from '../tools/file-lock.mjs';
import { SetupError, say } from '../tools/repository.mjs';
import { runProgram } from '../tools/run-program.mjs';
import { ask } from './container-engine.mjs';

const VERSION = 'v5.7.1';
const LONGEST_BUILD_MS = 5 * 60_000;

function cachedProgram() {
  return path.join(cacheFolder(`kustomize-${VERSION}`), 'kustomize');
}

async function buildWithGo() {
  const program = cachedProgram();
  say(`building kustomize ${VERSION}, this happens once`);
  const { code, output } = await runProgram('go', ['install', `sigs.k8s.io/kustomize/kustomize/v5@${VERSION}`], {
    quiet: true,
    timeoutMs: LONGEST_BUILD_MS,
    env: { GOBIN: path.dirname(program), CGO_ENABLED: '0' },
  });
  if (code !== 0) throw new SetupError(`${output}\n\nkustomize cannot be built; install kubectl or kustomize.`);
}

/**
 * The command that renders a kustomization folder: kubectl or kustomize when installed, else kustomize built once with
 * Go into the cache folder. Undefined where none of the three is installed.
 */
export async function findKustomize() {
  if ((await ask('kubectl', ['kustomize', '--help'])) !== undefined) return ['kubectl', 'kustomize'];
  if ((await ask('kustomize', ['version'])) !== undefined) return ['kustomize', 'build'];
  const program = cachedProgram();
  if (!fs.existsSync(program)) {
    if ((await ask('go', ['version'])) === undefined) return undefined;
    await withLock({ file: cacheFolder('locks', 'kustomize.lock'), doing: 'building kustomize', say }, async () => {
      if (!fs.existsSync(program)) await buildWithGo();
    });
  }
  return [program, 'build'];
}
