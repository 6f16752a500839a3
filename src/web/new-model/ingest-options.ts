import type { z } from 'zod';
import type { IngestRequest } from '../../datasets/ingest-request.js';

/** What the user says about the recording; what is left out is as the service finds it. */
export type IngestOptions = z.input<typeof IngestRequest>;

/** Reads the options from the text that `writeOptions` made; other text is as none. */
export function readOptions(text: string): IngestOptions {
  try {
    const value: unknown = JSON.parse(text);
    // The service checks the fields.
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** Writes the options that are given. @returns '' for none */
export function writeOptions(options: IngestOptions): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== '');
  return given.length === 0 ? '' : JSON.stringify(Object.fromEntries(given));
}
