import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Settings } from '@local-llm-agent/config';
import { ApiError } from '@local-llm-agent/contracts';
import { FakeEngine } from '@local-llm-agent/testing';
import { ask, startGateway, type RunningGateway } from './gateway.harness.js';

/** Where something is described: the names that lead to it from the root of the document. */
export type Place = readonly string[];

/** Which answer of which route. */
export interface DescribedAnswer {
  readonly path: string;
  /** `POST` unless it is said. */
  readonly method?: string;
  readonly status: number;
  /** JSON unless it is said. */
  readonly type?: string;
}

/** The place of a class. */
export const classAt = (name: string): Place => ['components', 'schemas', name];

/** The place of the body of an answer. */
export function answerAt({ path, method = 'POST', status, type = 'application/json' }: DescribedAnswer): Place {
  return ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema'];
}

/** What ajv is told of formats: they are there for readers, and checked nowhere. */
const FORMATS = { byte: true, binary: true, date: true, 'date-time': true } as const;

/** The OpenAPI document of a gateway, of which `D` is what a test reads. */
export class OpenApi<D extends object> {
  private readonly ajv = new Ajv2020({ strict: false, formats: FORMATS });

  constructor(readonly document: D) {
    this.ajv.addSchema(document, 'api');
  }

  /** Reads it from `/openapi.json`. */
  static async of<D extends object>(gateway: RunningGateway): Promise<OpenApi<D>> {
    const answer = await ask(gateway, { path: '/openapi.json' });
    expect(answer.status).toBe(200);
    return new OpenApi(answer.json() as D);
  }

  /** Whether the value is as it is described at this place. Throws where nothing is described. */
  fits(place: Place, value: unknown): boolean {
    return this.faultOf(place, value) === undefined;
  }

  /** What of the value is not as it is described at this place. Throws where nothing is described. */
  faultOf(place: Place, value: unknown): string | undefined {
    const parts = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')));
    return this.ajv.validate({ $ref: `api#/${parts.join('/')}` }, value) ? undefined : this.ajv.errorsText();
  }
}

/** A scripted engine and a gateway before it, with the document of the gateway, for all tests of a file. */
export class DescribedScene<D extends object> {
  private parts:
    { readonly engine: FakeEngine; readonly gateway: RunningGateway; readonly api: OpenApi<D> } | undefined;

  constructor(settings: Partial<Settings> = {}) {
    beforeAll(async () => {
      const engine = await FakeEngine.start();
      const gateway = await startGateway(engine.url, { settings });
      this.parts = { engine, gateway, api: await OpenApi.of<D>(gateway) };
    });
    afterAll(async () => {
      await this.gateway.stop();
      await this.engine.close();
      expect(this.engine.faults).toEqual([]);
    });
  }

  get engine(): FakeEngine {
    return this.made.engine;
  }

  get gateway(): RunningGateway {
    return this.made.gateway;
  }

  get api(): OpenApi<D> {
    return this.made.api;
  }

  get document(): D {
    return this.api.document;
  }

  private get made() {
    if (!this.parts) throw new Error('There is nothing yet: ask in a test, or in a hook of its file.');
    return this.parts;
  }
}

/** A document, as far as its routes are read: path -> verb -> operation. */
export interface DescribedRoutes<O extends object> {
  readonly paths: Readonly<Record<string, Readonly<Record<string, O>>>>;
}

/** Where an operation is found. */
export interface DescribedRoute {
  /** In capitals. */
  readonly method: string;
  readonly path: string;
}

/** All operations of a document. */
export function routesOf<O extends object>({ paths }: DescribedRoutes<O>): (DescribedRoute & O)[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([verb, operation]) => ({ ...operation, path, method: verb.toUpperCase() })),
  );
}

/** Whether a validator takes this body: it answers a bad one with a 400. */
export function isTaken(parse: (bytes: Buffer) => unknown, body: unknown): boolean {
  try {
    parse(Buffer.from(JSON.stringify(body)));
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) return false;
    throw error;
  }
}
