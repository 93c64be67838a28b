import { parse } from 'yaml';
import { readRepositoryFile } from './repository.reader.js';

/** What every container of the compose file may have. */
export interface Container {
  readonly image: string;
  readonly user?: string;
  readonly volumes?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly [name: string]: unknown;
}

/** A container that stays. */
interface Service extends Container {
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly build?: { readonly target: string };
}

interface Compose {
  readonly name: string;
  readonly services: Readonly<Record<'gateway' | 'engine' | 'ollama' | 'postgres', Service>> & {
    readonly 'ollama-volume': Container;
  };
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
}

/** A variable of the compose file, with its name and its default. */
export const VARIABLE = /\$\{([A-Z_]+)(:-([^}]*))?\}/g;

/** The text of the compose file. */
export const composeSource = readRepositoryFile('docker-compose.yml');

/** The compose file as compose sees it with no `.env` and nothing in the environment. */
export const compose = parse(
  composeSource.replace(VARIABLE, (_all, _name: string, _default: string, value?: string) => value ?? ''),
  { merge: true },
) as Compose;
