import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ApiKey, NewApiKey } from '@local-llm-agent/contracts';
import { ask, type Answer, type RunningGateway } from './gateway.harness.js';

/** A bootstrap key for tests. */
export const ADMIN_KEY = 'bootstrap-key-of-the-tests-0123456789';

/** The headers of a caller with this key. */
export function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}

/** A data folder of its own, and how to remove it. */
export function dataFolder(): { readonly DATA_DIR: string; readonly remove: () => void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gateway-keys-'));
  return {
    DATA_DIR: folder,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What operators do with keys, over HTTP. */
export class KeysClient {
  constructor(
    private readonly gateway: Pick<RunningGateway, 'port'>,
    private readonly key: string = ADMIN_KEY,
  ) {}

  /** Any request; the path is what follows `/admin/keys`. */
  ask(method: string, path = '', body?: object): Promise<Answer> {
    return ask(this.gateway as RunningGateway, {
      method,
      path: `/admin/keys${path}`,
      headers: bearer(this.key),
      ...(body === undefined ? {} : { body }),
    });
  }

  /** Makes a key with these terms. */
  async create(terms: object = {}): Promise<NewApiKey> {
    const answer = await this.ask('POST', '', { name: 'test', ...terms });
    if (answer.status !== 201) throw new Error(`The key was not made: ${answer.text}`);
    return answer.json() as NewApiKey;
  }

  /** Revokes a key. */
  async revoke(id: string): Promise<ApiKey> {
    return (await this.ask('DELETE', `/${id}`)).json() as ApiKey;
  }
}
