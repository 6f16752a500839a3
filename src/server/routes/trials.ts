import { z } from 'zod';
import { DataDigest } from '../../datasets/recording.js';
import { type NewTrial, Trial } from '../../datasets/trial.js';
import { InputError } from '../../errors.js';
import { parseAs, parseJson } from '../../formats/json.js';
import { stimulusDigests } from '../../stimulus/chunks.js';
import { type Stimuli, stimulusAt } from '../../stimulus/stimuli.js';
import { SetDigest, StimulusEntry } from '../../stimulus/stimuli-body.js';
import type { StoredDataset } from '../../storage/datasets.js';
import { answerJson } from '../answer.js';
import { bodyClient, readBody } from '../body/read-body.js';
import type { AppContext } from '../context.js';
import { json } from '../operation.js';
import { route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { storedStimuli } from '../store.js';
import { timed } from '../timing.js';
import { findDataset, requireTraining } from '../training.js';

/** A trial whose stimulus is in the same request, or known to the dataset. */
const SentTrial = z.strictObject({
  ...Trial.shape,
  stimulus: z
    .union([z.int().nonnegative(), Trial.shape.stimulus])
    .describe(
      'its number, from 0, among the stimuli of this request; or its digest, where an earlier trial had it',
    ),
});

const Body = z
  .strictObject({
    stimuli: z.array(StimulusEntry).min(1).optional(),
    stimulusSet: SetDigest.optional().describe('a stored set, in place of stimuli'),
    trials: z.array(SentTrial).min(1),
  })
  .refine(({ stimuli, stimulusSet }) => stimuli === undefined || stimulusSet === undefined, {
    path: ['stimulusSet'],
    error: 'is given together with stimuli; expected one of them',
  });
type Body = z.output<typeof Body>;

/** Trials that come while a session runs. */
export function trialRoutes(deps: AppDependencies) {
  return [appendTrials(deps)];
}

function appendTrials(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'POST',
      path: '/v1/datasets/:digest/trials',
      params: { digest: { schema: DataDigest, description: 'the digest of a dataset' } },
      scope: 'train',
      id: 'appendTrials',
      tag: 'training',
      summary: 'Keeps trials that came after the dataset was made',
      description:
        'They are on the disk when the answer comes. A trial that is sent again under its id adds nothing. The ' +
        'next training on the dataset takes them too.',
      query: z.strictObject({}),
      body: { required: true, content: { 'application/json': Body } },
      answers: json(
        'They are kept',
        z.strictObject({
          added: z.int(),
          repeated: z.int().describe('trials that were there already'),
          trials: z.int().describe('all trials that came after the dataset was made'),
          digest: z.string().describe('of those trials, in their order'),
        }),
      ),
      errors: [413, 507],
    },
    async (c) => {
      const dataset = await findDataset(c, deps);
      const body = parseAs(Body, parseJson(await readBody(c, deps)), '');
      const presented = await decodePresented(c, deps, dataset, body);
      const trials = readTrials(body, presented);
      const append = async () => {
        const { datasets, room } = requireTraining(deps);
        await room.checkOften(
          body.trials.length * TRIAL_BYTES + (presented?.stimuli.pixels.byteLength ?? 0),
        );
        const log = await datasets.trials(dataset.digest);
        return { log, ...(await log.append(trials)) };
      };
      const { log, added, repeated } = await append().catch(async (error: unknown) => {
        await findDataset(c, deps); // It may have been deleted meanwhile, which is then the answer.
        throw error;
      });
      return answerJson(c, deps.clock, () => ({
        ...{ added, repeated },
        ...{ trials: log.count, digest: log.digest() },
      }));
    },
  );
}

/** About the bytes of a trial with some neurons on the disk. */
const TRIAL_BYTES = 1000;

/** The stimuli of a request, with their digests. */
interface Presented {
  readonly stimuli: Stimuli;
  readonly digests: readonly string[];
}

async function decodePresented(
  c: AppContext,
  deps: AppDependencies,
  { card }: StoredDataset,
  { stimuli, stimulusSet }: Body,
): Promise<Presented | undefined> {
  const named = stimulusSet === undefined ? stimuli && { stimuli } : { stimulusSet };
  if (named === undefined) return undefined;
  const { height, width, channels } = card.images;
  return await timed(c, deps.clock, 'decode', async () => {
    const decoded = await deps.decoder.stimuli(
      {
        contentType: 'application/json',
        body: Buffer.from(JSON.stringify(named)),
        target: { height, width, channels, background: MEAN_GRAY },
        limits: deps.limits,
        fit: 'none',
        dtype: undefined,
      },
      bodyClient(c, deps, storedStimuli(deps)),
    );
    return { stimuli: decoded.stimuli, digests: await stimulusDigests(decoded.stimuli) };
  });
}

/** Around stimuli that are given by their parameters. */
const MEAN_GRAY = 0.5;

/** @throws InputError naming the trial whose stimulus is not in the request, or whose fields do not fit together */
function readTrials({ trials }: Body, presented: Presented | undefined): NewTrial[] {
  const count = presented?.digests.length ?? 0;
  return trials.map((sent, i) => {
    const { stimulus } = sent;
    if (typeof stimulus === 'string') return { trial: parseAs(Trial, sent, `trials[${i}]`) };
    if (stimulus >= count) {
      const message = `is ${stimulus}; expected the number of one of the ${count} stimuli of this request`;
      const path = `trials[${i}].stimulus`;
      throw new InputError(`${path} ${message}`, [{ path, message }]);
    }
    const digest = presented!.digests[stimulus]!;
    const trial = parseAs(Trial, { ...sent, stimulus: digest }, `trials[${i}]`);
    return { trial, image: stimulusAt(presented!.stimuli, stimulus) };
  });
}
