import { InputError } from '../errors.js';

/** Where the service keeps things, each with the words for one of them. */
export type KnownFolders = Readonly<Record<string, string>>;

/** Parts of a path below such a folder that say nothing to a client: digests, and where an archive is unpacked. */
const BELOW = String.raw`(?:/unpacked-\w+)?(?:/[0-9a-f]{64}(?:/files)?)?`;

/**
 * An error for a client, which keeps the names of files without the folders that they are in.
 * @returns an InputError where it was one; any other error as it is
 * @example
 * withoutFolders(new InputError('/data/recordings/a.nwb is damaged'), { '/data/recordings': 'the recording' });
 */
export function withoutFolders(error: unknown, folders: KnownFolders): unknown {
  if (!(error instanceof InputError)) return error;
  let { message } = error;
  for (const [folder, words] of Object.entries(folders)) {
    const escaped = folder.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    message = message.replace(new RegExp(`${escaped}${BELOW}(/?)`, 'g'), (_, slash: string) =>
      slash === '' ? words : '',
    );
  }
  return new InputError(message, error.problems, { cause: error });
}
