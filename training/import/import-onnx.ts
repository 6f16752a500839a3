import { InputError } from '../../src/errors.js';
import { readNamed } from '../../src/files/whole-file.js';
import { counted } from '../../src/formats/counted.js';
import { parseAs, parseJson } from '../../src/formats/json.js';
import { NetworkDescription } from '../../src/imports/description.js';
import { type ImportedNetworkModel, importNetwork } from '../../src/imports/import-network.js';
import { withLock } from '../run/lock.js';
import { withSubject } from './named-error.js';

/** Bytes of the largest card that is read. */
const CARD_BYTES = 2 ** 24;

/** What `import --onnx` takes. */
export interface NetworkOptions {
  /** The .onnx file. */
  readonly onnx: string;
  /** That of its gradient. */
  readonly gradient: string | undefined;
  /** A JSON file: `NetworkDescription`. */
  readonly card: string | undefined;
  readonly out: string;
}

/**
 * Makes a model of an .onnx file, and says on the console what came of it.
 * @throws InputError naming what is wrong with the file or its card
 */
export async function importOnnx({
  onnx: file,
  gradient,
  card,
  out,
}: NetworkOptions): Promise<void> {
  if (card === undefined) {
    throw new InputError('--onnx needs --card <file>: JSON with at least "source" and "license"');
  }
  const description = await readDescription(card);
  const files = `--onnx ${file}${gradient === undefined ? '' : ` --gradient ${gradient}`}`;
  const { saved, network, warnings } = await withSubject(`${files}:`, () =>
    withLock(out, console.error, () => importNetwork({ file, gradient, description, out })),
  );
  for (const warning of warnings) console.error(`warning: ${warning}`);
  console.error(describe(saved, network));
  console.log(`saved ${saved.folder}, digest ${saved.digest}`);
}

function describe(
  { card: { neurons, stimulus } }: ImportedNetworkModel['saved'],
  { opset, parameters, multiplyAdds }: ImportedNetworkModel['network'],
): string {
  const millions = (count: number) => (count / 1e6).toPrecision(3);
  return (
    `${counted(neurons.length, 'neuron')}, images of ` +
    `${stimulus.height}x${stimulus.width}, opset ${opset}, ${millions(parameters)} M parameters, ` +
    `${millions(multiplyAdds)} M multiply-adds an image`
  );
}

async function readDescription(file: string): Promise<NetworkDescription> {
  return await withSubject(`--card ${file}:`, async () => {
    const bytes = await readNamed(file, CARD_BYTES);
    return parseAs(NetworkDescription, parseJson(bytes, 'it'), '', { name: 'the card' });
  });
}
