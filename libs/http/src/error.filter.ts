import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Catch,
  HttpException,
  ServiceUnavailableException,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { invalidRequest, notFound, type ApiError } from '@local-llm-agent/contracts';
import type { HttpEdge } from './http-edge.js';
import { pathOf } from './request-context.js';
import type { RouteTable } from './route.table.js';

/** Most characters of a path in a message. */
const LONGEST_SHOWN = 200;

/** Renders whatever a route of Nest throws, the unknown path and the wrong method included. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly edge: HttpEdge,
    private readonly routes: RouteTable,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const req = http.getRequest<IncomingMessage>();
    const res = http.getResponse<ServerResponse>();
    if (thrown instanceof ServiceUnavailableException) {
      // A health check that failed: its report is the answer.
      res.writeHead(503, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
      res.end(JSON.stringify(thrown.getResponse()));
      return;
    }
    this.edge.fail(thrown instanceof HttpException ? this.translate(thrown, req, res) : thrown, req, res);
  }

  private translate(thrown: HttpException, req: IncomingMessage, res: ServerResponse): ApiError | HttpException {
    const status = thrown.getStatus();
    if (status === 404) {
      const path = pathOf(req);
      const shown = path.length > LONGEST_SHOWN ? `${path.slice(0, LONGEST_SHOWN)}...` : path;
      const methods = this.routes.methodsOf(path);
      // A path that only looks like one of ours, such as one with two slashes in a row, has the method as well.
      if (methods.length === 0 || methods.includes(req.method ?? 'GET'))
        return notFound(`There is no ${req.method ?? 'GET'} ${shown} here. See /docs for what there is.`);
      res.setHeader('allow', methods.join(', '));
      return invalidRequest(`${shown} takes ${methods.join(', ')}, not ${req.method ?? 'GET'}.`, { status: 405 });
    }
    // The words of Express have the whole path in them.
    if (status === 400 && thrown.message.startsWith('Failed to decode param'))
      return invalidRequest('The path cannot be read: its percent escapes are no UTF-8.', { cause: thrown });
    return status >= 400 && status < 500 ? invalidRequest(thrown.message, { cause: thrown }) : thrown;
  }
}
