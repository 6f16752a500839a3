import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import type { AppEnv } from '../context.js';
import { Problem } from '../problem.js';
import { type Access, isLoopback } from './access.js';

type WebPageRules = Pick<Access, 'origins' | 'localOnly'>;

/** Seconds for which a browser remembers that it may send requests. */
const PREFLIGHT_AGE = 600;

/**
 * Keeps web pages of other origins from using the service through a visitor's browser, which sends some
 * requests to any address without a preflight.
 */
export function guardWebPages(rules: WebPageRules): MiddlewareHandler<AppEnv>[] {
  const { origins } = rules;
  const shared = cors({
    origin: [...origins],
    exposeHeaders: [...EXPOSED],
    maxAge: PREFLIGHT_AGE,
  });
  return [
    secureHeaders(HEADERS),
    rejectForeignPages(rules),
    ...(origins.length > 0 ? [shared] : []),
  ];
}

/** Headers of answers that a page may read. */
const EXPOSED = [
  'ETag',
  'Idempotency-Replayed',
  'Inference-Header-Content-Length',
  'Link',
  'Location',
  'Retry-After',
  'Server-Timing',
  'X-Request-Id',
  'X-Stimulus-Digests',
  'X-Stimulus-Set',
  'X-Stimulus-Warnings',
] as const;

/** Security headers of every answer; a route that serves pages sets a policy of its own. */
const HEADERS = {
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  xFrameOptions: 'DENY',
  // The proxy that terminates TLS sets this one.
  strictTransportSecurity: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
  originAgentCluster: false,
  removePoweredBy: false,
  overwrite: false,
};

function rejectForeignPages({ origins, localOnly }: WebPageRules): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { host, hostname } = new URL(c.req.url);
    // DNS rebinding: a foreign name that resolves to 127.0.0.1 would make a foreign page same-origin.
    if (localOnly && !isLoopback(hostname)) {
      throw new Problem(
        421,
        `${hostname} is not served here: use localhost, or start the service with API_KEYS_FILE or ` +
          'ALLOW_ANONYMOUS=1',
      );
    }
    const origin = c.req.header('Origin');
    if (origin !== undefined && !origins.includes(origin) && parseHost(origin) !== host) {
      throw new Problem(
        403,
        `pages from ${origin} may not send requests; CORS_ORIGINS names those that may`,
      );
    }
    await next();
  };
}

function parseHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
