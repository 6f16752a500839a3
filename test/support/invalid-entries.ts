import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';

/** Entries that may be in place of a file, and functions that create them. */
export const INVALID_ENTRIES: Readonly<Record<string, (place: string) => void>> = {
  'a folder': (place) => {
    mkdirSync(place);
    writeFileSync(`${place}/inside`, 'x');
  },
  'a link to itself': (place) => symlinkSync(place, place),
  'a link to nothing': (place) => symlinkSync(`${place}.gone`, place),
  'a pipe': (place) => void execFileSync('mkfifo', [place]),
  'a device': (place) => symlinkSync('/dev/zero', place),
  'an empty file': (place) => writeFileSync(place, ''),
  'a huge file': (place) => {
    writeFileSync(place, '');
    truncateSync(place, 3 * 2 ** 30);
  },
};
