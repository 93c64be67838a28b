import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { ApiError } from '@local-llm-agent/contracts';
import { SettingsError, loadSettings } from '@local-llm-agent/config';
import { KEYS_OPTIONS, parseKeysCommand } from './keys/keys-command.parse.js';
import { runKeysCommand } from './keys/keys-command.service.js';
import { KeysService } from './keys/keys.service.js';
import { Store } from './store/store.service.js';

/** Whether the message alone tells what to do. */
function isForPeople(error: unknown): error is Error {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  return error instanceof ApiError || error instanceof SettingsError || code.startsWith('ERR_PARSE_ARGS');
}

async function main(): Promise<void> {
  // Its lines are for the log of a service; here what goes wrong is thrown.
  Logger.overrideLogger(false);
  const { values, positionals } = parseArgs({ options: KEYS_OPTIONS, allowPositionals: true });
  const store = new Store(loadSettings(process.env));
  try {
    const command = parseKeysCommand(positionals, values, Date.now());
    const { json, text } = await runKeysCommand(command, new KeysService(store));
    process.stdout.write(`${values.json ? JSON.stringify(json, undefined, 2) : text}\n`);
  } finally {
    await store.onModuleDestroy();
  }
}

try {
  await main();
} catch (error) {
  const cause = error instanceof ApiError && error.cause instanceof Error ? `\n${error.cause.message}` : '';
  process.stderr.write(isForPeople(error) ? `${error.message}${cause}\n` : `${String((error as Error).stack)}\n`);
  process.exitCode = 1;
}
