import { SETTINGS, type SettingName } from './settings.table.js';

const READERS = { both: 'both services', gateway: 'gateway', engine: 'engine', tools: 'npm start' } as const;

const NAMES = Object.keys(SETTINGS) as SettingName[];

/** The rows of docs/configuration.md between its two markers, as Markdown. */
export function settingsTable(): string {
  const rows = NAMES.map((name) => {
    const { default: value, reader, meaning } = SETTINGS[name];
    return `| \`${name}\` | ${value === '' ? '-' : `\`${value}\``} | ${READERS[reader]} | ${meaning} |`;
  });
  return ['| setting | default | read by | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** The text of `.env.example`: every setting with its default, commented out. */
export function envExample(): string {
  const head = '# Copy this file to .env and change what you need. Variables of the environment win over it.\n';
  const entries = NAMES.map((name) => {
    const { default: value, reader, meaning } = SETTINGS[name];
    return `# ${meaning} (${READERS[reader]})\n#${name}=${value}\n`;
  });
  return [head, ...entries].join('\n');
}
