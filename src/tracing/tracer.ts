import { messageOf } from '../errors.js';

/** What a span says besides its name and its times. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** How a span ended. */
export interface SpanEnd {
  /** In place of the name that it started with. */
  readonly name?: string;
  readonly attributes?: Attributes;
  /** Why it failed; undefined where it did not. */
  readonly error?: string | undefined;
  /** Milliseconds of `performance.now()`; without it, now. */
  readonly at?: number;
}

/** A part of a trace: work with a start and an end. */
export interface Span {
  /**
   * Its address as W3C Trace Context writes it, `00-<trace>-<span>-<flags>`, for a process that continues the
   * trace; undefined where nothing is traced.
   */
  readonly traceparent: string | undefined;
  /**
   * Starts a part of this span.
   * @param at milliseconds of `performance.now()`; without it, now
   */
  start(name: string, attributes?: Attributes, at?: number): Span;
  end(end?: SpanEnd): void;
}

/** Where a span belongs. */
export interface SpanOrigin {
  /** `server` answers a request, `consumer` takes work from a queue, `internal` is a part of that. */
  readonly kind: 'server' | 'consumer' | 'internal';
  /** The `traceparent` of the span that caused it; one that cannot be read starts a new trace. */
  readonly parent?: string | undefined;
  readonly attributes?: Attributes;
}

/** Writes down where the time of requests and of jobs goes. */
export interface Tracer {
  /** Starts a span that is not a part of another one of this process. */
  start(name: string, origin: SpanOrigin): Span;
  /** Sends what has not been sent. */
  close(): Promise<void>;
}

/** The attribute of the status that a client was answered with. */
export const STATUS = 'http.response.status_code';

export const NO_SPAN: Span = {
  traceparent: undefined,
  start: () => NO_SPAN,
  end: () => {},
};

export const NO_TRACER: Tracer = {
  start: () => NO_SPAN,
  close: async () => {},
};

/**
 * Runs work as a part of a span.
 * @throws what the work throws, after the span has ended with its message
 */
export async function traced<T>(
  parent: Span,
  name: string,
  work: () => T | Promise<T>,
  attributes?: Attributes,
): Promise<T> {
  const span = parent.start(name, attributes);
  try {
    const result = await work();
    span.end();
    return result;
  } catch (error) {
    span.end({ error: messageOf(error) });
    throw error;
  }
}

/** The id of a trace, 32 hexadecimal digits, which logs carry. */
export function traceId({ traceparent }: Pick<Span, 'traceparent'>): string | undefined {
  return traceparent?.split('-')[1];
}
