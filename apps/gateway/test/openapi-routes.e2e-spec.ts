import { beforeAll, describe, expect, it } from '@jest/globals';
import { isOpen } from '../src/admission/access.policy.js';
import { DescribedScene, routesOf, type DescribedRoutes, type DescribedRoute } from './openapi.harness.js';
import { askRaw } from './raw.client.js';

type Content = Record<string, { readonly schema?: { readonly $ref?: string; readonly title?: string } }>;

interface Described {
  readonly description: string;
  readonly headers?: Record<string, unknown>;
  readonly content?: Content;
}

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly requestBody?: { readonly content: Record<string, { readonly examples?: object }> };
  readonly responses: Record<string, Described>;
}

interface Route extends DescribedRoute, Operation {
  readonly name: string;
}

/** Answers without a body: the status says it all. */
const WITHOUT_BODY = [
  'HEAD / 200',
  'HEAD /api/blobs/{digest} 200',
  'POST /api/blobs/{digest} 200',
  'POST /api/blobs/{digest} 201',
  'DELETE /api/delete 200',
  'POST /api/copy 200',
  'POST / 202',
  'POST /mcp 202',
];

/** Method and path -> the class of the body of an error; null: described in place. OpenAI's everywhere else. */
const FORMS: readonly (readonly [RegExp, string | null])[] = [
  [/^POST \/(?:mcp)?$/, null],
  [/ \/v1\/messages/, 'AnthropicErrorObject'],
  [/ \/api\//, 'OllamaErrorObject'],
  [/ \/health$/, 'HealthErrorObject'],
  [/ \/(?:$|models$|chat)/, 'LocalModelsErrorObject'],
];

const formOf = (name: string): string | null =>
  (FORMS.find(([names]) => names.test(name)) ?? [undefined, 'ErrorObject'])[1];

describe('the OpenAPI description of every route', () => {
  const scene = new DescribedScene<DescribedRoutes<Operation>>();
  let routes: readonly Route[];

  beforeAll(() => {
    routes = routesOf(scene.document).map((route) => ({ ...route, name: `${route.method} ${route.path}` }));
    expect(routes.length).toBeGreaterThan(50);
  });

  const statuses = (route: Route): number[] => Object.keys(route.responses).map(Number);
  /** The routes for which it does not hold. */
  const without = (holds: (route: Route) => boolean): string[] =>
    routes.filter((route) => !holds(route)).map(({ name }) => name);
  /** The answers of all routes for which it does not hold. */
  const answersWithout = (holds: (answer: Described, route: Route, status: number) => boolean): string[] =>
    routes.flatMap((route) =>
      Object.entries(route.responses).flatMap(([status, answer]) =>
        holds(answer, route, Number(status)) ? [] : [`${route.name} ${status}`],
      ),
    );

  it('says to which API it belongs and what it does', () => {
    expect(without(({ summary, tags }) => (summary ?? '') !== '' && tags?.length === 1)).toEqual([]);
  });

  it('says what each error means, and what headers every answer has', () => {
    expect(answersWithout(({ description }, _, status) => status < 400 || description !== '')).toEqual([]);
    expect(
      answersWithout(({ headers }) => ['X-Request-ID', 'X-Latency-Ms'].every((name) => name in (headers ?? {}))),
    ).toEqual([]);
  });

  it('says what comes when all is well', () => {
    const bare = answersWithout(({ content }, _, status) => status >= 204 || content !== undefined);
    expect(bare.sort()).toEqual([...WITHOUT_BODY].sort());
    expect(without((route) => statuses(route).some((status) => status < 300))).toEqual([]);
  });

  it('gives each error the form of its dialect', () => {
    const isRight = ({ content }: Described, { name, method }: Route, status: number): boolean => {
      if (status < 400 || (status === 503 && name.startsWith('GET /health'))) return true;
      if (method === 'HEAD') return content === undefined;
      const schema = content?.['application/json']?.schema;
      const form = status === 431 ? 'ErrorObject' : formOf(name);
      return form === null ? schema !== undefined : schema?.$ref === `#/components/schemas/${form}`;
    };
    expect(answersWithout(isRight)).toEqual([]);
  });

  it('tells of what can happen everywhere', () => {
    expect(without((route) => [431, 500].every((status) => statuses(route).includes(status)))).toEqual([]);
  });

  it('has no method that the answer to an unknown one does not name', async () => {
    const { status, headers } = await askRaw(scene.gateway, 'FROB / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const allowed = headers['allow']?.split(', ') ?? [];
    expect([status, without(({ method }) => allowed.includes(method))]).toEqual([405, []]);
  });

  it('tells of keys wherever one may be needed', () => {
    const needsKey = ({ method, path }: Route): boolean => !isOpen(method, path);
    expect(
      without((route) => !needsKey(route) || [401, 403, 503].every((status) => statuses(route).includes(status))),
    ).toEqual([]);
  });

  it('tells of what can be wrong with a body, and shows one', () => {
    const withBody = routes.filter(({ requestBody }) => requestBody !== undefined);
    expect(withBody.length).toBeGreaterThan(20);
    const lacking = withBody.filter((route) => ![400, 408, 413, 415].every((code) => statuses(route).includes(code)));
    // LocalModels has one status for whatever the client has to change; a file has no form, and takes its time.
    expect(lacking.map(({ name }) => name).sort()).toEqual([
      'POST /api/blobs/{digest}',
      'POST /chat',
      'POST /chat/{model_name}',
    ]);
    const bare = withBody.filter(({ requestBody }) => !requestBody?.content['application/json']?.examples);
    expect(bare.map(({ name }) => name)).toEqual(['POST /api/blobs/{digest}']);
  });
});
