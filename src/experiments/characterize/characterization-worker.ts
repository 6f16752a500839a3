import type { ServedModel } from '../../inference/catalogue.js';
import type { Stimuli } from '../../stimulus/stimuli.js';
import { connectToService } from '../../workers/connect-to-service.js';
import { lowerPriority } from '../../workers/lower-priority.js';
import { experimentContext, type Progress } from '../context.js';
import type { CharacterizationRequest, CharacterizationResult } from './schemas.js';

// The process that characterizes neurons: it renders stimuli and fits responses, which the service computes.

/** What the service may call. */
export interface CharacterizationFunctions {
  characterize(
    model: ServedModel,
    request: CharacterizationRequest,
    signal: AbortSignal,
  ): Promise<CharacterizationResult>;
}

/** What this process may call. */
export interface CharacterizationService {
  respond(stimuli: Stimuli, columns: Int32Array): Promise<Float32Array>;
  onProgress(progress: Progress): void;
}

lowerPriority();
// Loading is work as well, so it happens at the lower priority.
const loaded = import('./characterize.js');
const functions: CharacterizationFunctions = {
  async characterize(model, request, signal) {
    const { planCharacterization, runCharacterization } = await loaded;
    const context = experimentContext({
      respond: service.respond,
      onProgress: (progress) => void service.onProgress.asEvent(progress),
      signal,
    });
    return await runCharacterization(planCharacterization({ model }, request), context);
  },
};
const service = connectToService<CharacterizationService>(functions);
