import type { ChatSettings } from './chat.types';
import { schemaProblems } from './json-schema.policy';

/** Settings of a conversation that nobody has changed. */
export const FIRST_SETTINGS: ChatSettings = {
  model: 'auto',
  tier: 'auto',
  system: '',
  stop: [],
  form: 'text',
  schema: '',
};

/** What the gateway takes. */
export const RANGES = {
  temperature: { min: 0, max: 2, step: 0.1 },
  topP: { min: 0, max: 1, step: 0.05 },
  maxTokens: { min: 1, max: 2 ** 31 - 1, step: 64 },
  seed: { min: -(2 ** 31), max: 2 ** 32 - 1, step: 1 },
} as const;

/** Most texts that may end an answer. */
export const MOST_STOPS = 4;

/** How many settings differ from those of a new conversation, the choice of the model and the tier aside. */
export function changedSettings(settings: ChatSettings): number {
  const { system, temperature, topP, maxTokens, seed, stop, effort, form } = settings;
  const set = [temperature, topP, maxTokens, seed, effort].filter((value) => value !== undefined).length;
  return set + (system.trim() === '' ? 0 : 1) + (stop.length > 0 ? 1 : 0) + (form === 'text' ? 0 : 1);
}

/** Whether a question can be sent with these settings. */
export function areSendable({ form, schema }: ChatSettings): boolean {
  return form !== 'json_schema' || schemaProblems(schema).length === 0;
}
