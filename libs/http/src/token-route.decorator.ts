import type { IncomingMessage, ServerResponse } from 'node:http';
import { Post, SetMetadata, applyDecorators } from '@nestjs/common';

/** Metadata key under which {@link TokenRoute} keeps the path. */
export const TOKEN_ROUTE = 'token-route';

/** Shape of a controller method that moves tokens: it owns the response, and throws for errors. */
export type TokenHandler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

/**
 * A POST route that moves tokens. The token-route adapter calls the method straight from the HTTP server; with the
 * adapter switched off Nest and Express do. The method takes `(@Req() req, @Res() res)` either way.
 */
export function TokenRoute(path: string): MethodDecorator {
  return applyDecorators(Post(path), SetMetadata(TOKEN_ROUTE, path));
}
