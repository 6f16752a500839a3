import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../../src/errors.js';
import { decodeSamples, openImage } from '../../../src/stimulus/decode/image.js';
import { isImageType, sniffMediaType } from '../../../src/stimulus/decode/media-type.js';
import type { ImageSource } from '../lab-file.js';
import { listFiles, naming, readHead } from '../read-file.js';
import { decodeBmp, isBmp } from './bmp.js';

const LIMITS = { maxStimuli: 1, maxPixels: 2 ** 26 };
/** Enough to see which format a file has. */
const SIGNATURE_BYTES = 32;
/** Files that are open at a time. */
const AT_A_TIME = 16;

/** What all images of a folder have in common. */
interface Form {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly white: number;
}

/** The image files of a folder, at any depth, by their content, in the order of their names, with `/` in their paths. */
export async function listImages(folder: string): Promise<string[]> {
  const files = await listFiles(folder);
  const isImage = await inTurn(files, async (file) => {
    const head = await readHead(path.join(folder, file), SIGNATURE_BYTES);
    if (isBmp(head)) return true;
    const type = sniffMediaType(head);
    return type !== undefined && isImageType(type);
  });
  return files.filter((_, i) => isImage[i]);
}

/**
 * Opens image files of one size. Gray ones among coloured ones become coloured, with equal channels.
 * @param files relative to the folder
 * @throws InputError naming the first that cannot be read, or that is of another size or depth
 */
export async function openImageFiles(
  folder: string,
  files: readonly string[],
  name: string,
): Promise<ImageSource> {
  const forms = await inTurn(files, async (file) => (await openPicture(folder, file)).form);
  const [first] = forms;
  if (first === undefined) throw new InputError(`no images are in ${folder}; expected some`);
  const odd = forms.findIndex(
    ({ height, width, white }) =>
      height !== first.height || width !== first.width || white !== first.white,
  );
  if (odd !== -1) {
    throw new InputError(
      `the images differ: ${files[0]} is ${describeForm(first)}, ${files[odd]} is ${describeForm(forms[odd]!)}; ` +
        'expected one size and one depth',
    );
  }
  const form = {
    ...first,
    channels: forms.some(({ channels }) => channels === 3) ? 3 : 1,
  } as const;
  const size = form.height * form.width * form.channels;
  return {
    name,
    count: files.length,
    ...{ height: form.height, width: form.width, channels: form.channels },
    element: form.white === 255 ? 'u1' : 'u2',
    degreesPerPixel: null,
    async read(from, count) {
      const values =
        form.white === 255 ? new Uint8Array(count * size) : new Uint16Array(count * size);
      const places = Array.from({ length: count }, (_, i) => i);
      await inTurn(places, async (place) => {
        const file = files[from + place]!;
        const pixels = values.subarray(place * size, (place + 1) * size);
        await naming(file, async () => copyPixels(await openPicture(folder, file), form, pixels));
      });
      return values;
    },
  };
}

/** An image file whose header was read. */
interface Picture {
  readonly form: Form;
  /** Interleaved; an alpha is the last channel. */
  decode(): Promise<{ readonly samples: Uint8Array | Uint16Array; readonly channels: number }>;
}

async function openPicture(folder: string, file: string): Promise<Picture> {
  return naming(file, async () => {
    const bytes = await readFile(path.join(folder, file));
    if (isBmp(bytes)) {
      const { samples, ...size } = decodeBmp(bytes);
      const decode = async () => ({ samples, channels: size.channels });
      return { form: { ...size, white: 255 }, decode };
    }
    const task = (await openImage(bytes, LIMITS)).task({ background: 0, channels: undefined });
    const channels = task.space === 'srgb' || task.space === 'rgb16' ? 3 : 1;
    const form = { ...task.size, channels, white: task.white } as const;
    return { form, decode: () => decodeSamples(task) };
  });
}

function describeForm({ height, width, white }: Form): string {
  return `${height}x${width} of ${white === 255 ? 8 : 16} bits`;
}

/** Copies without the alpha, which must be opaque. */
async function copyPixels(
  picture: Picture,
  { height, width, channels, white }: Form,
  to: Uint8Array | Uint16Array,
): Promise<void> {
  const { samples, channels: stored } = await picture.decode();
  if (samples.length !== height * width * stored) {
    throw new InputError(`it changed while it was read; expected ${height}x${width} pixels`);
  }
  const colours = stored > 2 ? 3 : 1;
  for (let pixel = 0; pixel < height * width; pixel++) {
    const at = pixel * stored;
    if (stored > colours && samples[at + stored - 1] !== white) {
      throw new InputError(
        'it is transparent in places; expected the image as it was presented, without alpha',
      );
    }
    for (let c = 0; c < channels; c++) {
      to[pixel * channels + c] = samples[at + Math.min(c, colours - 1)]!;
    }
  }
}

/** Some at a time, in their order. */
async function inTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let first = 0; first < items.length; first += AT_A_TIME) {
    results.push(...(await Promise.all(items.slice(first, first + AT_A_TIME).map(work))));
  }
  return results;
}
