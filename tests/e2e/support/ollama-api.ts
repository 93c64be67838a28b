import { readFileSync } from 'node:fs';

const FOLDER = new URL('../../contract/ollama-api/', import.meta.url);

/** One request of the comparison. */
export interface ApiRequest {
  readonly method?: string;
  readonly path: string;
  readonly body?: object;
}

/** What an answer looks like: its status, its type, and the keys of its objects in their order. */
export interface ApiShape {
  readonly status: number;
  readonly type: string;
  /** Of the first object, and of the last one of a stream. */
  readonly objects: readonly string[][];
}

function read<T>(file: string): Readonly<Record<string, T>> {
  return JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Readonly<Record<string, T>>;
}

/** Name -> request. */
export const apiRequests = (): Readonly<Record<string, ApiRequest>> => read('requests.json');

/** Where the shapes of the real Ollama are kept. */
export const RECORDED = new URL('recorded.json', FOLDER);

/** Name -> shape of the real Ollama's answer. */
export const recordedShapes = (): Readonly<Record<string, ApiShape>> => read('recorded.json');

/** The paths of all keys, in order; of a list those of its first item. */
function keysOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return keysOf(value[0], `${path}[]`);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [`${path}.${key}`, ...keysOf(inner, `${path}.${key}`)]);
}

/** Sends the request and tells what the answer looks like. */
export async function shapeOf(baseUrl: string, { method = 'POST', path, body }: ApiRequest): Promise<ApiShape> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(baseUrl + path, init);
  const lines = (await response.text()).split('\n').filter((line) => line !== '');
  const objects = lines.map((line) => keysOf(JSON.parse(line)));
  return {
    status: response.status,
    type: (response.headers.get('content-type') ?? '').split(';')[0] ?? '',
    objects: objects.length > 1 ? [objects[0] ?? [], objects.at(-1) ?? []] : objects,
  };
}
