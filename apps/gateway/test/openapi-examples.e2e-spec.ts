import { beforeAll, describe, expect, it } from '@jest/globals';
import { collectSse, fullAnswer, fullManagement } from '@local-llm-agent/testing';
import { ask, type Answer } from './gateway.harness.js';
import {
  DescribedScene,
  answerAt,
  classAt,
  routesOf,
  type DescribedRoute,
  type DescribedRoutes,
} from './openapi.harness.js';

type Json = Record<string, unknown>;

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: {
    readonly content: Record<string, { readonly examples?: Record<string, { value: object }> }>;
  };
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: Json }> }>;
}

type Route = DescribedRoute & Operation;

const ADMIN_KEY = `admin-${'k'.repeat(40)}`;
const NO_BYTES = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
/** A stream without end; admin.e2e-spec.ts reads its beginning. */
const ENDLESS = '/admin/events';
/** What a program asks for; MCP wants both of a POST. */
const ACCEPTED: Readonly<Record<string, string>> = { POST: 'application/json, text/event-stream' };

/** What is made comes first, what is removed last. */
function orderOf({ method, path }: Route): number {
  if (method === 'DELETE') return 2;
  return method === 'POST' && /^\/(?:admin\/keys|v1\/responses)$/.test(path) ? 0 : 1;
}

describe('each route, asked as the OpenAPI document says', () => {
  const scene = new DescribedScene<DescribedRoutes<Operation>>({ ADMIN_KEY });
  let routes: readonly Route[];
  /** Path of a list -> id of what was made there. */
  const made = new Map<string, string>();

  beforeAll(() => {
    scene.engine.answerWith(fullAnswer);
    scene.engine.manage = fullManagement;
    routes = routesOf(scene.document)
      .filter(({ path }) => path !== ENDLESS)
      .sort((left, right) => orderOf(left) - orderOf(right));
  });

  /** A path that leads somewhere; an example that is for one tool says so. */
  const fill = (path: string, title: string): string =>
    path
      .replace('{digest}', NO_BYTES)
      .replace('{name}', title.replace(/^of /, ''))
      .replace('{response_id}', made.get('/v1/responses') ?? '')
      .replace('/keys/{id}', `/keys/${made.get('/admin/keys') ?? ''}`)
      .replace(/\{(?:id|model_name)\}/, 'gemma3');

  /** What is wrong with an answer, in the light of what is described. */
  const faultOf = async (answer: Answer, { method, path, responses }: Route): Promise<string | undefined> => {
    const described = responses[answer.status];
    if (answer.status >= 300 || !described) return `${answer.status} ${answer.text}`;
    const { content } = described;
    if (!content) return answer.text === '' ? undefined : `has a body: ${answer.text}`;
    const type = (answer.headers['content-type'] ?? '').split(';')[0]!;
    if (!(type in content)) return `is ${type}`;
    const parts = await partsOf(type, answer.text);
    if (parts.length === 0) return 'is empty';
    const place = answerAt({ path, method, status: answer.status, type });
    const faults = parts.map((part) => [scene.api.faultOf(place, part), part] as const);
    const [fault, wrong] = faults.find(([what]) => what !== undefined) ?? [];
    return fault === undefined ? undefined : `${fault}: ${JSON.stringify(wrong)}`;
  };

  const askAs = ({ method, path }: Route, title: string, body: unknown): Promise<Answer> => {
    // Node announces no length for DELETE by itself.
    const length = { 'content-length': String(Buffer.byteLength(JSON.stringify(body ?? ''))) };
    return ask(scene.gateway, {
      method,
      path: fill(path, title),
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        accept: ACCEPTED[method] ?? '*/*',
        ...(method === 'DELETE' && body !== undefined ? length : {}),
      },
      ...(body === undefined ? {} : { body }),
    });
  };

  /** Title -> a body; none for a route that takes none, and no bytes for a file. */
  const bodiesOf = ({ requestBody }: Route): [title: string, body: unknown][] => {
    if (!requestBody) return [['plain', undefined]];
    const { examples } = requestBody.content['application/json'] ?? {};
    return examples ? Object.entries(examples).map(([title, { value }]) => [title, value]) : [['a file', '']];
  };

  it('answers every example as described', async () => {
    const faults: string[] = [];
    let asked = 0;
    for (const route of routes) {
      for (const [title, body] of bodiesOf(route)) {
        const answer = await askAs(route, title, body);
        const fault = await faultOf(answer, route);
        if (fault !== undefined) faults.push(`${route.method} ${route.path} (${title}): ${fault}`);
        const id = /"id":"([^"]+)"/.exec(answer.text)?.[1];
        if (orderOf(route) === 0 && id !== undefined) made.set(route.path, id);
        asked += 1;
      }
    }
    expect(faults).toEqual([]);
    expect(asked).toBeGreaterThan(routes.length);
  });

  it('refuses what is too large to have a path in the form that is described', async () => {
    for (const path of ['/api/tags', '/v1/messages', '/models', '/v1/models']) {
      const answer = await ask(scene.gateway, { path, headers: { 'x-large': 'x'.repeat(100_000) } });
      expect(answer.status).toBe(431);
      expect([path, scene.api.fits(classAt('ErrorObject'), answer.json())]).toEqual([path, true]);
    }
  });
});

/** The values of an answer: one, one a line, or one an event. */
async function partsOf(type: string, text: string): Promise<unknown[]> {
  switch (type) {
    case 'application/json':
      return [JSON.parse(text) as unknown];
    case 'application/x-ndjson':
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as unknown);
    case 'text/event-stream':
      // A name that is not there is a member that is not there.
      return (await collectSse([text])).map((event) => JSON.parse(JSON.stringify(event)) as unknown);
    default:
      return [text];
  }
}
