import type { IncomingMessage, ServerResponse } from 'node:http';
import { permissionDenied } from '@local-llm-agent/contracts';
import { corsHeaders, isAllowedOrigin, isOwnPage, preflightHeaders } from './cors.policy.js';
import { hostOf, isAllowedHost, type HostTerms } from './host.policy.js';

/** Which names a service has, and which web pages may use it. */
export interface SiteTerms extends HostTerms {
  /** Origins in lower case; `*` for all. */
  readonly origins: readonly string[];
}

const LONGEST_SHOWN = 100;
/** What may be shown of a header. */
const SANE = /^[\w.:/[\]-]+$/;

function shown(text: string): string {
  return SANE.test(text) ? `'${text.slice(0, LONGEST_SHOWN)}'` : 'that';
}

function header({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/**
 * Keeps web pages of other sites out: a browser on a trusted machine asks for whoever wrote the page. Programs that are
 * no browsers are not held up.
 */
export class SiteGuard {
  constructor(private readonly terms: SiteTerms) {}

  /**
   * Looks at who asks, before anything else:
   * 1. It asks under one of our names, or: 403.
   * 2. No page asks.
   * 3. The page is our own.
   * 4. It is one that may: its browser is told so.
   * 5. All others: 403.
   * Returns whether the request was answered: the question of a browser before the request.
   */
  enter(req: IncomingMessage, res: ServerResponse): boolean {
    const { origins } = this.terms;
    // What is stored on the way must not be given to another page.
    if (origins.length > 0) res.setHeader('vary', 'Origin');
    const { host, origin } = req.headers;
    // 1.
    this.checkHost(host);
    // 2.
    if (origin === undefined) return false;
    // 3.
    if (isOwnPage({ origin, host, site: header(req, 'sec-fetch-site') })) return false;
    // 4.
    if (isAllowedOrigin(origin, origins)) return this.welcome(req, res, origin);
    // 5.
    throw permissionDenied(
      `Web pages of ${shown(origin)} may not use this address. Whoever runs it can add the origin to CORS_ORIGINS.`,
      { reason: 'origin', param: 'Origin' },
    );
  }

  private checkHost(host: string | undefined): void {
    const name = host === undefined ? undefined : hostOf(host);
    // Browsers always say it.
    if (name === undefined || isAllowedHost(name, this.terms)) return;
    throw permissionDenied(
      `This address may not be asked as ${shown(name)}. If it is a name of it, whoever runs it can add it to ALLOWED_HOSTS.`,
      { reason: 'host', param: 'Host' },
    );
  }

  private welcome(req: IncomingMessage, res: ServerResponse, origin: string): boolean {
    for (const [name, value] of Object.entries(corsHeaders(origin, this.terms.origins))) res.setHeader(name, value);
    if (req.method !== 'OPTIONS' || req.headers['access-control-request-method'] === undefined) return false;
    const wanted = {
      headers: header(req, 'access-control-request-headers'),
      privateNetwork: header(req, 'access-control-request-private-network') === 'true',
    };
    res.writeHead(204, preflightHeaders(wanted));
    res.end();
    return true;
  }
}
