import { loadOnnxruntime } from '../inference/onnx/onnxruntime.js';
import { connectToService } from '../workers/connect-to-service.js';
import { lowerPriority } from '../workers/lower-priority.js';
import { type MeasuredNetwork, measureNetwork, type NetworkToMeasure } from './measure-network.js';

// The process that reads and runs a network for the first time: it may be anything.

export interface MeasuringFunctions {
  measure(network: NetworkToMeasure): Promise<MeasuredNetwork>;
}

/** The process ends where it takes more. */
const MEMORY_BYTES = 6 * 2 ** 30;
const CHECK_MILLISECONDS = 100;

lowerPriority();
setInterval(() => {
  if (process.memoryUsage.rss() > MEMORY_BYTES) process.exit(1);
}, CHECK_MILLISECONDS);

const functions: MeasuringFunctions = {
  measure: async (network) => await measureNetwork(await loadOnnxruntime(), network),
};
connectToService(functions);
