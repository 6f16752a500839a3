import { setMaxListeners } from 'node:events';
import { ClientDisconnectedError, DeadlineError } from '../../errors.js';
import { contrastRange } from '../../experiments/canvas.js';
import { spreadWarnings } from '../../experiments/spread-warnings.js';
import {
  encodeAnswer,
  FLAGS,
  type FrameTimes,
  frameBytes,
  pixelsIn,
  STAMP,
  stampAnswer,
} from '../../formats/stream-frames.js';
import type { Scheduler } from '../../inference/scheduler.js';
import { decodeRawStimuli } from '../../stimulus/decode/array.js';
import { sizeText } from '../../stimulus/errors.js';
import type { Stimuli } from '../../stimulus/stimuli.js';
import { contrastWarnings } from '../../stimulus/training-range.js';
import { traceBatch } from '../../tracing/trace-batch.js';
import { type Span, STATUS } from '../../tracing/tracer.js';
import { problemFrom } from '../problem.js';
import { answerMaking, type StreamTerms } from './terms.js';
import type { StreamEnd, StreamTiming, Transport } from './transport.js';

export interface StreamOptions {
  readonly terms: StreamTerms;
  readonly scheduler: Pick<Scheduler, 'respond'>;
  /** Counts a frame as a request of the client. @throws Problem when it may not send one */
  readonly readmit: (() => Promise<void>) | undefined;
  readonly timing: Pick<StreamTiming, 'unread' | 'goodbye'>;
  /** Milliseconds, monotonic; the scheduler's own. */
  readonly clock: () => number;
  /** Unix time where the clock is at 0, in milliseconds. */
  readonly clockStart: number;
  /** Whether the service is shutting down. */
  readonly closing: () => boolean;
  /** Starts the trace of a frame. */
  readonly startTrace: (sequence: number) => Span;
  /** Called for each frame once it was answered, in the order of the answers. */
  readonly onAnswer: (status: number, times: FrameTimes) => void;
  /** Called for each frame whose patience was over before its responses were there. */
  readonly onLate: () => void;
  /** Called with an error that is no fault of the client. */
  readonly onBug: (error: unknown) => void;
}

export interface Stream {
  readonly ended: Promise<StreamEnd>;
  /** Reads no more, answers the frames that it has read, and closes with 1001. */
  close(): void;
  /** As `close`, but answers 503 to the frames that it has read. */
  cut(): void;
}

/** A frame that has not been answered. */
interface Frame {
  readonly sequence: number;
  readonly arrived: number;
  readonly bytes: Uint8Array;
  /** Of a frame with an image; a clock probe has none. */
  readonly span?: Span;
  /** The answer, which is sent once all frames before it have been answered. */
  answer?: { readonly message: Uint8Array; readonly status: number; readonly times: FrameTimes };
}

const NO_TIMES: FrameTimes = { decode: 0, queue: 0, infer: 0 };
/** One image at a time, of the model's own size. */
const ONE_STIMULUS = { maxStimuli: 1, maxPixels: Number.POSITIVE_INFINITY };

/**
 * Answers each frame that comes over a connection, in order. It reads no further while as many frames as
 * agreed are unanswered, or while answers wait for the client to read them.
 */
export function serveStream(transport: Transport, options: StreamOptions): Stream {
  const { terms, scheduler, readmit, timing, clock, clockStart, closing, startTrace } = options;
  const { onAnswer, onLate, onBug } = options;
  const { model, dtype, image, stamps, patience, window } = terms;
  const { asked, limits, make } = answerMaking(terms);
  const expected = frameBytes(image, dtype);
  const client = new AbortController();
  setMaxListeners(window, client.signal);
  /** Unanswered frames in order; the first `begun` of them have been sent to the scheduler. */
  const frames: Frame[] = [];
  let begun = 0;
  let received = 0;
  let leaving = false;
  /** No more frames are answered. */
  let over = false;
  let verdict: StreamEnd | undefined;
  let unread: NodeJS.Timeout | undefined;
  let goodbye: NodeJS.Timeout | undefined;
  const ended = new Promise<StreamEnd>((resolve) => {
    transport.listen({
      message: receive,
      fault(end) {
        verdict ??= end;
        finish();
      },
      closed(end) {
        finish();
        clearTimeout(goodbye);
        resolve(verdict ?? end);
      },
    });
  });
  return { ended, close, cut };

  function receive(bytes: Uint8Array, isBinary: boolean): void {
    if (over) return;
    const sequence = received++;
    const isProbe = stamps && bytes.length === STAMP;
    if (!isBinary) {
      end(1003, `message ${sequence} is text; frames are binary`);
    } else if (bytes.length !== expected && !isProbe) {
      const wanted = `${sizeText(image)} in ${dtype} takes ${expected}`;
      end(1007, `frame ${sequence} has ${bytes.length} bytes; ${wanted}`);
    } else {
      const trace = isProbe ? {} : { span: startTrace(sequence) };
      frames.push({ sequence, bytes, arrived: clock(), ...trace });
      advance();
    }
  }

  /** Computes and reads as many frames as the window permits. */
  function advance(): void {
    while (begun < window && begun < frames.length) void respond(frames[begun++]!);
    if (transport.isFull && unread === undefined) waitForReader();
    const reading = !leaving && frames.length < window && unread === undefined;
    if (reading === transport.isPaused) {
      if (reading) transport.resume();
      else transport.pause();
    }
  }

  function waitForReader(): void {
    unread = setTimeout(() => end(1008, 'the answers are not read'), timing.unread);
    transport.onceDrained(() => {
      clearTimeout(unread);
      unread = undefined;
      if (!over) advance();
    });
  }

  async function respond(frame: Frame): Promise<void> {
    const { arrived, bytes, sequence, span } = frame;
    if (span === undefined) return settle(frame, 204, 0, NO_TIMES, '');
    const started = clock();
    let decode = 0;
    try {
      if (readmit) await readmit();
      const { stimuli } = decodeRawStimuli(pixelsIn(bytes), dtype, image, ONE_STIMULUS, sequence);
      decode = clock() - started;
      span.start('decode', {}, started).end();
      const answering = scheduler.respond({
        digest: model.digest,
        stimuli,
        neurons: asked,
        priority: 'prediction',
        signal: client.signal,
        onBatch: (batch) => traceBatch(span, batch),
        ...(patience === undefined ? {} : { deadline: arrived + patience }),
      });
      // The request is sent first; the warnings are worked out while the engine computes.
      await Promise.resolve();
      const hasContrast = limits === null && isOutside(stimuli);
      const { values, queueSeconds, inferSeconds } = await answering;
      const queue = started - arrived + 1000 * queueSeconds;
      const times = { decode, queue, infer: 1000 * inferSeconds };
      const { numbers, spread } = make(values);
      const isUnsure = limits && spread && spreadWarnings(spread, limits).length > 0;
      settle(frame, 200, hasContrast || isUnsure ? FLAGS.outside : 0, times, numbers);
    } catch (error) {
      if (over || error instanceof ClientDisconnectedError) return;
      if (error instanceof DeadlineError) onLate();
      const { status, message } = problemFrom(error);
      if (status === 500) {
        onBug(error);
        return end(1011, 'an error in the service; its log has it');
      }
      const queue = clock() - arrived - decode;
      settle(frame, status, 0, { decode, queue, infer: 0 }, message);
    }
  }

  function isOutside(image: Stimuli): boolean {
    return contrastWarnings(image, contrastRange(model)).length > 0;
  }

  function settle(
    frame: Frame,
    status: number,
    flags: number,
    times: FrameTimes,
    content: Float32Array | string,
  ): void {
    if (over) return;
    const { sequence, span } = frame;
    span?.end({
      attributes: { [STATUS]: status },
      error: status < 500 ? undefined : String(content),
    });
    const header = { sequence, status, flags: flags | (closing() ? FLAGS.closing : 0), times };
    const message = encodeAnswer(frame.bytes, header, content, stamps);
    frame.answer = { status, times, message };
    for (let head = frames[0]; head?.answer; head = frames[0]) {
      const { answer, arrived } = head;
      if (stamps) {
        stampAnswer(answer.message, { received: unixTime(arrived), sent: unixTime(clock()) });
      }
      transport.send(answer.message);
      if (head.span) onAnswer(answer.status, answer.times);
      frames.shift();
      begun--;
    }
    if (leaving && frames.length === 0) end(1001, 'the service is shutting down');
    else advance();
  }

  /** @returns nanoseconds of Unix time, for milliseconds of the clock */
  function unixTime(milliseconds: number): bigint {
    const nanoseconds = (value: number) => BigInt(Math.round(1e6 * value));
    // Apart, since 64-bit floats have a quarter of a microsecond at the sum.
    return nanoseconds(clockStart) + nanoseconds(milliseconds);
  }

  function close(): void {
    leaving = true;
    advance();
    if (frames.length === 0) end(1001, 'the service is shutting down');
  }

  function cut(): void {
    leaving = true;
    begun = frames.length;
    const message = 'the service ends before this frame is answered';
    for (const frame of frames.slice()) {
      const times = { decode: 0, queue: clock() - frame.arrived, infer: 0 };
      if (!frame.answer) settle(frame, 503, 0, times, message);
    }
    close();
  }

  function end(code: number, reason: string): void {
    if (over) return;
    verdict = { code, reason };
    transport.close(code, reason);
    finish();
  }

  function finish(): void {
    if (over) return;
    over = true;
    client.abort();
    clearTimeout(unread);
    // Resumes, to read the client's own close.
    transport.resume();
    goodbye = setTimeout(() => transport.terminate(), timing.goodbye);
  }
}
