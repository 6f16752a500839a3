import { openBackend } from '../../src/network/backends/open.js';
import { openSite } from '../../training/data/site.js';
import type { ModelRequest } from '../../training/run/model-request.js';
import { trainModel } from '../../training/run/train-model.js';
import { fakeMachine } from './machine.js';

/** The request of a training of the site `small`, and the folder of the site. */
type SmallRequest = Partial<ModelRequest> & Pick<ModelRequest, 'out'>;

/**
 * Trains on the site `small`.
 * @param data the folder of the site
 * @param interruptAt the machine sends a signal when a line matches
 */
export async function trainSmall(
  data: string,
  changes: SmallRequest,
  {
    interruptAt,
    ...machineChanges
  }: Parameters<typeof fakeMachine>[0] & { interruptAt?: RegExp } = {},
) {
  const { machine, signals, lines } = fakeMachine(machineChanges);
  const write = machine.stream.write;
  machine.stream.write = (text: string | Uint8Array) => {
    if (interruptAt?.test(String(text))) signals.emit('SIGTERM');
    return write(text);
  };
  const site = await openSite(data, 'small');
  const request: ModelRequest = {
    site,
    repeats: null,
    backend: await openBackend('wasm'),
    recipe: 'rf_cnn',
    epochs: 2,
    seed: 1,
    loss: 'mse',
    responses: 'recorded',
    select: 'validation',
    freeze: 'published',
    neurons: undefined,
    from: undefined,
    chunk: 2,
    shard: undefined,
    resume: false,
    wait: false,
    unit: 'dF/F',
    degreesPerImage: null,
    ...changes,
  };
  const result = await trainModel(request, machine).then(
    ({ saved }) => saved,
    (error: Error) => error,
  );
  await site.close();
  return { result, lines, exit: signals.exit };
}
