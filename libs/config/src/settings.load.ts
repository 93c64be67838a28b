import { SETTINGS, type SettingName, type Settings } from './settings.table.js';

/** Raised at start; the message lists every problem at once. */
export class SettingsError extends Error {
  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    );
    this.name = 'SettingsError';
  }
}

/**
 * Reads all settings from an environment. An empty variable counts as not set.
 * Throws a {@link SettingsError} with every problem at once.
 */
export function loadSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const problems: string[] = [];
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const entry = SETTINGS[name];
    const given = environment[name]?.trim();
    const text = given === undefined || given === '' ? entry.default : given;
    try {
      values[name] = entry.parse(text);
    } catch (error) {
      const shown = 'secret' in entry ? '***' : text.replace(/\/\/[^/@,]*@/g, '//***@');
      problems.push(`${name} ${error instanceof Error ? error.message : String(error)}, but it is '${shown}'`);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(values) as Settings;
}
