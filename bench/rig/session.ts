import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';

/** One answer. Times are in milliseconds from the first image. */
export interface Answer {
  /** When the image was to be sent. */
  readonly due: number;
  readonly sent: number;
  readonly answered: number;
  /** What the service took to read the pixels, what the image waited for the engine, and what the engine took. */
  readonly decode: number;
  readonly queue: number;
  readonly infer: number;
}

/** What a rig saw. */
export interface Session {
  readonly images: number;
  /** Images that were answered with an error. */
  readonly rejected: number;
  /** Images that were not answered. */
  readonly lost: number;
  /** Why the stream ended too early. */
  readonly failure: string | null;
  /** Bytes of memory of the client, when the stream was open and at its end. */
  readonly resident: readonly [number, number];
  /** Milliseconds of the shortest clock probe. */
  readonly roundTrip: number;
  readonly answers: readonly Answer[];
}

/** What is asked of a rig. */
export interface SessionRequest {
  /** A Python with numpy and websockets. */
  readonly python: string;
  readonly url: string;
  readonly model: string;
  /** Images a second. */
  readonly rate: number;
  readonly seconds: number;
}

/** Lets a rig send images through the stream of the Python client. Its progress appears on stderr. */
export async function runSession(request: SessionRequest): Promise<Session> {
  const { python, url, model, rate, seconds } = request;
  const script = path.resolve('bench/rig/rig.py');
  const args = ['-B', script, url, model, '--rate', String(rate), '--seconds', String(seconds)];
  const child = spawn(python, args, {
    env: { ...process.env, PYTHONPATH: path.resolve('clients/python/src') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const printed = await text(child.stdout);
  const [code] = await exited;
  if (code !== 0) throw new Error(`${python} ${script} ended with exit code ${code}`);
  const { answers, ...session } = JSON.parse(printed);
  return { ...session, answers: answers.map(readAnswer) };
}

function readAnswer([due, sent, answered, decode, queue, infer]: readonly number[]): Answer {
  return {
    ...{ due: due!, sent: sent!, answered: answered! },
    ...{ decode: decode!, queue: queue!, infer: infer! },
  };
}
