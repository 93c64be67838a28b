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
      const methods = this.routes.methodsOf(pathOf(req));
      if (methods.length === 0)
        return notFound(`There is no ${req.method ?? 'GET'} ${pathOf(req)} here. See /docs for what there is.`);
      res.setHeader('allow', methods.join(', '));
      return invalidRequest(`${pathOf(req)} takes ${methods.join(', ')}, not ${req.method ?? 'GET'}.`, { status: 405 });
    }
    return status >= 400 && status < 500 ? invalidRequest(thrown.message, { cause: thrown }) : thrown;
  }
}
