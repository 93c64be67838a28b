import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Inject, Next, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { notFound } from '@local-llm-agent/contracts';
import { PAGE_FILES } from '../gateway.tokens.js';
import { NONCE_PLACEHOLDER, contentSecurityPolicy, wantsPage } from './page.policy.js';
import type { PageFiles } from './page-files.reader.js';

/** What every answer of the page carries. */
const PAGE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** The web page, for browsers; the same address answers programs with JSON. */
@ApiExcludeController()
@Controller()
export class PageController {
  constructor(@Inject(PAGE_FILES) private readonly files: PageFiles | undefined) {}

  /** The document of the page; whoever does not ask for HTML is for the next route. */
  @Get('/')
  page(@Req() req: IncomingMessage, @Res() res: ServerResponse, @Next() next: () => void): void {
    if (!this.files) {
      next();
      return;
    }
    res.appendHeader('vary', 'accept');
    if (!wantsPage(req.headers.accept)) {
      next();
      return;
    }
    const nonce = randomBytes(16).toString('base64');
    const body = Buffer.from(this.files.document.replaceAll(NONCE_PLACEHOLDER, nonce));
    res.writeHead(200, {
      ...PAGE_HEADERS,
      'content-type': 'text/html; charset=utf-8',
      'content-length': body.length,
      'content-security-policy': contentSecurityPolicy(nonce),
      // The nonce is good for one answer.
      'cache-control': 'no-store',
    });
    res.end(body);
  }

  /** Scripts, styles and pictures of the page. */
  @Get('assets/:name')
  asset(@Param('name') name: string, @Req() req: IncomingMessage, @Res() res: ServerResponse): void {
    for (const [header, value] of Object.entries(PAGE_HEADERS)) res.setHeader(header, value);
    if (this.files?.send(name, req, res) === true) return;
    throw notFound('There is no such file. Reload the page: it may be newer than what your browser keeps.');
  }
}
