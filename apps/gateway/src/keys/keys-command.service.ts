import type { ApiKey } from '@local-llm-agent/contracts';
import type { KeysCommand } from './keys-command.parse.js';
import { KEYS_HELP } from './keys-command.parse.js';
import { keysTable } from './keys-table.translate.js';
import type { KeysService } from './keys.service.js';

/** What a command has to say: for a program, and for a person. */
interface Outcome {
  readonly json: unknown;
  readonly text: string;
}

function shown(key: ApiKey): Outcome {
  return { json: key, text: keysTable([key]) };
}

function withKey(key: ApiKey & { readonly key: string }): Outcome {
  return {
    json: key,
    text: `${keysTable([key])}\n\n${key.key}\n\nKeep this key now: it is not stored and cannot be shown again.`,
  };
}

/** Carries a command out. Rejects with an ApiError that says what to change. */
export async function runKeysCommand(command: KeysCommand, keys: KeysService): Promise<Outcome> {
  switch (command.name) {
    case 'help':
      return { json: KEYS_HELP, text: KEYS_HELP };
    case 'list': {
      const all = await keys.list();
      return { json: { data: all }, text: keysTable(all) };
    }
    case 'create':
      return withKey(await keys.create(command.request));
    case 'show':
      return shown(await keys.get(command.id));
    case 'update':
      return shown(await keys.update(command.id, command.request));
    case 'rotate':
      return withKey(await keys.rotate(command.id, command.request));
    case 'revoke':
      return shown(await keys.revoke(command.id));
    case 'remove':
      await keys.remove(command.id);
      return { json: { id: command.id, removed: true }, text: `The key ${command.id} is forgotten.` };
  }
}
