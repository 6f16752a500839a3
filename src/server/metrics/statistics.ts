/** The parts of a request's time. */
export const STAGES = ['decode', 'loading', 'queue', 'infer', 'encode'] as const;
export type Stage = (typeof STAGES)[number];

export interface Tally {
  count: number;
  seconds: number;
}

/** Requests to one model. */
export interface ModelStatistics {
  /** Stimuli answered. */
  stimuli: number;
  /** The time of the last of them, in milliseconds since 1970; 0: never. */
  lastAnswered: number;
  /** Requests, with all of their time. */
  readonly success: Tally;
  readonly fail: Tally;
  /** Of the requests that succeeded. */
  readonly stages: Readonly<Record<Stage, Tally>>;
  /** Batches that the engine computed, by the number of stimuli. */
  readonly batches: Map<number, Tally>;
}

/** Counts requests, by the digest of the model. */
export interface Statistics {
  request(request: {
    readonly digest: string;
    readonly stimuli: number;
    readonly success: boolean;
    readonly seconds: Readonly<Partial<Record<Stage | 'total', number>>>;
  }): void;
  batch(batch: {
    readonly digest: string;
    readonly stimuli: number;
    readonly seconds: number;
  }): void;
  of(digest: string): ModelStatistics;
  /** Forgets all other models. */
  keep(digests: ReadonlySet<string>): void;
}

/** @param now milliseconds since 1970 */
export function createStatistics(now: () => number): Statistics {
  const models = new Map<string, ModelStatistics>();
  return {
    request({ digest, stimuli, success, seconds }) {
      const model = entry(digest);
      add(success ? model.success : model.fail, seconds.total ?? 0);
      if (!success) return;
      model.stimuli += stimuli;
      model.lastAnswered = now();
      for (const stage of STAGES) add(model.stages[stage], seconds[stage] ?? 0);
    },
    batch({ digest, stimuli, seconds }) {
      const { batches } = entry(digest);
      const tally = batches.get(stimuli) ?? emptyTally();
      add(tally, seconds);
      batches.set(stimuli, tally);
    },
    of: (digest) => models.get(digest) ?? emptyStatistics(),
    keep(digests) {
      for (const digest of models.keys()) if (!digests.has(digest)) models.delete(digest);
    },
  };

  function entry(digest: string): ModelStatistics {
    const model = models.get(digest) ?? emptyStatistics();
    models.set(digest, model);
    return model;
  }
}

function add(tally: Tally, seconds: number): void {
  tally.count += 1;
  tally.seconds += seconds;
}

function emptyStatistics(): ModelStatistics {
  return {
    stimuli: 0,
    lastAnswered: 0,
    success: emptyTally(),
    fail: emptyTally(),
    stages: {
      decode: emptyTally(),
      loading: emptyTally(),
      queue: emptyTally(),
      infer: emptyTally(),
      encode: emptyTally(),
    },
    batches: new Map(),
  };
}

function emptyTally(): Tally {
  return { count: 0, seconds: 0 };
}
