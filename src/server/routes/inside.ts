import { PayloadTooLargeError } from '../../errors.js';
import { attentionMap, attentionResult } from '../../experiments/attention.js';
import { computeGradients, gradientResult, gradientSheet } from '../../experiments/gradient.js';
import { runGradientField } from '../../experiments/gradient-field.js';
import { interpret, readoutResult } from '../../experiments/readout.js';
import { encodePng } from '../../stimulus/encode-png.js';
import { answerInTurns, answerJson, answerNpy } from '../answer.js';
import {
  type ModelRequest,
  type Presented,
  readModelRequest,
  readPresented,
} from '../body/presented.js';
import { clientContext } from '../experiment-context.js';
import { negotiate } from '../formats.js';
import { setReportHeaders } from '../report-headers.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { StimulusQuery } from '../stimulus-request.js';
import { type AppContext, timed, timing } from '../trace.js';

/** Numbers in one answer as .npy, and in JSON, whose making keeps everybody else waiting. */
const MAX_NUMBERS = 2 ** 24;
const MAX_IN_JSON = 2 ** 18;
const MAX_IN_PNG = 2 ** 22;
/** Maps whose largest gradient is in a header; proxies would not pass on a longer one. */
const MAX_LARGEST = 16;

const NUMBERS = ['application/json', 'application/x-npy'] as const;
const PICTURES = [...NUMBERS, 'image/png'] as const;

/** What goes on between stimuli and responses. */
export function insideRoutes(deps: AppDependencies): Route[] {
  const { clock } = deps;
  return [
    ...modelRoute('POST', '/attention', attention),
    ...modelRoute('POST', '/readout', readout),
    ...modelRoute('POST', '/gradient', gradient),
    ...modelRoute('POST', '/receptive-field/gradient', field),
  ];

  async function attention(c: AppContext): Promise<Response> {
    const request = readModelRequest(c, deps, StimulusQuery);
    const map = attentionMap(request.model);
    const presented = await read(c, request, map.height * map.width + 6);
    const seen = await interpret(presented, context(c, request));
    if (wantsNpy(c, presented)) {
      const { stimuli, columns } = presented;
      const shape = [stimuli.count, columns.length, map.height, map.width];
      return answerNpy(c, clock, seen.attention!, shape);
    }
    return answerResult(c, () => attentionResult(presented, seen));
  }

  async function readout(c: AppContext): Promise<Response> {
    const request = readModelRequest(c, deps, StimulusQuery);
    const presented = await read(c, request, 3);
    const seen = await interpret(presented, context(c, request));
    if (wantsNpy(c, presented)) {
      const { stimuli, columns } = presented;
      const values = new Float32Array(2 * seen.centre.length);
      values.set(seen.centre);
      values.set(seen.surround, seen.centre.length);
      return answerNpy(c, clock, values, [2, stimuli.count, columns.length]);
    }
    return answerResult(c, () => readoutResult(presented, seen));
  }

  async function gradient(c: AppContext): Promise<Response> {
    const request = readModelRequest(c, deps, StimulusQuery);
    const { height, width } = request.model.card.stimulus;
    const presented = await read(c, request, height * width + 1);
    const found = await computeGradients(presented, context(c, request));
    const type = negotiate(c, PICTURES);
    if (type === 'application/json') return answerResult(c, () => gradientResult(presented, found));
    setReportHeaders(c, presented.reports);
    const { stimuli, columns } = presented;
    if (type === 'application/x-npy') {
      return answerNpy(c, clock, found.gradients, [stimuli.count, columns.length, height, width]);
    }
    const { sheet, largest } = gradientSheet(found.gradients, presented);
    c.header('X-Gradient-Largest', largest.slice(0, MAX_LARGEST).join(', '));
    const png = await timed(c, clock, 'encode', () => encodePng(sheet));
    return c.body(new Uint8Array(png), 200, { 'Content-Type': type });
  }

  async function field(c: AppContext): Promise<Response> {
    const request = readModelRequest(c, deps, StimulusQuery);
    const presented = await read(c, request, 1);
    const result = await runGradientField(presented, context(c, request));
    return answerInTurns(c, clock, {
      ...result,
      timing: timing(c.get('trace')),
      id: c.get('trace').requestId,
    });
  }

  /** @param each numbers that the answer has for each stimulus and neuron */
  async function read(
    c: AppContext,
    request: ModelRequest<StimulusQuery>,
    each: number,
  ): Promise<Presented> {
    const presented = await readPresented(c, deps, request);
    const { stimuli, columns } = presented;
    rejectLarge(c, stimuli.count * columns.length * each);
    const trace = c.get('trace');
    trace.stimuli = stimuli.count;
    trace.neurons = columns.length;
    return presented;
  }

  function context(c: AppContext, request: ModelRequest<StimulusQuery>) {
    return clientContext(c, deps, request);
  }

  function answerResult(c: AppContext, make: () => object) {
    return answerJson(c, clock, () => ({
      ...make(),
      timing: timing(c.get('trace')),
      id: c.get('trace').requestId,
    }));
  }
}

function wantsNpy(c: AppContext, { reports }: Presented): boolean {
  if (negotiate(c, NUMBERS) !== 'application/x-npy') return false;
  setReportHeaders(c, reports);
  return true;
}

/** @throws PayloadTooLargeError for an answer of more numbers than its form allows */
function rejectLarge(c: AppContext, numbers: number): void {
  const most = {
    'application/json': MAX_IN_JSON,
    'application/x-npy': undefined,
    'image/png': MAX_IN_PNG,
  }[negotiate(c, PICTURES)];
  if (numbers <= (most ?? MAX_NUMBERS)) return;
  throw new PayloadTooLargeError(
    `an answer of ${numbers} numbers; at most ${most ?? MAX_NUMBERS} are given in this form` +
      `${most ? `, ${MAX_NUMBERS} as .npy (Accept: application/x-npy)` : ''}: ask for fewer ` +
      'stimuli or neurons',
  );
}
