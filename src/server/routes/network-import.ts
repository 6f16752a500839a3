import { z } from 'zod';
import { InputError } from '../../errors.js';
import { Digest } from '../../experiments/result-parts.js';
import { parseAs, parseJson } from '../../formats/json.js';
import { NetworkDescription } from '../../imports/description.js';
import type { NetworkFiles, NetworkImports } from '../../imports/network-imports.js';
import { ModelName } from '../../models/card.js';
import type { FilePart } from '../../stimulus/decode/form.js';
import { readForm } from '../../stimulus/decode/form.js';
import { FORM_TYPE, mediaTypeEssence } from '../../stimulus/decode/media-type.js';
import { errorAt } from '../../stimulus/errors.js';
import { answerJson } from '../answer.js';
import { readBody } from '../body/read-body.js';
import type { AppContext } from '../context.js';
import { listModels, requireService } from '../models.js';
import { named } from '../operation.js';
import { Problem, tooMany } from '../problem.js';
import { MODEL, route } from '../route.js';
import { fileField } from '../schemas.js';
import type { AppDependencies, Service } from '../service.js';

/** Imports that are received, wait or run at the same time; one of them runs. */
const MOST = 4;
const FIELDS = ['network', 'card', 'gradient'] as const;

const Form = named(
  'NetworkForm',
  z.object({
    network: fileField('an .onnx file: images in, the responses of all neurons out'),
    card: NetworkDescription.describe('a JSON file: what the graph does not say'),
    gradient: fileField('an .onnx file: the gradient of the network').optional(),
  }),
);

const Imported = named(
  'ImportedModel',
  z.strictObject({
    name: ModelName,
    version: z.int().positive(),
    digest: Digest,
    ready: z.boolean().describe('whether this service serves it'),
    reason: z.string().optional().describe('why it does not'),
    warnings: z.array(z.string()).describe('what the first run of the network found'),
  }),
);

/** Networks of other programs, which become models. */
export function networkImportRoutes(deps: AppDependencies) {
  let open = 0;
  return [
    route(
      deps,
      {
        method: 'POST',
        path: '/v1/models/:model/import',
        params: { model: { ...MODEL, description: 'the name that the model has, or is to have' } },
        scope: 'admin',
        id: 'importNetwork',
        tag: 'models',
        summary: 'Imports a network as the next version of a model, and serves it',
        description:
          'A process of its own runs the network first, which may take up to two minutes. Imports are rejected where ' +
          'the service was started without `ALLOW_IMPORT=1`.',
        query: z.strictObject({}),
        body: { required: true, content: { [FORM_TYPE]: Form } },
        answers: {
          201: {
            description: 'It is published',
            content: { 'application/json': Imported },
            headers: { Location: 'its card' },
          },
        },
        errors: [507],
      },
      async (c) => {
        const imports = requireImports(deps);
        enter(c);
        const name = parseAs(ModelName, c.req.param('model') ?? '', 'model');
        const { files, description } = await readNetworkForm(c, deps);
        const received = await imports.receive(files);
        // The others need not wait for the memory of this body while the network is measured.
        c.get('leases').release('body');
        const { signal } = c.req.raw;
        const { saved, warnings } = await received
          .publish({ name, description }, signal)
          .catch(rejectNetwork)
          .finally(received.remove);
        const { digest, card } = saved;
        const service = requireService(deps);
        await service.catalogue.poll().catch((err: unknown) => {
          deps.logger.error({ err }, 'MODELS_DIR cannot be read; what was served still is');
        });
        c.get('log').model = `${name}/${card.version}`;
        c.header('Location', `/v1/models/${name}/versions/${card.version}`);
        const { version } = card;
        const state = stateOf(service, name, version);
        return answerJson(
          c,
          deps.clock,
          () => ({ name, version, digest, ...state, warnings }),
          201,
        );
      },
    ),
  ];

  /** @throws Problem 429 where too many imports have not ended */
  function enter(c: AppContext): void {
    if (open >= MOST) {
      throw tooMany(
        `too many imports at the same time: ${open + 1}; expected at most ${MOST}`,
        WAIT_SECONDS,
      );
    }
    open += 1;
    c.get('leases').add(() => {
      open -= 1;
    });
  }
}

const WAIT_SECONDS = 10;

/** @throws Problem 403 where the service imports no networks */
function requireImports(deps: AppDependencies): NetworkImports {
  const { imports } = requireService(deps);
  if (imports !== 'off') return imports;
  throw new Problem(403, 'this service imports no networks: ALLOW_IMPORT=0; expected 1');
}

/** @throws InputError with what is wrong with the form, or with the card in it; as `readBody` */
async function readNetworkForm(
  c: AppContext,
  deps: AppDependencies,
): Promise<{ readonly files: NetworkFiles; readonly description: NetworkDescription }> {
  const type = c.req.header('Content-Type');
  if (mediaTypeEssence(type) !== FORM_TYPE) {
    throw new Problem(
      415,
      `wrong Content-Type: ${type ?? 'none'}; expected ${FORM_TYPE} with the files network and card`,
      { headers: { 'Accept-Post': FORM_TYPE } },
    );
  }
  const { files, stimulusSet } = await readForm(type!, await readBody(c, deps), deps.limits);
  const other = files.find(({ field }) => !FIELDS.some((name) => name === field));
  const unknown = stimulusSet === undefined ? other?.field : 'stimulusSet';
  if (unknown !== undefined) {
    throw errorAt(unknown, `is no file of an import; expected ${FIELDS.join(', ')}`);
  }
  const card = oneFile(files, 'card');
  const network = oneFile(files, 'network');
  if (network === undefined) throw errorAt('network', 'is missing; expected an .onnx file');
  if (card === undefined) {
    throw errorAt('card', 'is missing; expected JSON with at least "source" and "license"');
  }
  return {
    files: { network, gradient: oneFile(files, 'gradient') },
    description: parseAs(NetworkDescription, parseJson(card, 'card'), 'card'),
  };
}

/** @throws InputError where there are several */
function oneFile(
  files: readonly FilePart[],
  name: (typeof FIELDS)[number],
): Uint8Array | undefined {
  const [first, second] = files.filter(({ field }) => field === name);
  if (second) throw errorAt(name, 'is there more than once');
  return first?.body;
}

/** @throws InputError of a network that cannot be used, as 422: the request itself was read */
function rejectNetwork(error: unknown): never {
  if (!(error instanceof InputError) || error.problems.length > 0) throw error;
  throw new InputError(error.message, [{ path: 'network', message: error.message }], {
    cause: error,
  });
}

/** Whether a version is served now, and why not. */
function stateOf({ catalogue }: Pick<Service, 'catalogue'>, name: string, version: number) {
  const versions = listModels(catalogue).find((model) => model.name === name)?.versions;
  const found = versions?.find((each) => each.version === version);
  if (found?.ready) return { ready: true };
  return { ready: false, reason: found?.reason ?? 'the models cannot be listed now' };
}
