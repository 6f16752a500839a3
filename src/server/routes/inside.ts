import { accepts } from 'hono/accepts';
import { ClientDisconnectedError, PayloadTooLargeError } from '../../errors.js';
import { modelIdentity } from '../../experiments/result-parts.js';
import type { StimulusReport } from '../../experiments/stimulus-report.js';
import type { ServedModel } from '../../inference/catalogue.js';
import { gradientsOf, lookAt } from '../../interpret/in-slices.js';
import type { InsideRequest } from '../../interpret/interpreter.js';
import { mapSizes } from '../../network/architecture.js';
import { encodePng } from '../../stimulus/image.js';
import { setDigest } from '../../stimulus/stimuli.js';
import { gatherWarnings } from '../../stimulus/warnings.js';
import { type GradientField, gradientField, gradientMap } from '../../tuning/gradient-field.js';
import type { Places } from '../../tuning/receptive-field.js';
import { answerInTurns, answerJson, answerNpy } from '../answer.js';
import { type ModelRequest, readModelRequest, readPresented } from '../body/presented.js';
import { attentionAnswer, gradientSheet, numbersOf, readoutAnswer } from '../inside-answers.js';
import { Problem } from '../problem.js';
import { reportHeaders } from '../report-headers.js';
import { refuseIfLate } from '../request.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies, Service } from '../service.js';
import { StimulusQuery } from '../stimulus-request.js';
import { type AppContext, timed, timing } from '../trace.js';

/** Numbers in one answer as .npy, and in JSON, whose making keeps everybody else waiting. */
const MOST_NUMBERS = 2 ** 24;
const MOST_IN_JSON = 2 ** 18;
const MOST_IN_PNG = 2 ** 22;

/** What is asked about the inside of a model's networks. */
interface InsideQuestion {
  readonly service: Service;
  readonly model: ServedModel;
  readonly request: InsideRequest;
  readonly ids: readonly number[];
  readonly reports: readonly StimulusReport[];
  /** Throws where nobody waits any longer, or it is too late. */
  readonly check: () => void;
}

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
    const asked = readModelRequest(c, deps, StimulusQuery);
    const { model } = asked;
    const { architecture, stimulus } = model.card;
    if (architecture.attention === 'none') {
      throw new Problem(
        422,
        `the networks of ${model.name}/${model.version} (${architecture.id}) have no attention; ` +
          'what centre and surround add to their responses is at readout instead of attention',
      );
    }
    const map = mapSizes(architecture, stimulus.height, stimulus.width).hypercolumns;
    const question = await read(c, asked, map.height * map.width + 6);
    const seen = await look(c, question);
    if (wantsNpy(c, question)) {
      const { stimuli, neurons } = question.request;
      const shape = [stimuli.count, neurons.length, map.height, map.width];
      return answerNpy(c, clock, seen.attention!, shape);
    }
    return tell(c, question, () => ({
      ...attentionAnswer(seen.attention!, map, question.request),
      ...readoutAnswer(seen, architecture, question.request),
    }));
  }

  async function readout(c: AppContext): Promise<Response> {
    const question = await read(c, readModelRequest(c, deps, StimulusQuery), 3);
    const seen = await look(c, question);
    if (wantsNpy(c, question)) {
      const { stimuli, neurons } = question.request;
      const values = new Float32Array(2 * seen.centre.length);
      values.set(seen.centre);
      values.set(seen.surround, seen.centre.length);
      return answerNpy(c, clock, values, [2, stimuli.count, neurons.length]);
    }
    const { architecture } = question.model.card;
    return tell(c, question, () => readoutAnswer(seen, architecture, question.request));
  }

  async function gradient(c: AppContext): Promise<Response> {
    const asked = readModelRequest(c, deps, StimulusQuery);
    const { model } = asked;
    const { height, width } = model.card.stimulus;
    const question = await read(c, asked, height * width + 1);
    const { request, service, check } = question;
    const { responses, gradients } = await timed(c, clock, 'infer', () =>
      gradientsOf(service.inside, request, check),
    );
    const type = answerType(c, 'image/png');
    if (type === 'application/json') {
      return tell(c, question, () => ({
        unit: `${model.card.response.unit} per unit of pixel value (0..1)`,
        responses: numbersOf(responses, request, []),
        gradients: numbersOf(gradients, request, [height, width]),
      }));
    }
    for (const [name, value] of reportHeaders(question.reports)) c.header(name, value);
    const { count } = request.stimuli;
    if (type === 'application/x-npy') {
      return answerNpy(c, clock, gradients, [count, request.neurons.length, height, width]);
    }
    const { sheet, largest } = gradientSheet(gradients, request);
    c.header('X-Gradient-Largest', largest.join(', '));
    const png = await timed(c, clock, 'encode', () => encodePng(sheet));
    return c.body(new Uint8Array(png), 200, { 'Content-Type': type });
  }

  async function field(c: AppContext): Promise<Response> {
    const asked = readModelRequest(c, deps, StimulusQuery);
    const { model } = asked;
    const { height, width } = model.card.stimulus;
    const { request, service, check, ids, reports } = await read(c, asked, 1);
    const places: Partial<Places> = {};
    const neurons: ({ readonly id: number } & GradientField)[] = [];
    for (const [i, column] of request.neurons.entries()) {
      const own = { ...request, neurons: Int32Array.of(column) };
      const { gradients } = await timed(c, clock, 'infer', () =>
        gradientsOf(service.inside, own, check),
      );
      const { map, ...at } = gradientMap(gradients, height, width);
      Object.assign(places, at);
      neurons.push({ id: ids[i]!, ...gradientField({ map, ...at }) });
    }
    return answerInTurns(c, clock, {
      model: modelIdentity(model),
      ...places,
      unit: 'pixels',
      formula: 'mean |d response / d pixel|',
      warnings: gatherWarnings(reports),
      neurons,
      stimulusSet: setDigest(reports.map(({ digest }) => digest)),
      timing: timing(c.get('trace')),
      id: c.get('trace').requestId,
    });
  }

  /** @param each numbers that the answer has for each stimulus and neuron */
  async function read(
    c: AppContext,
    asked: ModelRequest<StimulusQuery>,
    each: number,
  ): Promise<InsideQuestion> {
    const { service, model, deadline } = asked;
    const { presented, ids, columns } = await readPresented(c, deps, asked);
    const { stimuli, reports } = presented;
    refuseLarge(c, stimuli.count * columns.length * each);
    const trace = c.get('trace');
    trace.stimuli = stimuli.count;
    trace.neurons = columns.length;
    const check = () => {
      if (c.req.raw.signal.aborted) throw new ClientDisconnectedError('the client has gone');
      refuseIfLate(deadline, clock);
    };
    return { service, model, request: { model, stimuli, neurons: columns }, ids, reports, check };
  }

  function look(c: AppContext, { service, request, check }: InsideQuestion) {
    return timed(c, clock, 'infer', () => lookAt(service.inside, request, check));
  }

  function tell(c: AppContext, { model, ids, reports }: InsideQuestion, make: () => object) {
    return answerJson(c, clock, () => ({
      model: modelIdentity(model),
      neurons: ids,
      ...make(),
      stimuli: reports,
      timing: timing(c.get('trace')),
      id: c.get('trace').requestId,
    }));
  }
}

function wantsNpy(c: AppContext, { reports }: InsideQuestion): boolean {
  if (answerType(c) !== 'application/x-npy') return false;
  for (const [name, value] of reportHeaders(reports)) c.header(name, value);
  return true;
}

function answerType(c: AppContext, ...others: string[]): string {
  return accepts(c, {
    header: 'Accept',
    supports: ['application/json', 'application/x-npy', ...others],
    default: 'application/json',
  });
}

function refuseLarge(c: AppContext, numbers: number): void {
  const most = {
    'application/json': MOST_IN_JSON,
    'image/png': MOST_IN_PNG,
  }[answerType(c, 'image/png')];
  if (numbers <= (most ?? MOST_NUMBERS)) return;
  throw new PayloadTooLargeError(
    `an answer of ${numbers} numbers; at most ${most ?? MOST_NUMBERS} are given in this form` +
      `${most ? `, ${MOST_NUMBERS} as .npy (Accept: application/x-npy)` : ''}: ask for fewer ` +
      'stimuli or neurons',
  );
}
