import type { Redis } from 'ioredis';
import { z } from 'zod';
import { parseAs, parseJson } from '../../formats/json.js';
import { PREFIX, unlessAway } from '../../redis/connection.js';

/** An answer as it is sent again. */
export interface KeptAnswer {
  /** Of the request that was answered. */
  readonly fingerprint: string;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer>;
  /** What the log says of the request. */
  readonly log: Readonly<Record<string, unknown>>;
}

/** Which service answers a request. */
export type Claim =
  /** No service has answered it. This one does, and then calls `end`, without an answer if that failed. */
  | { readonly state: 'own'; end(answer?: KeptAnswer): Promise<void> }
  /** Another service is answering it. */
  | { readonly state: 'running'; readonly fingerprint: string }
  | { readonly state: 'kept'; readonly answer: KeptAnswer };

/** The answers of several services to requests with an Idempotency-Key. */
export interface SharedAnswers {
  /**
   * @param scope of the key, such as its client and path
   * @returns undefined while the place where they are shared is away
   */
  claim(scope: string, fingerprint: string): Promise<Claim | undefined>;
}

/** Bytes of the largest body that is shared. */
const MAX_BODY = 2 ** 20;
/** Milliseconds after which the claim of a service that was killed ends, and between two renewals. */
const CLAIM_MS = 15_000;
const RENEWAL_MS = 5000;

const Head = z.strictObject({
  fingerprint: z.string(),
  status: z.int(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  log: z.record(z.string(), z.unknown()),
});

/**
 * Keeps answers in Redis: a key whose value is the fingerprint of a request in progress, or a line of JSON and
 * the body of the answer.
 * @param keptFor milliseconds
 */
export function createRedisAnswers(client: Redis, keptFor: number): SharedAnswers {
  return {
    claim: (scope, fingerprint) =>
      unlessAway(client, async () => {
        const key = `${PREFIX}:answer:${scope}`;
        if (await client.set(key, fingerprint, 'PX', CLAIM_MS, 'NX')) return own(key, fingerprint);
        const found = await client.getBuffer(key);
        return found === null ? { state: 'running', fingerprint } : read(found);
      }),
  };

  function own(key: string, fingerprint: string): Claim {
    const timer = setInterval(() => {
      client.pexpire(key, CLAIM_MS).catch(() => undefined); // The connection logs a loss.
    }, RENEWAL_MS).unref();
    return {
      state: 'own',
      async end(answer) {
        clearInterval(timer);
        const ended =
          answer && answer.body.length <= MAX_BODY
            ? client.set(key, write({ ...answer, fingerprint }), 'PX', keptFor)
            : client.del(key);
        await ended.catch(() => undefined); // The claim expires.
      },
    };
  }
}

function write({ body, ...head }: KeptAnswer): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]);
}

function read(value: Buffer): Claim {
  const line = value.indexOf('\n');
  if (line < 0) return { state: 'running', fingerprint: value.toString() };
  const head = parseAs(Head, parseJson(value.subarray(0, line)), 'shared answer');
  return { state: 'kept', answer: { ...head, body: new Uint8Array(value.subarray(line + 1)) } };
}
