import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it, jest } from '@jest/globals';
import {
  BadRequestException,
  Controller,
  Get,
  InternalServerErrorException,
  NotFoundException,
  Post,
  ServiceUnavailableException,
  type ArgumentsHost,
} from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { ApiError, invalidRequest } from '@local-llm-agent/contracts';
import { ErrorFilter } from './error.filter.js';
import type { HttpEdge } from './http-edge.js';
import { RouteTable } from './route.table.js';
import { TokenRoute } from './token-route.decorator.js';

@Controller('models')
class Models {
  @Get()
  list(): string {
    return 'list';
  }

  @Get('*id')
  show(): string {
    return 'show';
  }
}

@Controller()
class Chats {
  readonly name = 'chats';

  @TokenRoute('/v1/chat')
  create(_req: IncomingMessage, _res: ServerResponse): Promise<void> {
    return Promise.reject(new Error(this.name));
  }

  @Get('v1/chat/:id')
  read(): string {
    return 'read';
  }

  @Post(['v1/chat/:id/stop', 'stop'])
  stop(): string {
    return 'stop';
  }

  helper(): string {
    return 'not a route';
  }
}

function tableOf(...types: (new () => object)[]): RouteTable {
  const controllers = types.map((metatype) => ({ metatype, instance: new metatype() }));
  return new RouteTable({ getControllers: () => controllers } as unknown as DiscoveryService);
}

describe('the route table', () => {
  const table = tableOf(Models, Chats);

  it.each([
    ['/models', ['GET']],
    ['/models/', ['GET']],
    ['/models/a', ['GET']],
    ['/models/a/b/c', ['GET']],
    ['/v1/chat', ['POST']],
    ['/v1/chat/7', ['GET']],
    ['/v1/chat/7/stop', ['POST']],
    ['/stop', ['POST']],
    ['/v1', []],
    ['/v1/chat/7/other', []],
    ['/helper', []],
    ['/', []],
  ])('knows the methods of %s', (path, methods) => {
    expect(table.methodsOf(path)).toEqual(methods);
  });

  it('hands out token routes bound to their controller', async () => {
    expect([...table.tokenRoutes.keys()]).toEqual(['/v1/chat']);
    const handler = table.tokenRoutes.get('/v1/chat')!;
    await expect(handler({} as IncomingMessage, {} as ServerResponse)).rejects.toThrow('chats');
  });
});

describe('the error filter', () => {
  const table = tableOf(Models, Chats);

  function run(
    thrown: unknown,
    method: string,
    url: string,
  ): { failed: unknown; headers: Record<string, unknown>; body: string | undefined } {
    const fail = jest.fn<(error: unknown) => void>();
    const headers: Record<string, unknown> = {};
    let body: string | undefined;
    const res = {
      setHeader: (name: string, value: unknown) => {
        headers[name] = value;
      },
      writeHead: (status: number) => {
        headers[':status'] = status;
      },
      end: (text: string) => {
        body = text;
      },
    };
    const http = { getRequest: () => ({ method, url }), getResponse: () => res };
    new ErrorFilter({ fail } as unknown as HttpEdge, table).catch(thrown, {
      switchToHttp: () => http,
    } as unknown as ArgumentsHost);
    return { failed: fail.mock.calls[0]?.[0], headers, body };
  }

  it('makes an unknown path a 404 that names it', () => {
    const { failed, headers } = run(new NotFoundException(), 'GET', '/nowhere?a=b');
    expect(failed).toBeInstanceOf(ApiError);
    expect(failed).toMatchObject({
      status: 404,
      code: 'not_found',
      message: expect.stringContaining('GET /nowhere here'),
    });
    expect(headers).toEqual({});
  });

  it('makes the wrong method a 405 with Allow', () => {
    const { failed, headers } = run(new NotFoundException(), 'PUT', '/v1/chat');
    expect(failed).toMatchObject({ status: 405, code: 'invalid_request', message: '/v1/chat takes POST, not PUT.' });
    expect(headers).toEqual({ allow: 'POST' });
  });

  it('never says that a path takes the method and does not', () => {
    const { failed, headers } = run(new NotFoundException(), 'POST', '//v1//chat');
    expect(failed).toMatchObject({ status: 404, code: 'not_found' });
    expect(headers).toEqual({});
  });

  it('keeps the text of other client errors of the framework', () => {
    expect(run(new BadRequestException('odd path'), 'GET', '/x').failed).toMatchObject({
      status: 400,
      code: 'invalid_request',
      message: 'odd path',
    });
  });

  it('hands everything else on as it is', () => {
    const ours = invalidRequest('no', { param: 'a' });
    const unknown = new Error('secret');
    const theirs = new InternalServerErrorException('secret');
    expect([ours, unknown, theirs].map((error) => run(error, 'GET', '/').failed)).toEqual([ours, unknown, theirs]);
  });

  it('sends the report of a failed health check as the answer', () => {
    const { failed, headers, body } = run(new ServiceUnavailableException({ status: 'error' }), 'GET', '/health/ready');
    expect([failed, headers[':status'], JSON.parse(body ?? '')]).toEqual([undefined, 503, { status: 'error' }]);
  });
});
