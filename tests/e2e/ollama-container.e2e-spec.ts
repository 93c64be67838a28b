import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { IStatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { freePort } from '@local-llm-agent/testing';
import { parseAllDocuments } from 'yaml';
import { compose } from '../deploy/compose.reader.js';
import type { Manifest } from '../deploy/kubernetes.schema.js';
import { readRepositoryFile } from '../deploy/repository.reader.js';
import { CONTAINERS_WORK, inContainer, type ContainerOptions } from './support/container.js';
import { Program } from './support/program.js';

const { TEST_OLLAMA_BIN: binary, TEST_MODEL_GGUF: modelFile } = process.env;
const TIMEOUT_MS = 120_000;
const { ollama, 'ollama-volume': handover } = compose.services;
const OWN_USER = '1000:1000';

/** Where a compose service mounts its only volume. */
function mountPoint(volumes: readonly string[] | undefined): string {
  return volumes?.[0]?.split(':')[1] ?? '';
}

/** How the manifest of the overlay runs Ollama. */
function inKubernetes(): Pick<ContainerOptions, 'user' | 'environment'> & { readonly inside: string } {
  const [workload] = parseAllDocuments(readRepositoryFile('k8s/overlays/ollama/ollama.yaml'))
    .map((document) => document.toJSON() as Manifest)
    .filter(({ kind }) => kind === 'StatefulSet') as readonly unknown[] as readonly IStatefulSet[];
  const pod = workload?.spec?.template.spec;
  const [container] = pod?.containers ?? [];
  const environment = Object.fromEntries(container?.env?.map(({ name, value }) => [name, value ?? '']) ?? []);
  const { runAsUser, runAsGroup } = pod?.securityContext ?? {};
  const inside = container?.volumeMounts?.find(({ name }) => name === 'models')?.mountPath ?? '';
  return { user: `${runAsUser}:${runAsGroup}`, environment, inside };
}

if (!binary || !modelFile || !CONTAINERS_WORK) {
  it.skip('is left out: it needs npm run test:ollama, Linux and root', () => undefined);
} else {
  describe('Ollama as its containers run it', () => {
    let folder: string;
    let host: string;
    const running: Program[] = [];

    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'llm-agent-container-'));
      host = `127.0.0.1:${await freePort()}`;
      // The folder of a test is for its own user alone, and in the way of others.
      chmodSync(folder, 0o755);
    });
    afterAll(async () => {
      for (const program of running) await program.stop();
      rmSync(folder, { recursive: true, force: true });
    }, TIMEOUT_MS);

    function volume(name: string, inside: string): ContainerOptions['volume'] {
      const outside = path.join(folder, name);
      if (!existsSync(outside)) mkdirSync(outside, { mode: 0o755 });
      return { outside, inside };
    }

    function container(options: Omit<ContainerOptions, 'root'>): [string, ...string[]] {
      return inContainer({ ...options, root: mkdtempSync(path.join(folder, 'root-')) });
    }

    function serve(options: Pick<ContainerOptions, 'user' | 'environment' | 'volume'>): Program {
      const environment = { ...options.environment, OLLAMA_HOST: host };
      const command = container({ ...options, environment, capabilities: [], command: [binary ?? '', 'serve'] });
      const program = new Program('ollama', command, {});
      running.push(program);
      return program;
    }

    const ready = (program: Program): Promise<void> => program.ready(`http://${host}/api/version`);

    function create(name: string): void {
      const modelfile = path.join(folder, 'Modelfile');
      writeFileSync(modelfile, `FROM ${modelFile}\nPARAMETER num_thread 1\n`);
      const env = { ...process.env, HOME: folder, OLLAMA_HOST: host };
      execFileSync(binary ?? '', ['create', name, '-f', modelfile], { env, stdio: 'ignore' });
    }

    async function answer(model: string): Promise<string> {
      const body = { model, prompt: 'Say hello.', stream: false, options: { num_predict: 4, temperature: 0 } };
      const response = await fetch(`http://${host}/api/generate`, { method: 'POST', body: JSON.stringify(body) });
      const text = await response.text();
      expect({ status: response.status, text }).toMatchObject({ status: 200 });
      return (JSON.parse(text) as { response: string }).response;
    }

    /** Ids, capabilities and the bar against new ones, as the kernel knows them; see proc_pid_status(5). */
    function rights(program: Program): Readonly<Record<string, string | undefined>> {
      const status = readFileSync(`/proc/${program.pid}/status`, 'utf8');
      const names = ['Uid', 'CapBnd', 'CapEff', 'NoNewPrivs', 'Groups'];
      return Object.fromEntries(
        names.map((name) => [name, new RegExp(`^${name}:\\s(.*)$`, 'm').exec(status)?.[1]?.trim()]),
      );
    }

    const NO_RIGHTS = {
      Uid: Array(4).fill('1000').join('\t'),
      CapBnd: '0'.repeat(16),
      CapEff: '0'.repeat(16),
      NoNewPrivs: '1',
      Groups: '',
    };

    it(
      'takes over in compose what an Ollama that was root has left, with the rights that compose gives',
      async () => {
        const { environment, user = '' } = ollama;
        const own = volume('compose', mountPoint(ollama.volumes));
        const refused = serve({ user, environment, volume: own });
        expect(await refused.exited()).not.toBe(0);
        expect(refused.output).toContain('permission denied');

        const before = serve({ user: '0:0', environment, volume: own });
        await ready(before);
        create('of-root');
        await before.stop();
        expect(statSync(path.join(own.outside, 'id_ed25519'))).toMatchObject({ uid: 0 });
        // What a model that was being made leaves behind is open to its owner alone.
        mkdirSync(path.join(own.outside, 'models', 'ollama-safetensors1'), { mode: 0o700 });

        const [chown = '', ...more] = handover.entrypoint ?? [];
        for (const _once of ['the first time', 'and again with every start']) {
          const [program, ...args] = container({
            user: handover.user ?? '',
            capabilities: handover.cap_add ?? [],
            environment: {},
            volume: { ...own, inside: mountPoint(handover.volumes) },
            command: [`/usr/bin/${chown}`, ...more, ...(handover.command ?? [])],
          });
          execFileSync(program, args);
        }
        const after = serve({ user, environment, volume: own });
        await ready(after);
        expect(rights(after)).toEqual(NO_RIGHTS);
        expect(await answer('of-root')).not.toBe('');
        create('of-its-own');
        expect(await answer('of-its-own')).not.toBe('');
        expect(await after.stop()).toBe(0);
      },
      TIMEOUT_MS,
    );

    it(
      'works on a new volume in Kubernetes, which is of its group',
      async () => {
        const { user, environment, inside } = inKubernetes();
        const own = volume('kubernetes', inside);
        // What fsGroup does to an empty volume.
        chownSync(own.outside, 0, 1000);
        chmodSync(own.outside, 0o2775);
        const program = serve({ user, environment, volume: own });
        await ready(program);
        expect(rights(program)).toEqual(NO_RIGHTS);
        create('smollm2');
        expect(await answer('smollm2')).not.toBe('');
        expect(existsSync(path.join(own.outside, 'models', 'blobs'))).toBe(true);
        expect(user).toBe(OWN_USER);
        await program.stop();
      },
      TIMEOUT_MS,
    );
  });
}
