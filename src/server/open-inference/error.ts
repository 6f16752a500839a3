import type { Problem } from '../problem.js';

/** Whether a path is one of the Open Inference Protocol's. */
export function isProtocolPath(path: string): boolean {
  return path === '/v2' || path.startsWith('/v2/');
}

/** A problem in the protocol's form. Clients expect exactly this content type. */
export function errorResponse({ status, headers, message }: Problem): Response {
  return new Response(JSON.stringify({ error: message }), {
    status,
    headers: { ...headers, 'Content-Type': 'application/json' },
  });
}
