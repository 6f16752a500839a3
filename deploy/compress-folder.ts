import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

const TEXT = /\.(html|js|css|svg|json)$/;

/** Writes a .br and a .gz of each text file, so that the service does not compress while clients wait. */
export async function compressFolder(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  await Promise.all(
    names
      .filter((name) => TEXT.test(name))
      .map(async (name) => {
        const file = path.join(folder, name);
        const bytes = await readFile(file);
        await Promise.all([
          writeFile(`${file}.br`, await promisify(brotliCompress)(bytes)),
          writeFile(`${file}.gz`, await promisify(gzip)(bytes)),
        ]);
      }),
  );
}
