import { closeSync } from 'node:fs';
import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';
import type { Stimuli } from '../../stimulus/stimuli.js';
import type { Addon } from './addon.js';
import { isSmall } from './respond.js';

/** How requests to a loaded model go through a mailbox. */
export interface DirectModel {
  /** The number of its site. */
  readonly site: number;
  /** Of a network for an image. */
  readonly multiplications: number;
}

/** Open files of a mailbox, by their numbers in the process that answers it. */
export interface MailboxFiles {
  readonly memory: number;
  readonly bell: number;
}

/**
 * One request at a time to another process, in memory that both share. A thread of the addon answers it there, sooner
 * than messages are packed and unpacked.
 */
export interface Mailbox {
  /** For the other process: the memory, then the bell. */
  readonly inherited: readonly number[];
  /** Closes them here, once the other process has them. */
  release(): void;
  /**
   * @param stimuli of one channel
   * @returns responses [stimuli, neurons]; undefined where the mailbox is in use, or where another way is quicker
   */
  respond(
    model: DirectModel,
    stimuli: Stimuli,
    neurons: Int32Array,
  ): Promise<Float32Array> | undefined;
  /** Rejects the request that has not been answered, and takes no more. */
  close(loss: Error): void;
}

interface Waiting {
  readonly responses: Float32Array;
  readonly resolve: (responses: Float32Array) => void;
  readonly reject: (reason: unknown) => void;
}

/** @returns undefined where the system gives no shared memory */
export function openMailbox(addon: Addon): Mailbox | undefined {
  const created = addon.createMailbox();
  if (created === undefined) return undefined;
  const { mailbox, bell, inherited } = created;
  let waiting: Waiting | undefined;
  let isClosed = false;
  const options: SocketConstructorOpts & ConnectOpts = {
    fd: bell,
    onread: {
      buffer: Buffer.alloc(1),
      callback() {
        finish();
        return true;
      },
    },
  };
  const socket = new Socket(options);
  // The end of the other process is noticed elsewhere.
  socket.on('error', () => undefined);
  // The other process keeps this one running, not the bell.
  socket.unref();
  return {
    inherited,
    release: () => inherited.forEach(closeSync),
    respond({ site, multiplications }, { pixels, count }, neurons) {
      const length = count * neurons.length;
      if (isClosed || waiting !== undefined || !isSmall(length, multiplications)) return undefined;
      if (!addon.post(mailbox, site, pixels, count, neurons)) return undefined;
      return new Promise((resolve, reject) => {
        waiting = { responses: new Float32Array(length), resolve, reject };
      });
    },
    close(loss) {
      isClosed = true;
      socket.destroy();
      waiting?.reject(loss);
      waiting = undefined;
    },
  };

  function finish(): void {
    if (waiting === undefined) return;
    const { responses, resolve, reject } = waiting;
    waiting = undefined;
    try {
      addon.collect(mailbox, responses);
      resolve(responses);
    } catch (error) {
      reject(error);
    }
  }
}
