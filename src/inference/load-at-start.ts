import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { InputError, StorageError } from '../errors.js';
import type { ModelRepository } from './catalogue.js';

export interface FirstLoad {
  readonly catalogue: Pick<ModelRepository, 'reload'>;
  /** The setting MODELS_DIR, for messages. */
  readonly place: string;
  readonly logger: Pick<Logger, 'warn'>;
  /** Milliseconds until S3 is asked again. */
  readonly pauseMs?: number;
}

/**
 * Loads the models for the first time. While S3 cannot be reached it waits, and logs each reason once.
 * @throws InputError where only another setting helps, such as other credentials
 */
export async function loadAtStart(options: FirstLoad): Promise<void> {
  const { catalogue, place, logger, pauseMs = 1000 } = options;
  const setting = `MODELS_DIR=${JSON.stringify(place)}`;
  const logged = new Set<string>();
  for (;;) {
    try {
      await catalogue.reload();
      return;
    } catch (cause) {
      if (!(cause instanceof StorageError)) throw cause;
      const { reason, isPassing } = cause;
      if (!isPassing) {
        throw new InputError(`${setting} cannot be used: ${reason}`, [], { cause });
      }
      if (!logged.has(reason)) logger.warn(`no models yet: ${reason}; it is asked again`);
      logged.add(reason);
      await pause(pauseMs);
    }
  }
}
