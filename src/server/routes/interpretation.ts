import { PayloadTooLargeError } from '../../errors.js';
import {
  AttentionResult,
  attentionMap,
  attentionResult,
  planAttention,
} from '../../experiments/attention.js';
import {
  computeGradients,
  GradientResult,
  gradientResult,
  gradientSheet,
} from '../../experiments/gradient.js';
import { GradientFieldResult, runGradientField } from '../../experiments/gradient-field.js';
import { planGradients } from '../../experiments/presentation.js';
import { interpret, planReadout, ReadoutResult, readoutResult } from '../../experiments/readout.js';
import { imageAxes, imageLength } from '../../stimulus/stimuli.js';
import { answerAs, answerJson, answerResult } from '../answer.js';
import { type ModelRequest, type Presented, readPresented } from '../body/presented.js';
import type { AppContext } from '../context.js';
import { clientContext } from '../experiment-context.js';
import { describeContent, IMAGE_FORMATS, TENSOR_FORMATS, type Tensor } from '../formats.js';
import { json } from '../operation.js';
import { setReportHeaders } from '../report-headers.js';
import { modelRoute } from '../route.js';
import { ending, REPORT_HEADERS, STIMULI } from '../schemas.js';
import type { AppDependencies } from '../service.js';
import { StimulusQuery } from '../stimulus-request.js';
import { timingAndId } from '../timing.js';

/** The most numbers of an answer as .npy. */
const MAX_NUMBERS = 2 ** 24;
/** The most of other media types; writing JSON keeps other requests waiting. */
const MAX_OF_TYPE: Readonly<Record<string, number>> = {
  'application/json': 2 ** 18,
  'image/png': 2 ** 22,
};
/** Maps whose largest gradient is in a header; proxies would not pass on a longer one. */
const MAX_LARGEST = 16;

const presentation = {
  method: 'POST',
  tag: 'experiments',
  query: StimulusQuery,
  deadline: true,
  isExact: true,
  body: { required: true, content: STIMULI },
} as const;

/** The computation between stimuli and responses: attention, readout and gradients. */
export function interpretationRoutes(deps: AppDependencies) {
  return [
    ...attentionRoutes(deps),
    ...readoutRoutes(deps),
    ...gradientRoutes(deps),
    ...gradientFieldRoutes(deps),
  ];
}

function attentionRoutes(deps: AppDependencies) {
  return modelRoute(
    deps,
    {
      ...presentation,
      path: '/v1/models/:model/attention',
      id: 'attention',
      summary: 'Where the centre attends, for each stimulus and neuron',
      answers: {
        200: {
          description: 'Maps and what is said of each, or float32 [stimuli, neurons, y, x]',
          content: {
            'application/json': AttentionResult.extend(ending),
            ...describeContent(TENSOR_FORMATS),
          },
          headers: REPORT_HEADERS,
        },
      },
    },
    async (c, request) => {
      const { mediaType } = request;
      const map = attentionMap(request.model);
      const presented = planAttention(await present(c, deps, request, map.height * map.width + 6));
      const found = await interpret(presented, clientContext(c, deps, request));
      if (mediaType === 'application/json') {
        return answerSmall(c, deps, () => attentionResult(presented, found));
      }
      const { stimuli, columns } = presented;
      const shape = [stimuli.count, columns.length, map.height, map.width];
      return answerTensor(c, deps, mediaType, presented, { values: found.attention!, shape });
    },
  );
}

function readoutRoutes(deps: AppDependencies) {
  return modelRoute(
    deps,
    {
      ...presentation,
      path: '/v1/models/:model/readout',
      id: 'readout',
      summary: 'What the centre and the surround add to a response',
      answers: {
        200: {
          description: 'The sum taken apart, or float32 [centre and surround, stimuli, neurons]',
          content: {
            'application/json': ReadoutResult.extend(ending),
            ...describeContent(TENSOR_FORMATS),
          },
          headers: REPORT_HEADERS,
        },
      },
    },
    async (c, request) => {
      const { mediaType } = request;
      const presented = planReadout(await present(c, deps, request, 3));
      const found = await interpret(presented, clientContext(c, deps, request));
      if (mediaType === 'application/json') {
        return answerSmall(c, deps, () => readoutResult(presented, found));
      }
      const { centre, surround } = found;
      const values = new Float32Array(2 * centre.length);
      values.set(centre);
      values.set(surround, centre.length);
      const shape = [2, presented.stimuli.count, presented.columns.length];
      return answerTensor(c, deps, mediaType, presented, { values, shape });
    },
  );
}

function gradientRoutes(deps: AppDependencies) {
  return modelRoute(
    deps,
    {
      ...presentation,
      path: '/v1/models/:model/gradient',
      id: 'gradient',
      summary: 'What each pixel changes of a response',
      answers: {
        200: {
          description:
            'Gradients, as JSON, float32 [stimuli, neurons, y, x], in colour with 3 channels behind, or as images',
          content: {
            'application/json': GradientResult.extend(ending),
            ...describeContent(TENSOR_FORMATS),
            ...describeContent(IMAGE_FORMATS),
          },
          headers: {
            ...REPORT_HEADERS,
            'X-Gradient-Largest': 'of an image: what is black or white in each of the first maps',
          },
        },
      },
    },
    async (c, request) => {
      const { model, mediaType } = request;
      const { stimulus } = model.card;
      const presented = planGradients(await present(c, deps, request, imageLength(stimulus) + 1));
      const found = await computeGradients(presented, clientContext(c, deps, request));
      if (mediaType === 'application/json') {
        return answerSmall(c, deps, () => gradientResult(presented, found));
      }
      if (mediaType === 'image/png') {
        const { sheet, largest } = gradientSheet(found.gradients, presented);
        setReportHeaders(c, presented.reports);
        c.header('X-Gradient-Largest', largest.slice(0, MAX_LARGEST).join(', '));
        return answerAs(c, deps.clock, IMAGE_FORMATS, mediaType, sheet);
      }
      const { stimuli, columns } = presented;
      const shape = [stimuli.count, columns.length, ...imageAxes(stimulus)];
      return answerTensor(c, deps, mediaType, presented, { values: found.gradients, shape });
    },
  );
}

function gradientFieldRoutes(deps: AppDependencies) {
  return modelRoute(
    deps,
    {
      ...presentation,
      path: '/v1/models/:model/receptive-field/gradient',
      id: 'gradientField',
      summary: 'Where pixels change a response',
      answers: json('A map of each neuron', GradientFieldResult.extend(ending)),
    },
    async (c, request) => {
      const presented = planGradients(await present(c, deps, request, 1));
      const result = await runGradientField(presented, clientContext(c, deps, request));
      return answerResult(c, deps.clock, result);
    },
  );
}

/**
 * Reads the stimuli of a request.
 * @param each numbers that the answer has for each stimulus and neuron
 * @throws PayloadTooLargeError for an answer of more numbers than its media type allows
 */
async function present(
  c: AppContext,
  deps: AppDependencies,
  request: ModelRequest<StimulusQuery> & { readonly mediaType: string },
  each: number,
): Promise<Presented> {
  const presented = await readPresented(c, deps, request);
  const { stimuli, columns } = presented;
  rejectLarge(stimuli.count * columns.length * each, request.mediaType);
  const log = c.get('log');
  log.stimuli = stimuli.count;
  log.neurons = columns.length;
  return presented;
}

function rejectLarge(numbers: number, mediaType: string): void {
  const max = MAX_OF_TYPE[mediaType];
  if (numbers <= (max ?? MAX_NUMBERS)) return;
  throw new PayloadTooLargeError(
    `an answer of ${numbers} numbers; at most ${max ?? MAX_NUMBERS} are given in this form` +
      `${max ? `, ${MAX_NUMBERS} as .npy (Accept: application/x-npy)` : ''}: request fewer ` +
      'stimuli or neurons',
  );
}

function answerTensor(
  c: AppContext,
  { clock }: AppDependencies,
  mediaType: keyof typeof TENSOR_FORMATS,
  { reports }: Presented,
  tensor: Tensor,
): Promise<Response> {
  setReportHeaders(c, reports);
  return answerAs(c, clock, TENSOR_FORMATS, mediaType, tensor);
}

/** A JSON answer of at most `MAX_OF_TYPE` numbers. */
function answerSmall(c: AppContext, { clock }: AppDependencies, make: () => object): Response {
  return answerJson(c, clock, () => ({
    ...make(),
    ...timingAndId(c),
  }));
}
