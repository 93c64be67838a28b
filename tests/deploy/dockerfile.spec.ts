import { existsSync, readdirSync } from 'node:fs';
import { Script } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { ROOT, readRepositoryFile, unknownSettings } from './repository.reader.js';

const dockerfile = readRepositoryFile('Dockerfile').replaceAll(/\\\n\s*/g, ' ');

/** The lines of a build stage. */
function stage(name: string): string[] {
  const part = dockerfile.split(/^FROM /m).find((text) => text.split('\n')[0]?.endsWith(` AS ${name}`));
  if (part === undefined) throw new Error(`The Dockerfile has no stage ${name}`);
  return part.split('\n').slice(1);
}

/** The operands of an instruction in a stage, one for each time it stands there. */
function instructions(name: string, instruction: string): string[] {
  return stage(name)
    .filter((line) => line.startsWith(`${instruction} `))
    .map((line) => line.slice(instruction.length + 1).trim());
}

const IMAGES = [
  { image: 'gateway', app: 'apps/gateway', ports: '3160 8000 3000' },
  { image: 'engine', app: 'apps/inference-engine', ports: '3161' },
] as const;

describe('Dockerfile', () => {
  it('knows every workspace package, so that npm finds its lock file in order', () => {
    const workspaces = ['apps', 'libs'].flatMap((group) =>
      readdirSync(`${ROOT}/${group}`)
        .filter((name) => existsSync(`${ROOT}/${group}/${name}/package.json`))
        .map((name) => `${group}/${name}`),
    );
    const copied = instructions('packages', 'COPY').join('\n');
    expect(workspaces.filter((path) => !copied.includes(`${path}/package.json ${path}/`))).toEqual([]);
  });

  it.each(IMAGES)('installs for the $image image only what that service and its libs use', ({ image, app }) => {
    const [install] = instructions(`${image}-packages`, 'RUN');
    expect(install).toContain('--omit=dev');
    const selected = [...(install ?? '').matchAll(/-w (\S+)/g)].map(([, path]) => path);
    const libs = [...readRepositoryFile(`${app}/tsconfig.json`).matchAll(/"\.\.\/\.\.\/(libs\/[a-z]+)"/g)];
    expect(selected.sort()).toEqual([app, ...libs.map(([, path]) => path)].sort());
  });

  it.each(IMAGES)('ends the $image image as a service that is not root and can be stopped', ({ image, app, ports }) => {
    expect(instructions(image, 'USER')).toEqual(['1000:1000']);
    expect(instructions(image, 'STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(instructions(image, 'EXPOSE')).toEqual([ports]);
    expect(JSON.parse(instructions(image, 'ENTRYPOINT')[0] ?? '')).toEqual(['node', `${app}/dist/main.js`]);
  });

  it.each(IMAGES)('checks the health of the $image image with a command that Docker can read', ({ image }) => {
    const [check] = instructions(image, 'HEALTHCHECK');
    const [program, flag, code] = JSON.parse(/CMD (\[.*\])$/.exec(check ?? '')?.[1] ?? '[]') as string[];
    expect([program, flag]).toEqual(['node', '-e']);
    expect(() => new Script(code ?? '(')).not.toThrow();
    expect(code).toContain('/health/live');
  });

  it.each(IMAGES)('sets nothing in the $image image that the services do not know', ({ image }) => {
    const names = instructions(image, 'ENV').flatMap((line) =>
      [...line.matchAll(/([A-Z_]+)=/g)].map(([, name]) => name ?? ''),
    );
    expect(names).not.toEqual([]);
    expect(unknownSettings(names)).toEqual([]);
  });

  it('installs the versions of the lock file, and runs no scripts of packages', () => {
    const installs = ['build', 'gateway-packages', 'engine-packages'].flatMap((name) => instructions(name, 'RUN'));
    expect(instructions('packages', 'ENV').join(' ')).toContain('NPM_INSTALL="npm ci --ignore-scripts ');
    expect(installs.filter((run) => run.includes('NPM_INSTALL'))).toHaveLength(3);
    expect(dockerfile).not.toMatch(/npm (?:install|i|add|update)\b/);
  });

  it('listens on all addresses of a container', () => {
    expect(instructions('gateway', 'ENV').join(' ')).toContain('HOST=0.0.0.0');
    expect(instructions('engine', 'ENV').join(' ')).toContain('ENGINE_HOST=0.0.0.0');
  });

  it('opens the ports on which the gateway listens', () => {
    const listens = /GATEWAY_PORTS=(\S+)/.exec(instructions('gateway', 'ENV').join(' '))?.[1];
    expect(instructions('gateway', 'EXPOSE')).toEqual([listens?.replaceAll(',', ' ')]);
  });

  it('builds the page into the gateway image, and installs nothing that it is made of', () => {
    const build = instructions('build', 'RUN').join('\n');
    expect(build).toContain('vite build apps/web-ui');
    expect(build).toMatch(/cp -r --parents [^&]*apps\/web-ui\/dist \/out\/gateway/);
    expect(build.match(/apps\/web-ui\/dist/g)).toHaveLength(1);
    for (const image of ['gateway', 'engine'])
      expect(instructions(`${image}-packages`, 'RUN').join('\n')).not.toContain('apps/web-ui');
  });

  it('sends neither secrets nor built files to the builder', () => {
    const lines = readRepositoryFile('.dockerignore').split('\n');
    expect(lines[1]).toBe('*');
    expect(lines).toEqual(expect.arrayContaining(['**/node_modules', '**/dist', '**/.env']));
  });
});
