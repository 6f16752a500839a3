import { type BirpcReturn, createBirpc } from 'birpc';
import { type CarriedError, packError, unpackError } from './carried-error.js';
import { transferredWith } from './transfer.js';

/** Carries messages to another process or thread, and from it, in order. */
export interface Port {
  post(message: object, transfer: ArrayBuffer[]): void;
  listen(receive: (message: unknown) => void): void;
}

/**
 * The functions of the other side. A call rejects with what was thrown there: an InputError arrives as
 * one, a bug as an Error with its stack. An AbortSignal may be the last argument: once it is aborted,
 * the call rejects with its reason, and the signal that the function was given is aborted too.
 * `asEvent` calls a function without waiting for it.
 */
export type Remote<Functions extends object> = BirpcReturn<Functions>;

export interface Connection<Functions extends object> {
  readonly remote: Remote<Functions>;
  /** Rejects the calls that have not been answered, and all later ones. */
  close(loss: Error): void;
}

/** What both sides offer besides their own functions. */
interface Cancelling {
  readonly cancel: (call: string, reason: CarriedError) => void;
}

/** A message of birpc: a call with the arguments `a`, or an answer with a result `r` or an error `e`. */
interface Message {
  readonly i?: string;
  readonly a?: readonly unknown[];
  readonly r?: unknown;
  readonly e?: unknown;
  /** Whether the call's last argument was an AbortSignal, which no message can carry. */
  readonly hasSignal?: boolean;
}

/**
 * Calls functions of another process or thread, and answers its calls of `functions`. Values are cloned,
 * except the memory that `transfer` names.
 */
export function connect<Functions extends object>(
  port: Port,
  functions: object = {},
): Connection<Functions> {
  /** Of the calls that are answered here, by their ids. */
  const cancellers = new Map<string, AbortController>();
  let lost: Error | undefined;
  const cancelling: Cancelling = {
    cancel: (call, reason) => cancellers.get(call)?.abort(unpackError(reason)),
  };
  const rpc = createBirpc<Cancelling, object>(
    { ...functions, ...cancelling },
    {
      timeout: -1,
      post: (message: Message) => port.post(message, transferredWith(message.a ?? [message.r])),
      on: (receive) => port.listen(receive),
      serialize: pack,
      deserialize: unpack,
      // A result that cannot be cloned is answered with that error.
      onGeneralError: (_, functionName) => functionName !== undefined,
      async onRequest(request, next) {
        if (lost) throw lost;
        const signal = request.a.at(-1);
        if (!(signal instanceof AbortSignal)) return void (await next());
        const call = { ...request, a: request.a.slice(0, -1), hasSignal: true };
        await untilAborted(
          signal,
          () => next(call),
          (reason) => {
            void rpc.cancel.asEvent(request.i!, packError(reason));
          },
        );
      },
    },
  );
  return {
    remote: rpc as unknown as Remote<Functions>,
    close(loss) {
      lost = loss;
      rpc.$rejectPendingCalls(({ reject }) => reject(loss));
    },
  };

  function pack(message: Message): Message {
    if (message.a) return message;
    cancellers.delete(message.i!);
    return 'e' in message ? { ...message, e: packError(message.e) } : message;
  }

  function unpack(message: Message): Message {
    if ('e' in message) return { ...message, e: unpackError(message.e as CarriedError) };
    if (!message.hasSignal) return message;
    const canceller = new AbortController();
    cancellers.set(message.i!, canceller);
    return { ...message, a: [...message.a!, canceller.signal] };
  }
}

/** Runs a call until it is answered or its signal is aborted, whichever comes first. */
async function untilAborted(
  signal: AbortSignal,
  run: () => Promise<unknown>,
  cancel: (reason: unknown) => void,
): Promise<void> {
  signal.throwIfAborted();
  const answered = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = () => {
      cancel(signal.reason);
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { signal: answered.signal });
  });
  try {
    await Promise.race([run(), aborted]);
  } finally {
    answered.abort();
  }
}
