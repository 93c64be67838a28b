/** Builds the images of both services with docker or podman. `--help` lists the options. */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, SetupError, runMain, say } from '../tools/repository.mjs';
import { IMAGES, ask, findEngine, must } from './container-engine.mjs';
import { ensureOfflineBase } from './offline-base.mjs';

const LONGEST_BUILD_MS = 30 * 60_000;
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
const HELP = `npm run images -- [options]
  --engine NAME      docker or podman; without it the first that works
  --tag TAG          tag of the images; without it the version in package.json
  --base-image REF   image to build upon; without it the official Node image
  --offline-base     make the base image here, from Debian packages and npm, where no image registry can be reached
                     (Debian, root; builds with podman; installs podman and mmdebstrap if they are missing)
  --npmrc FILE       npm settings for the build, such as another registry; they do not end up in the images
The certificate file in NODE_EXTRA_CA_CERTS and the proxies in ${PROXIES.join(', ')} are used for the build as well.`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      engine: { type: 'string' },
      tag: { type: 'string' },
      'base-image': { type: 'string' },
      'offline-base': { type: 'boolean', default: false },
      npmrc: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  return values;
}

function version() {
  return JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')).version;
}

function secretArgs(npmrc) {
  const files = { npmrc, ca: process.env.NODE_EXTRA_CA_CERTS };
  return Object.entries(files).flatMap(([id, file]) => {
    if (!file) return [];
    if (!fs.existsSync(file)) throw new SetupError(`The file ${file} does not exist.`);
    return ['--secret', `id=${id},src=${path.resolve(file)}`];
  });
}

function proxyArgs() {
  return PROXIES.flatMap((name) => {
    const value = process.env[name] ?? process.env[name.toLowerCase()];
    return value ? ['--build-arg', `${name}=${value}`] : [];
  });
}

/** What only podman understands: health checks exist in Docker's image format alone. */
function podmanArgs(offline) {
  return ['--format', 'docker', ...(offline ? ['--isolation', 'chroot', '--network', 'host'] : [])];
}

async function buildImages() {
  const options = readOptions();
  if (options.help) return void process.stdout.write(`${HELP}\n`);
  const offline = options['offline-base'];
  const base = offline ? await ensureOfflineBase() : options['base-image'];
  const engine = offline ? 'podman' : await findEngine(options.engine);
  const tag = options.tag ?? version();
  for (const [target, name] of Object.entries(IMAGES)) {
    say(`building ${name}:${tag} with ${engine}`);
    const args = [
      'build',
      ...['--target', target, '--tag', `${name}:${tag}`],
      ...(base ? ['--build-arg', `BASE_IMAGE=${base}`] : []),
      ...secretArgs(options.npmrc),
      ...proxyArgs(),
      ...(engine === 'podman' ? podmanArgs(offline) : []),
      '.',
    ];
    await must(engine, args, { cwd: ROOT, timeoutMs: LONGEST_BUILD_MS, env: { DOCKER_BUILDKIT: '1' } });
  }
  for (const name of Object.values(IMAGES)) {
    const bytes = await ask(engine, ['image', 'inspect', '--format', '{{.Size}}', `${name}:${tag}`]);
    say(`${name}:${tag}  ${(Number(bytes) / 1e6).toFixed(0)} MB`);
  }
}

await runMain(buildImages);
