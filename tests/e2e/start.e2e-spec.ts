import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serviceCommand } from './support/system.js';

type Service = Parameters<typeof serviceCommand>[0];

/** A supervisor must not start the program again: the configuration cannot work. */
const EXIT_CONFIG = 78;
const SERVICES: [Service, string][] = [
  ['gateway', 'GATEWAY_PORTS'],
  ['inference-engine', 'ENGINE_PORT'],
];

const taken = createServer();
let takenPort = '';
let folder = '';
beforeAll(async () => {
  await once(taken.listen(0, '127.0.0.1'), 'listening');
  takenPort = String((taken.address() as AddressInfo).port);
  folder = mkdtempSync(path.join(tmpdir(), 'llm-agent-start-'));
});
afterAll(() => {
  taken.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a service that is to end by itself; gives its exit code and the messages it logged. */
function start(
  service: Service,
  settings: Readonly<Record<string, string>>,
): Promise<{ code: unknown; messages: string }> {
  const [node, program] = serviceCommand(service);
  const env = {
    ...process.env,
    RUNTIMES: 'embedded',
    MODELS_DIR: folder,
    GATEWAY_PORTS: takenPort,
    ENGINE_PORT: takenPort,
    ...settings,
  };
  return new Promise((resolve) => {
    execFile(node, [program], { env, timeout: 30_000 }, (error, stdout) => {
      const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
      const messages = lines.map((line) => (JSON.parse(line) as { msg?: string }).msg ?? '').join('\n');
      resolve({ code: error ? error.code : 0, messages });
    });
  });
}

describe.each(SERVICES)('a start of the %s that cannot work', (service, portSetting) => {
  it('for a port that is in use names the port and the setting', async () => {
    const { code, messages } = await start(service, {});
    expect(code).toBe(EXIT_CONFIG);
    expect(messages).toContain(`127.0.0.1:${takenPort}`);
    expect(messages).toContain(`set ${portSetting}`);
  }, 40_000);

  it('for wrong settings lists all of them', async () => {
    const { code, messages } = await start(service, {
      [portSetting]: 'abc',
      LOG_LEVEL: 'loud',
      MEMORY_BUDGET: 'much',
      SHUTDOWN_GRACE_SECONDS: '-1',
    });
    expect(code).toBe(EXIT_CONFIG);
    for (const name of [portSetting, 'LOG_LEVEL', 'MEMORY_BUDGET', 'SHUTDOWN_GRACE_SECONDS'])
      expect(messages).toMatch(new RegExp(`^ +- ${name} must be .*, but it is '`, 'm'));
  }, 40_000);

  it('for a broken catalog lists all that is wrong in it', async () => {
    const catalog = path.join(folder, 'broken.yaml');
    writeFileSync(catalog, 'tiers: { small: { requestsPerMinute: many } }\nmodels: [{ id: a, tier: huge }]\n');
    const { code, messages } = await start(service, { CATALOG: catalog });
    expect(code).toBe(EXIT_CONFIG);
    expect(messages).toContain('broken.yaml');
    expect(messages).toContain('tiers.small.requestsPerMinute');
    expect(messages).toContain('models[0].tier');
  }, 40_000);

  it('for a catalog that is not there names the setting', async () => {
    const { code, messages } = await start(service, { CATALOG: path.join(folder, 'none.yaml') });
    expect([code, messages]).toEqual([EXIT_CONFIG, expect.stringMatching(/none\.yaml[^]*CATALOG/)]);
  }, 40_000);
});
