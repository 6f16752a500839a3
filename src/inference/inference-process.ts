import { fileURLToPath } from 'node:url';
import { type StartedProcess, startProcess } from '../workers/child-process.js';
import { createLossError } from '../workers/process-end.js';
import type { InferenceFunctions } from './inference-worker.js';
import { ADDON_FILE, loadAddon } from './kernels/addon.js';
import { type Mailbox, type MailboxFiles, openMailbox } from './kernels/mailbox.js';

/** An inference process, which waits for `open`. */
export interface InferenceProcess extends StartedProcess<InferenceFunctions> {
  /** For small requests; undefined where there are no kernels. */
  readonly mailbox: (Mailbox & { readonly files: MailboxFiles }) | undefined;
}

const NAME = 'inference process';

/**
 * @param entry the compiled module that the process runs
 * @param kernels the compiled kernels
 */
export function startInferenceProcess(
  entry = defaultEntry(),
  kernels = ADDON_FILE,
): InferenceProcess {
  const addon = loadAddon(kernels);
  const mailbox = addon && openMailbox(addon);
  const started = startProcess<InferenceFunctions>({
    entry,
    name: NAME,
    inherited: mailbox?.inherited,
  });
  mailbox?.release();
  void started.ended.then((end) => mailbox?.close(createLossError(NAME, end)));
  const [memory, bell] = started.inherited;
  if (mailbox === undefined || memory === undefined || bell === undefined) {
    return { ...started, mailbox: undefined };
  }
  return { ...started, mailbox: { ...mailbox, files: { memory, bell } } };
}

function defaultEntry(): string {
  return fileURLToPath(new URL('./inference-worker.js', import.meta.url));
}
