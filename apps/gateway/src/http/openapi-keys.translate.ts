type Json = Record<string, unknown>;

interface Operation {
  readonly responses?: Json;
  readonly [field: string]: unknown;
}

/** The parts of an OpenAPI document that are looked at here. */
interface Document {
  readonly paths: Readonly<Record<string, object>>;
  readonly components?: object;
}

const METHODS: readonly string[] = ['get', 'head', 'post', 'put', 'patch', 'delete'];

const SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A key, as OpenAI, Ollama and MCP clients send it' },
  header: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'A key, as Anthropic clients send it' },
} as const;

/** A key by either header; none while there are no keys. */
const SECURITY = [{}, { bearer: [] }, { header: [] }];

const CHALLENGE = { 'WWW-Authenticate': { description: 'What to send', schema: { type: 'string' } } } as const;

const MEANINGS: Readonly<Record<string, string>> = {
  401: 'There are keys, and none that is good came with the request.',
  403: 'The key may not do this, or not with this model or tier.',
};

/** Errors of a route have one form: that of the first one that is described with a body, but for too large headers. */
function formOf(responses: Json): Json {
  const errors = Object.entries(responses).filter(([status]) => Number(status) >= 400 && status !== '431');
  // Of an answer to HEAD there are only headers.
  const found = errors.find(([, each]) => (each as Json)['content']) ?? errors[0];
  const { headers, content } = (found?.[1] ?? {}) as Json;
  return { ...(headers ? { headers } : {}), ...(content ? { content } : {}) };
}

function withRefusals(operation: Operation): Operation {
  const { responses = {} } = operation;
  const form = formOf(responses);
  const refusals = Object.entries(MEANINGS).map(([status, description]) => {
    const headers = status === '401' ? { headers: { ...(form['headers'] as Json | undefined), ...CHALLENGE } } : {};
    return [status, { description, ...form, ...headers }];
  });
  return { ...operation, security: SECURITY, responses: { ...(Object.fromEntries(refusals) as Json), ...responses } };
}

/** The document with what keys add to it: how to send one, and the two ways to be refused where one is needed. */
export function describeKeys<D extends Document>(document: D, isOpen: (method: string, path: string) => boolean): D {
  const paths = Object.entries(document.paths).map(([path, item]) => {
    const entries = Object.entries(item as Json).map(([method, operation]) => {
      const needsKey = METHODS.includes(method) && !isOpen(method.toUpperCase(), path);
      return [method, needsKey ? withRefusals(operation as Operation) : operation];
    });
    return [path, Object.fromEntries(entries) as object];
  });
  const components = { ...document.components, securitySchemes: SCHEMES };
  return { ...document, paths: Object.fromEntries(paths) as D['paths'], components };
}
